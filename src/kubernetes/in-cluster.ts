import { access, readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { Kubeconfig } from "./kubeconfig-files.ts";

const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** What a pod is given instead of a kubeconfig. Undefined when this is not a pod with a service account. */
export async function inClusterKubeconfig(environment: NodeJS.ProcessEnv, folder = serviceAccountFolder): Promise<Kubeconfig | undefined> {
  const [host, port] = [environment["KUBERNETES_SERVICE_HOST"], environment["KUBERNETES_SERVICE_PORT"]];
  if (host === undefined || host === "" || port === undefined || port === "") return undefined;
  const token = join(folder, "token");
  if (
    !(await access(token).then(
      () => true,
      () => false,
    ))
  )
    return undefined;
  const namespace = await readFile(join(folder, "namespace"), "utf8").catch(() => "default");
  const name = "in-cluster";
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return {
    clusters: new Map([[name, { server, "certificate-authority": join(folder, "ca.crt") }]]),
    users: new Map([[name, { tokenFile: token }]]),
    contexts: new Map([[name, { cluster: name, user: name, namespace: namespace.trim() }]]),
    currentContext: name,
  };
}
