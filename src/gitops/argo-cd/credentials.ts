import type { Refusal } from "../../refusal.ts";
import type { EngineReads } from "../engine-access.ts";
import type { CredentialsFound, GitSource } from "../engine.ts";
import { refuseUnread } from "../gaps.ts";
import { textAt, type RawObject } from "../raw-object.ts";
import { comparableUrl } from "../repo-url.ts";
import { secretData } from "../secret-data.ts";
import { getApplication, type Application } from "./application.ts";

const TYPE_LABEL = "argocd.argoproj.io/secret-type";
const KNOWN_HOSTS = "argocd-ssh-known-hosts-cm";

interface RepositorySecret {
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
}

/**
 * What Argo CD itself fetches with: a Secret labelled `repository` of exactly this URL (of the Application's project before one of none), else the `repo-creds` whose URL is the
 * longest prefix. They are found by label, so this needs `list` on Secrets in Argo CD's namespace, which shows all of them: that is why it has to be allowed.
 */
export async function applicationCredentials(source: GitSource, reads: EngineReads): Promise<CredentialsFound> {
  const found = await getApplication(source.appliedBy.name, source.appliedBy.namespace, reads);
  if (found.kind === "refused") return found;
  const { application } = found;
  for (const type of ["repository", "repo-creds"] as const) {
    const reading = await reads.list({
      group: "",
      kind: "Secret",
      namespace: application.controllerNamespace,
      labelSelector: `${TYPE_LABEL}=${type}`,
    });
    if (reading.gap !== undefined) return { kind: "refused", refusal: refuseUnread(reading.gap, "list") };
    const secrets = reading.value.map(readSecret);
    const secret = type === "repository" ? ofRepository(secrets, source.repoURL, application.project) : ofPrefix(secrets, source.repoURL);
    if (secret !== undefined && hasCredentials(secret)) return read(secret, application, reads);
  }
  return { kind: "none" };
}

function readSecret(object: RawObject): RepositorySecret {
  return { name: textAt(object, "metadata.name") ?? "", data: secretData(object) };
}

function ofRepository(secrets: readonly RepositorySecret[], url: string, project: string): RepositorySecret | undefined {
  const same = secrets.filter(({ data }) => isGit(data) && comparableUrl(data["url"] ?? "") === comparableUrl(url));
  return same.find(({ data }) => data["project"] === project) ?? same.find(({ data }) => (data["project"] ?? "") === "");
}

function ofPrefix(secrets: readonly RepositorySecret[], url: string): RepositorySecret | undefined {
  const prefixes = secrets.filter(({ data }) => {
    const prefix = comparableUrl(data["url"] ?? "");
    return isGit(data) && prefix !== "" && comparableUrl(url).startsWith(prefix);
  });
  return prefixes.toSorted((one, other) => comparableUrl(other.data["url"] ?? "").length - comparableUrl(one.data["url"] ?? "").length)[0];
}

function isGit(data: RepositorySecret["data"]): boolean {
  return (data["type"] ?? "git") === "git";
}

const CREDENTIAL_KEYS = [
  "username",
  "password",
  "sshPrivateKey",
  "bearerToken",
  "tlsClientCertData",
  "tlsClientCertKey",
  "githubAppPrivateKey",
  "gcpServiceAccountKey",
];

function hasCredentials({ data }: RepositorySecret): boolean {
  return CREDENTIAL_KEYS.some((key) => (data[key] ?? "") !== "") || data["useAzureWorkloadIdentity"] === "true";
}

async function read({ name, data }: RepositorySecret, application: Application, reads: EngineReads): Promise<CredentialsFound> {
  const { controllerNamespace: namespace } = application;
  const from = `Secret ${namespace}/${name} of Argo CD`;
  const { password, username, sshPrivateKey } = data;
  if (password !== undefined && password !== "") {
    return {
      kind: "found",
      credentials: { kind: "token", token: password, ...(username === undefined || username === "" ? {} : { username }) },
      from,
    };
  }
  if (sshPrivateKey === undefined || sshPrivateKey === "") return { kind: "refused", refusal: unusable(from, data) };
  const hosts = await reads.get({ group: "", kind: "ConfigMap", namespace, name: KNOWN_HOSTS });
  if (hosts.gap !== undefined) return { kind: "refused", refusal: refuseUnread(hosts.gap) };
  const knownHosts = textAt({ data: hosts.value["data"] }, "data.ssh_known_hosts") ?? "";
  return { kind: "found", credentials: { kind: "ssh-key", privateKey: sshPrivateKey, knownHosts }, from };
}

function unusable(from: string, data: RepositorySecret["data"]): Refusal {
  const kinds: readonly (readonly [string, string])[] = [
    ["githubAppPrivateKey", "a GitHub App"],
    ["bearerToken", "a bearer token"],
    ["tlsClientCertData", "a TLS client certificate"],
    ["gcpServiceAccountKey", "a Google service account"],
    ["useAzureWorkloadIdentity", "an Azure workload identity"],
  ];
  const what = kinds.find(([key]) => (data[key] ?? "") !== "")?.[1] ?? "a user name without a password";
  return {
    reason: "EngineCredentialsUnusable",
    message: `${from} holds ${what}, which this tool cannot push with.`,
    remedy: "Give a token or an ssh key of its own to the policy (a Secret that it names).",
  };
}
