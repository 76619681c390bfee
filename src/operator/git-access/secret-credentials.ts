import type { GitCredentials } from "../../git/credentials.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { ApiError } from "../../kubernetes/errors.ts";
import type { ApiResource } from "../../kubernetes/resource.ts";
import { StalledError } from "../runtime/failure.ts";

const secrets: ApiResource = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true };

export interface SecretContent {
  /** `kubernetes.io/basic-auth`, `Opaque`, … */
  readonly type: string;
  readonly values: Readonly<Record<string, string>>;
}

/** What a Secret is named for, and what `kubectl create secret` makes it of, for messages. */
export interface SecretUse {
  readonly purpose: string;
  readonly madeAs: (name: string) => string;
}

const ofGitAndNotifications: SecretUse = {
  purpose: "access to Git or for notifications",
  madeAs: (name) => `generic ${name} --from-literal=token=…`,
};

/** The values of a Secret of the operator's namespace, by name; never listed. Rejects with StalledError where it is not there or may not be read. */
export async function readSecret(
  client: KubernetesClient,
  namespace: string,
  name: string,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  return (await readSecretContent(client, namespace, name, ofGitAndNotifications, signal)).values;
}

/** The same with its type, for another use. */
export async function readSecretContent(
  client: KubernetesClient,
  namespace: string,
  name: string,
  use: SecretUse,
  signal?: AbortSignal,
): Promise<SecretContent> {
  try {
    const secret = await client.get(secrets, name, namespace, signal);
    const data = (secret["data"] ?? {}) as Readonly<Record<string, string>>;
    const values = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]));
    return { type: typeof secret["type"] === "string" ? secret["type"] : "Opaque", values };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404)
      throw new StalledError(
        "SecretMissing",
        `There is no Secret ${namespace}/${name}, which is named for ${use.purpose}.`,
        `Make it in the operator's namespace: kubectl create secret -n ${namespace} ${use.madeAs(name)}`,
        { cause: error },
      );
    if (error.status === 403)
      throw new StalledError(
        "SecretForbidden",
        `The operator may not read Secret ${namespace}/${name}.`,
        `Allow its service account to get that Secret by name (docs/install.md, What it may do).`,
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
