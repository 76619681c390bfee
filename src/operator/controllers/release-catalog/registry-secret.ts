import type { KubernetesClient } from "../../../kubernetes/client.ts";
import type { Refusal } from "../../../refusal.ts";
import { loginsFor, parseDockerConfig } from "../../../releases/registry/docker-config.ts";
import type { RegistryLogin, RegistryLogins } from "../../../releases/registry/registry-login.ts";
import { readSecretContent, type SecretContent, type SecretUse } from "../../git-access/secret-credentials.ts";
import { failureOf, StalledError } from "../../runtime/failure.ts";

/** Where Secrets are read: the operator's namespace, by name. */
export interface SecretPlace {
  readonly client: KubernetesClient;
  readonly namespace: string;
}

const use: SecretUse = {
  purpose: "a registry of images",
  madeAs: (name) => `docker-registry ${name} --from-file=.dockerconfigjson=config.json`,
};

/** The logins for registries that a Secret has. Rejects with StalledError where it is not there, may not be read, or has none. */
export async function registryLogins(
  { client, namespace }: SecretPlace,
  name: string,
  signal: AbortSignal | undefined,
): Promise<RegistryLogins> {
  return loginsIn(await readSecretContent(client, namespace, name, use, signal), `Secret ${namespace}/${name}`);
}

/** The same where there being none is no error. Rejects with the signal's reason only. */
export async function registryLoginsOrWhy(
  place: SecretPlace,
  name: string,
  signal: AbortSignal | undefined,
): Promise<RegistryLogins | Refusal> {
  try {
    return await registryLogins(place, name, signal);
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const { reason, message, remedy = "It is tried again by itself." } = failureOf(error);
    return { reason, message, remedy };
  }
}

/**
 * Of a kubernetes.io/dockerconfigjson, by the repository; of a kubernetes.io/basic-auth (or any Secret with `username` and `password`, or `token`), the one login for the registry that it is named
 * for. Throws StalledError; no value is part of a message.
 */
function loginsIn({ type, values }: SecretContent, from: string): RegistryLogins {
  const config = values[".dockerconfigjson"];
  if (config !== undefined) {
    const parsed = parseDockerConfig(config);
    if (typeof parsed === "string")
      throw new StalledError(
        "SecretUnusable",
        `${from} holds no logins: its .dockerconfigjson ${parsed}.`,
        "Make it anew with `kubectl create secret docker-registry`, or from a config.json that holds the logins themselves.",
      );
    return { from, of: (repository) => loginsFor(parsed, repository), places: parsed.entries.map(({ place }) => place) };
  }
  const login = loginOf(values);
  if (login === undefined)
    throw new StalledError(
      "SecretUnusable",
      `${from} holds no login for a registry: it is of type ${type}, and its keys are ${Object.keys(values).sort().join(", ") || "none"}.`,
      "Name one of type kubernetes.io/dockerconfigjson, or of type kubernetes.io/basic-auth with username and password.",
    );
  return { from, of: () => [login] };
}

function loginOf({ username = "", password, token }: Readonly<Record<string, string>>): RegistryLogin | undefined {
  const secret = (token ?? password ?? "").trim();
  return secret === "" || (username.trim() === "" && token === undefined)
    ? undefined
    : { kind: "password", username: username.trim(), password: secret };
}
