import { readFile } from "node:fs/promises";
import type { Clock } from "../clock.ts";
import type { GitCredentials } from "../git/credentials.ts";
import { openRepository } from "../git/open-repository.ts";
import type { ChangeWriter } from "../operator/change-writer.ts";
import { createGitWriter } from "../operator/git-writer.ts";
import { UsageError } from "./failure.ts";

export interface GitOptions {
  readonly repo?: string;
  readonly baseBranch?: string;
  /** Branch for review. */
  readonly branch?: string;
  readonly path?: string;
  readonly author?: string;
  readonly signOff?: boolean;
  readonly sign?: string;
  readonly signingKey?: string;
  readonly tokenFile?: string;
  readonly sshKey?: string;
  readonly knownHosts?: string;
  readonly again?: boolean;
}

/** What it takes to look into a repository without writing to it. */
export type ReadOptions = Pick<GitOptions, "repo" | "baseBranch" | "path" | "tokenFile" | "sshKey" | "knownHosts">;

/** The half of a writer that only looks. */
export type DeclarationSource = Pick<ChangeWriter, "declaration" | "dispose">;

/** Throws UsageError. */
export function checkReadOptions({ repo, baseBranch, path, tokenFile, sshKey, knownHosts }: ReadOptions): void {
  const about = {
    "--base-branch": baseBranch,
    "--path": path,
    "--token-file": tokenFile,
    "--ssh-key": sshKey,
    "--known-hosts": knownHosts,
  };
  const stray = Object.entries(about).find(([, value]) => value !== undefined);
  if (repo === undefined && stray !== undefined)
    throw new UsageError(`${stray[0]} says something about a Git repository. Name it with --repo URL.`);
}

/** Rejects with UsageError or GitError. */
export async function openDeclarations(options: ReadOptions, clock: Clock): Promise<DeclarationSource> {
  return openGitWriter(options, clock, "look");
}

/** Where a token is looked for when no file is named: never on the command line, where other users could read it. */
export const tokenVariable = "CAPI_GITOPS_GIT_TOKEN";

/** Rejects with UsageError or GitError. */
export async function openGitWriter(options: GitOptions, clock: Clock, upgradeId: string): Promise<ChangeWriter> {
  const author = authorOf(options.author);
  const credentials = await credentialsOf(options);
  const repository = await openRepository(
    { url: options.repo ?? "", credentials, ...(options.baseBranch === undefined ? {} : { branch: options.baseBranch }) },
    { clock },
  );
  return createGitWriter({
    repository,
    clock,
    upgradeId,
    author,
    signOff: options.signOff === true,
    again: options.again === true,
    ...(options.path === undefined ? {} : { directory: options.path }),
    ...(options.branch === undefined || options.branch === repository.branch ? {} : { reviewBranch: options.branch }),
    ...signingOf(options),
  });
}

function authorOf(text: string | undefined): { readonly name: string; readonly email: string } {
  if (text === undefined) return { name: "capi-gitops", email: "capi-gitops@localhost" };
  const match = /^\s*(?<name>[^<>]+?)\s*<(?<email>[^<>@\s]+@[^<>\s]+)>\s*$/.exec(text)?.groups;
  if (match === undefined) throw new UsageError(`--author ${text} is not of the form "Name <mail@example.com>".`);
  return { name: match["name"] ?? "", email: match["email"] ?? "" };
}

function signingOf({ sign, signingKey }: GitOptions): { readonly signing?: { readonly kind: "ssh" | "gpg"; readonly key: string } } {
  if (sign === undefined && signingKey === undefined) return {};
  if (sign !== "ssh" && sign !== "gpg") throw new UsageError(`--sign must be ssh or gpg${sign === undefined ? "" : `, not ${sign}`}.`);
  if (signingKey === undefined) throw new UsageError("--sign needs --signing-key: the file of an ssh key, or the id of a gpg key.");
  return { signing: { kind: sign, key: signingKey } };
}

async function credentialsOf({ tokenFile, sshKey, knownHosts }: GitOptions): Promise<GitCredentials> {
  const token = tokenFile === undefined ? process.env[tokenVariable] : await readOption(tokenFile, "--token-file");
  if (sshKey !== undefined) {
    if (token !== undefined && tokenFile !== undefined) throw new UsageError("--token-file and --ssh-key exclude each other.");
    if (knownHosts === undefined)
      throw new UsageError("--ssh-key needs --known-hosts: a file with the server's host key (ssh-keyscan HOST), checked strictly.");
    return { kind: "ssh-key", privateKeyPath: sshKey, knownHosts: await readOption(knownHosts, "--known-hosts") };
  }
  return token === undefined || token.trim() === "" ? { kind: "ambient" } : { kind: "token", token: token.trim() };
}

async function readOption(path: string, option: string): Promise<string> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${option} ${path} cannot be read (${error.code ?? error.message}).`);
  });
}
