import type { KubeConfig } from "@kubernetes/client-node";
import type { CredentialSource } from "./credential-sources.ts";
import { proxyFromEnvironment } from "../http/proxy-environment.ts";

type Settings = Readonly<Record<string, unknown>>;

/** One context of a kubeconfig with what it names. */
export interface Chosen {
  readonly contextName: string;
  readonly context: Settings;
  readonly cluster: Settings;
  readonly user: Settings;
  readonly server: string;
}

/**
 * The library's configuration for one context. It is given no other: what is wrong with others does not matter. Token files and plugins are left to
 * `source`, because the library's own ways with them fall short of kubectl's (docs/adr/0002-kubernetes-access.md).
 */
export async function libraryConfig(
  { cluster, user, server }: Chosen,
  source: CredentialSource | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<KubeConfig> {
  const { KubeConfig } = await import("./kubeconfig-library.ts");
  const config = new KubeConfig();
  const proxy = cluster["proxy-url"] ?? proxyFromEnvironment(server, environment);
  // The library refuses plain http unless TLS is not verified; to kubectl it is the same.
  const plain = server.startsWith("http:") ? { "insecure-skip-tls-verify": true } : {};
  config.loadFromString(
    JSON.stringify({
      clusters: [{ name: "cluster", cluster: { ...cluster, ...plain, ...(proxy === undefined ? {} : { "proxy-url": proxy }) } }],
      users: [{ name: "user", user: staticPart(user, source !== undefined) }],
      contexts: [{ name: "context", context: { cluster: "cluster", user: "user" } }],
      "current-context": "context",
    }),
  );
  if (source !== undefined) {
    config.addAuthenticator({
      isAuthProvider: () => true,
      async applyAuthentication(_, request) {
        const { token, certificate, key } = await source.get();
        if (token !== undefined) Object.assign((request.headers ??= {}), { Authorization: `Bearer ${token}` });
        if (certificate !== undefined && key !== undefined) Object.assign(request, { cert: certificate, key });
      },
    });
  }
  return config;
}

/** What the library handles itself. As in kubectl, a token file comes before a token, and a token before a plugin. */
function staticPart(user: Settings, hasSource: boolean): Settings {
  const keys = ["client-certificate", "client-certificate-data", "client-key", "client-key-data", "username", "password"];
  if (user["tokenFile"] === undefined) keys.push("token");
  if (!hasSource) keys.push("auth-provider");
  return Object.fromEntries(keys.filter((key) => user[key] !== undefined).map((key) => [key, user[key]]));
}
