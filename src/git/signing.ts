import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { writePrivate } from "./credentials.ts";
import { GitError } from "./git-error.ts";
import type { Environment } from "./git-environment.ts";

export type CommitSigning =
  /** `key`: an OpenSSH private key without a passphrase, as text or as a path; or the path of a public key whose private half an ssh agent holds. */
  | { readonly kind: "ssh"; readonly key: string }
  /** `key`: an armored private key (imported into a keyring of its own), or the id of a key in `gnupgHome` (default: the user's keyring). */
  | { readonly kind: "gpg"; readonly key: string; readonly passphrase?: string; readonly gnupgHome?: string };

/** How `git commit-tree -S` gets at the key. */
export interface Signer {
  /** `-c` options; they hold paths and key ids, never a key. */
  readonly options: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  dispose(): Promise<void>;
}

/** Puts the key where only this user can read it. Throws a `signing` GitError when it is not a key. */
export async function prepareSigner(signing: CommitSigning, directory: string, surrounding: Environment): Promise<Signer> {
  const own = await mkdtemp(join(directory, "signing-"));
  return signing.kind === "ssh" ? sshSigner(signing.key, own, surrounding) : gpgSigner(signing, own, surrounding);
}

async function sshSigner(key: string, directory: string, surrounding: Environment): Promise<Signer> {
  const text = key.includes("-----BEGIN")
    ? key
    : await readFile(key, "utf8").catch((cause: unknown) => Promise.reject(noKey(`the ssh signing key ${key} cannot be read`, cause)));
  const isPrivate = text.includes("PRIVATE KEY-----");
  if (!isPrivate && !/^(?:ssh|ecdsa|sk)-\S+ /.test(text)) throw noKey("the ssh signing key is not a key");
  // A copy: ssh-keygen refuses a mounted Secret that others may read.
  const path = isPrivate ? await writePrivate(directory, "signing-key", `${text.trimEnd()}\n`) : key;
  const agent = surrounding["SSH_AUTH_SOCK"];
  return {
    options: ["-c", "gpg.format=ssh", "-c", `user.signingKey=${path}`],
    variables: isPrivate || agent === undefined ? {} : { SSH_AUTH_SOCK: agent },
    dispose: async () => undefined,
  };
}

async function gpgSigner(
  { key, passphrase, gnupgHome }: CommitSigning & { kind: "gpg" },
  home: string,
  surrounding: Environment,
): Promise<Signer> {
  const options = (id: string): readonly string[] => ["-c", "gpg.format=openpgp", "-c", `user.signingKey=${id}`];
  if (!key.includes("-----BEGIN")) {
    const keyring = gnupgHome ?? surrounding["GNUPGHOME"] ?? join(surrounding["HOME"] ?? "/", ".gnupg");
    return { options: options(key), variables: { GNUPGHOME: keyring }, dispose: async () => undefined };
  }
  const lines = ["batch", "no-tty", "pinentry-mode loopback"];
  if (passphrase !== undefined) lines.push(`passphrase-file "${await writePrivate(home, "passphrase", passphrase)}"`);
  await writePrivate(home, "gpg.conf", `${lines.join("\n")}\n`);
  const environment = { PATH: surrounding["PATH"], GNUPGHOME: home, HOME: home, LC_ALL: "C" };
  await runGpg(["--import"], key, environment);
  const listing = await runGpg(["--list-secret-keys", "--with-colons"], "", environment);
  const fingerprint = /^fpr:+([0-9A-F]{40,64}):/m.exec(listing)?.[1];
  if (fingerprint === undefined) throw noKey("the gpg signing key holds no private key");
  return {
    options: options(fingerprint),
    variables: { GNUPGHOME: home },
    // The agent that gpg started stays otherwise, with the key in its memory.
    dispose: async () => void (await promisify(execFile)("gpgconf", ["--kill", "all"], { env: environment }).catch(() => undefined)),
  };
}

function runGpg(args: readonly string[], input: string, environment: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("gpg", [...args], { env: environment, stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.on("error", (cause) => reject(noKey("gpg could not be started", cause)));
    child.on("close", (code) =>
      code === 0 ? resolve(output) : reject(noKey(`gpg did not accept the signing key (${said.trim().split("\n").at(-1) ?? ""})`)),
    );
  });
}

function noKey(seen: string, cause?: unknown): GitError {
  return new GitError("signing", {
    seen: `A signed commit was asked for, but ${seen}`,
    meaning: "No commit was made",
    remedy:
      "Give a private key of the stated kind (ssh: `ssh-keygen -t ed25519`, without passphrase; gpg: `gpg --export-secret-keys --armor`)",
    cause,
  });
}
