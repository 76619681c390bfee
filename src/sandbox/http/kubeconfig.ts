import type { Certificates } from "./certificates.ts";

/** A kubeconfig for the administrator of a server of the sandbox. */
export function kubeconfigText(
  name: string,
  server: string,
  { authority, client }: Pick<Certificates, "authority" | "client">,
  namespace?: string,
): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return `apiVersion: v1
kind: Config
clusters:
- name: ${name}
  cluster:
    server: ${server}
    certificate-authority-data: ${base64(authority)}
users:
- name: ${name}-admin
  user:
    client-certificate-data: ${base64(client.certificate)}
    client-key-data: ${base64(client.key)}
contexts:
- name: ${name}
  context:
    cluster: ${name}
    user: ${name}-admin${namespace === undefined ? "" : `\n    namespace: ${namespace}`}
current-context: ${name}
`;
}
