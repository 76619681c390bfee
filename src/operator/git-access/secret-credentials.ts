import type { GitCredentials } from "../../git/credentials.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { ApiError } from "../../kubernetes/errors.ts";
import type { ApiResource } from "../../kubernetes/resource.ts";
import { StalledError } from "../runtime/failure.ts";

const secrets: ApiResource = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true };

/** The values of a Secret of the operator's namespace, by name; never listed. Rejects with StalledError where it is not there or may not be read. */
export async function readSecret(
  client: KubernetesClient,
  namespace: string,
  name: string,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  try {
    const secret = await client.get(secrets, name, namespace, signal);
    const data = (secret["data"] ?? {}) as Readonly<Record<string, string>>;
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404)
      throw new StalledError(
        "SecretMissing",
        `There is no Secret ${namespace}/${name}, which is named for access to Git or for notifications.`,
        `Make it in the operator's namespace: kubectl create secret generic ${name} -n ${namespace} --from-literal=token=…`,
        { cause: error },
      );
    if (error.status === 403)
      throw new StalledError(
        "SecretForbidden",
        `The operator may not read Secret ${namespace}/${name}.`,
        `Allow its service account to get that Secret by name (docs/operator.md, Rights).`,
        { cause: error },
      );
    throw error;
  }
}

/**
 * Credentials in the keys that people have them under: `token`; `username` with `password` (kubernetes.io/basic-auth, Flux); `ssh-privatekey` (kubernetes.io/ssh-auth) or `identity` (Flux) with
 * `known_hosts`. Throws StalledError where there are none; no value is ever part of a message.
 */
export function gitCredentialsOf(values: Readonly<Record<string, string>>, what: string): GitCredentials {
  const { token, username, password, known_hosts: knownHosts } = values;
  const secret = token ?? password;
  if (secret !== undefined && secret.trim() !== "")
    return { kind: "token", token: secret.trim(), ...(username === undefined ? {} : { username: username.trim() }) };
  const privateKey = values["ssh-privatekey"] ?? values["identity"];
  if (privateKey === undefined || privateKey.trim() === "")
    throw new StalledError(
      "SecretUnusable",
      `${what} holds no credentials for Git: its keys are ${Object.keys(values).sort().join(", ") || "none"}.`,
      "Give it the key token, or username and password, or ssh-privatekey (or identity) and known_hosts.",
    );
  if (knownHosts === undefined || knownHosts.trim() === "")
    throw new StalledError(
      "SecretUnusable",
      `${what} holds an ssh key and no known_hosts, so the server could be anybody.`,
      "Add the key known_hosts with the server's public keys, from ssh-keyscan, compared with what its owner publishes.",
    );
  return { kind: "ssh-key", privateKey, knownHosts };
}
