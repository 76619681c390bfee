import type { Refusal } from "../../refusal.ts";
import type { EngineReads } from "../engine-access.ts";
import type { CredentialsFound, GitSource } from "../engine.ts";
import { refuseUnread } from "../gaps.ts";
import { textAt } from "../raw-object.ts";
import { secretData } from "../secret-data.ts";

/** What the GitRepository fetches with: the Secret that its `spec.secretRef` names (needs `get` on exactly that). */
export async function repositoryCredentials({ fetchedBy, credentialsSecret }: GitSource, reads: EngineReads): Promise<CredentialsFound> {
  if (credentialsSecret === undefined) return fetchedBy === undefined ? { kind: "none" } : ofProvider(fetchedBy, reads);
  const { namespace, name } = credentialsSecret;
  const from = `Secret ${namespace}/${name} of Flux`;
  const reading = await reads.get({ group: "", kind: "Secret", namespace, name });
  if (reading.gap !== undefined) return { kind: "refused", refusal: refuseUnread(reading.gap) };
  const { username, password, identity, known_hosts: knownHosts = "", bearerToken, ...other } = secretData(reading.value);
  if (identity !== undefined && identity !== "") {
    if (password !== undefined && password !== "") return { kind: "refused", refusal: unusable(from, "an ssh key with a passphrase") };
    return { kind: "found", credentials: { kind: "ssh-key", privateKey: identity, knownHosts }, from };
  }
  if (password !== undefined && password !== "")
    return {
      kind: "found",
      credentials: { kind: "token", token: password, ...(username === undefined || username === "" ? {} : { username }) },
      from,
    };
  const what =
    bearerToken !== undefined
      ? "a bearer token"
      : Object.keys(other).some((key) => key.startsWith("githubApp"))
        ? "a GitHub App"
        : "no password and no ssh key";
  return { kind: "refused", refusal: unusable(from, what) };
}

/** `spec.provider`: azure, github, gcp fetch by an identity of the controller, which nobody else has. */
async function ofProvider(fetchedBy: NonNullable<GitSource["fetchedBy"]>, reads: EngineReads): Promise<CredentialsFound> {
  const reading = await reads.get(fetchedBy);
  if (reading.gap !== undefined) return { kind: "refused", refusal: refuseUnread(reading.gap) };
  const provider = textAt(reading.value, "spec.provider") ?? "generic";
  if (provider === "generic") return { kind: "none" };
  return {
    kind: "refused",
    refusal: unusable(
      `GitRepository ${fetchedBy.namespace}/${fetchedBy.name}`,
      `the provider ${provider}, an identity of Flux's controller`,
    ),
  };
}

function unusable(from: string, what: string): Refusal {
  return {
    reason: "EngineCredentialsUnusable",
    message: `${from} holds ${what}, which this tool cannot push with.`,
    remedy: "Give a token or an ssh key of its own to the policy (a Secret that it names).",
  };
}
