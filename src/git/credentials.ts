import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ambientConfig } from "./ambient-config.ts";
import { GitError } from "./git-error.ts";
import type { ConfigEntry, Environment } from "./git-environment.ts";
import type { RemoteUrl } from "./remote-url.ts";

export type GitCredentials =
  /** A token (or password) over https. `username` defaults to `x-access-token`, which GitHub, GitLab and Gitea accept with any token. */
  | { readonly kind: "token"; readonly username?: string; readonly token: string }
  /** An ssh private key without a passphrase, given as text or as a file; `knownHosts` is the text of a known_hosts file. */
  | { readonly kind: "ssh-key"; readonly privateKey: string; readonly knownHosts: string }
  | { readonly kind: "ssh-key"; readonly privateKeyPath: string; readonly knownHosts: string }
  /** Those of the person at this machine: credential helpers, askpass, ssh agent and ssh configuration. Nothing else of their configuration applies. */
  | { readonly kind: "ambient" };

/** How git gets at the credentials: by its environment, and by files in a private directory. */
export interface PreparedCredentials {
  readonly config: readonly ConfigEntry[];
  readonly variables: Readonly<Record<string, string>>;
  /** What must never be seen. */
  readonly secrets: readonly string[];
}

export interface CredentialsRequest {
  readonly remote: RemoteUrl;
  readonly credentials: GitCredentials | undefined;
  /** Private (0700) directory, removed by the caller when the repository is closed. */
  readonly directory: string;
  readonly surrounding: Environment;
  /** Lets a token travel over http:// to hosts other than this one. */
  readonly allowPlainHttp: boolean;
}

/** Throws a `configuration` GitError when the credentials do not fit the URL. */
export async function prepareCredentials(request: CredentialsRequest): Promise<PreparedCredentials> {
  const { remote } = request;
  // A password in the URL was put there on purpose; it goes before what this machine knows.
  const own = request.credentials?.kind === "ambient" && remote.userinfo?.password ? undefined : request.credentials;
  const credentials = own ?? fromUserinfo(remote);
  if (credentials === undefined) return { config: [["credential.helper", ""]], variables: {}, secrets: [] };
  if (credentials.kind === "token") return token(request, credentials);
  return credentials.kind === "ssh-key" ? sshKey(request, credentials) : ambient(request);
}

function fromUserinfo({ userinfo }: RemoteUrl): GitCredentials | undefined {
  if (userinfo === undefined) return undefined;
  const { username, password } = userinfo;
  return { kind: "token", token: password, ...(username === "" ? {} : { username }) };
}

/** One header in the environment: no argv, no disk, no extra round trip. It follows no redirect, which could lead to another host. */
function token({ remote, allowPlainHttp }: CredentialsRequest, credentials: GitCredentials & { kind: "token" }): PreparedCredentials {
  if (remote.origin === undefined) throw doNotFit("a token", remote, "Use an https:// URL, or an ssh key");
  const loopback = remote.host === "localhost" || remote.host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(remote.host);
  if (remote.protocol === "http" && !loopback && !allowPlainHttp)
    throw doNotFit("a token", remote, "Use https://: over http:// everyone on the way could read the token");
  const username = credentials.username ?? (remote.userinfo?.username || "x-access-token");
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(username + credentials.token.trim()) || username.includes(":"))
    throw doNotFit("a token with control characters", remote, "Store it without line breaks");
  const basic = Buffer.from(`${username}:${credentials.token.trim()}`).toString("base64");
  return {
    config: [
      ["credential.helper", ""],
      [`http.${remote.origin}/.extraHeader`, `Authorization: Basic ${basic}`],
      ["http.followRedirects", "false"],
    ],
    variables: {},
    // A token that came as a user name with an empty password (`https://<token>@host`) is as secret.
    secrets: [
      credentials.token.trim(),
      basic,
      ...(credentials.token === "" ? [username] : []),
      ...(remote.userinfo === undefined ? [] : [remote.userinfo.password]),
    ],
  };
}

async function sshKey(
  { remote, directory }: CredentialsRequest,
  credentials: GitCredentials & { kind: "ssh-key" },
): Promise<PreparedCredentials> {
  if (remote.protocol !== "ssh") throw doNotFit("an ssh key", remote, "Use an ssh URL (git@host:path), or a token");
  if (credentials.knownHosts.trim() === "")
    throw doNotFit(
      "an ssh key without known hosts",
      remote,
      "Put the host's public key (`ssh-keyscan`, compared with what its owner publishes) into the known hosts",
    );
  const privateKey = "privateKey" in credentials ? credentials.privateKey : await readKey(credentials.privateKeyPath);
  const keyFile = await writePrivate(directory, "ssh-key", `${privateKey.trimEnd()}\n`);
  const knownHosts = await writePrivate(directory, "known-hosts", `${credentials.knownHosts.trimEnd()}\n`);
  const config = await writePrivate(directory, "ssh-config", sshConfig(keyFile, knownHosts));
  return {
    config: [["credential.helper", ""]],
    variables: { GIT_SSH_COMMAND: `ssh -F ${shellQuoted(config)}`, GIT_SSH_VARIANT: "ssh" },
    secrets: [privateKey.trim()],
  };
}

/** ssh_config(5): this key and no other, known hosts and no others, no questions, no files of the machine. */
function sshConfig(keyFile: string, knownHosts: string): string {
  return [
    `IdentityFile "${keyFile}"`,
    "IdentitiesOnly yes",
    "IdentityAgent none",
    "PreferredAuthentications publickey",
    "StrictHostKeyChecking yes",
    `UserKnownHostsFile "${knownHosts}"`,
    "GlobalKnownHostsFile /dev/null",
    "UpdateHostKeys no",
    "BatchMode yes",
    "ForwardAgent no",
    "ControlPath none",
    "ConnectTimeout 20",
    "ServerAliveInterval 15",
    "ServerAliveCountMax 4",
    "",
  ].join("\n");
}

async function ambient({ remote, surrounding, directory }: CredentialsRequest): Promise<PreparedCredentials> {
  const config = [...(await ambientConfig(surrounding, directory))];
  const username = remote.userinfo?.username ?? "";
  if (username !== "" && remote.origin !== undefined) config.push([`credential.${remote.origin}.username`, username]);
  const ownSsh = surrounding["GIT_SSH_COMMAND"] ?? surrounding["GIT_SSH"] ?? config.find(([key]) => key === "core.sshcommand")?.[1];
  return {
    config,
    // Without a person's own command: as they would, but never waiting for an answer at a terminal.
    variables: ownSsh === undefined ? { GIT_SSH_COMMAND: "ssh -o BatchMode=yes" } : {},
    secrets: [...config.filter(([key]) => key.endsWith(".extraheader")).map(([, value]) => value), remote.userinfo?.password ?? ""],
  };
}

async function readKey(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new GitError("configuration", {
      seen: `The private key ${path} cannot be read`,
      meaning: "No connection was made",
      remedy: "Check the path and its permissions",
      cause,
    });
  }
}

/** Writes a new file that only this user can read; gives its path. */
export async function writePrivate(directory: string, name: string, content: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content, { mode: 0o600, flag: "wx" });
  return path;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function doNotFit(what: string, { protocol, host }: RemoteUrl, remedy: string): GitError {
  return new GitError("configuration", {
    seen: `${what} was given for ${protocol}://${host}`,
    meaning: "These credentials cannot be used there, so no connection was made",
    remedy,
  });
}
