import { createHash, randomInt } from "node:crypto";
import { access, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { prepareCredentials } from "./credentials.ts";
import { gitRunner, type GitProcessSettings } from "./git-command.ts";
import { gitEnvironment, type Environment } from "./git-environment.ts";
import { GitError } from "./git-error.ts";
import type { GitRemote, GitRepository, TransactionStep } from "./git-repository.ts";
import { localRepository } from "./local-repository.ts";
import { redactorFor } from "./redact.ts";
import { branchName } from "./ref-name.ts";
import { parseRemoteUrl, type RemoteUrl } from "./remote-url.ts";

export interface OpenOptions {
  readonly clock: Clock;
  /** Keeps copies between runs in this directory; several processes may share it. Absent: a temporary copy. */
  readonly cacheDirectory?: string;
  /** How many commits of history are fetched, and searched for trailers. Default 200. */
  readonly historyDepth?: number;
  /** Time limit of each git command. Default 120. */
  readonly timeoutSeconds?: number;
  /** Lets a token travel over http:// to other hosts. Default false. */
  readonly allowPlainHttp?: boolean;
  /** Stops the command that is running. */
  readonly signal?: AbortSignal;
  /** Default: this process's environment. */
  readonly environment?: Environment;
  /** 0 <= x < 1, for the pauses between tries. */
  readonly random?: () => number;
  /** Told each step as it is reached; what it returns is waited for. */
  readonly onStep?: (step: TransactionStep) => void | Promise<void>;
}

/**
 * Makes (or reuses) a local copy: bare, without file contents (`--filter=blob:none`), one branch, no work tree. Call `dispose` when done.
 * Rejects with a GitError: `configuration`, `authentication`, `not-found`, `empty-repository`, `missing-branch`, …
 */
export async function openRepository(remote: GitRemote, options: OpenOptions): Promise<GitRepository> {
  const url = parseRemoteUrl(remote.url);
  const branch = remote.branch === undefined ? undefined : branchName(remote.branch);
  const surrounding = options.environment ?? process.env;
  const directory = await mkdtemp(join(surrounding["TMPDIR"] ?? tmpdir(), "capi-gitops-"));
  try {
    const settings = await processSettings(remote, url, directory, surrounding, options);
    const copy = await localCopy(settings, url, branch, options);
    await options.onStep?.("opened");
    return localRepository({
      settings: { ...settings, gitDirectory: copy.gitDirectory },
      url: url.url,
      branch: copy.branch,
      fresh: copy.fresh,
      clock: options.clock,
      historyDepth: options.historyDepth ?? defaultDepth,
      random: options.random ?? (() => randomInt(2 ** 32) / 2 ** 32),
      onStep: async (step) => options.onStep?.(step),
      surrounding,
    });
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

const defaultDepth = 200;

async function processSettings(
  remote: GitRemote,
  url: RemoteUrl,
  directory: string,
  surrounding: Environment,
  options: OpenOptions,
): Promise<GitProcessSettings> {
  const home = join(directory, "home");
  await mkdir(home);
  const { config, variables, secrets } = await prepareCredentials({
    remote: url,
    credentials: remote.credentials,
    directory,
    surrounding,
    allowPlainHttp: options.allowPlainHttp ?? false,
  });
  return {
    directory,
    environment: gitEnvironment({
      surrounding,
      ambient: remote.credentials?.kind === "ambient",
      home,
      protocol: url.protocol,
      config,
      variables,
    }),
    redact: redactorFor([...secrets, url.userinfo?.password ?? ""]),
    timeoutSeconds: options.timeoutSeconds ?? 120,
    signal: options.signal,
  };
}

interface LocalCopy {
  readonly gitDirectory: string;
  readonly branch: string;
  /** Just made, so the tip needs no fetch. */
  readonly fresh: boolean;
}

async function localCopy(
  settings: GitProcessSettings,
  url: RemoteUrl,
  branch: string | undefined,
  options: OpenOptions,
): Promise<LocalCopy> {
  const { cacheDirectory, historyDepth = defaultDepth } = options;
  const temporary = join(settings.directory, "repository.git");
  if (cacheDirectory === undefined)
    return { gitDirectory: temporary, branch: await clone(settings, url, branch, historyDepth, temporary), fresh: true };
  await mkdir(cacheDirectory, { recursive: true, mode: 0o700 });
  const kept = join(
    cacheDirectory,
    `${createHash("sha256")
      .update(JSON.stringify([url.url, branch, historyDepth]))
      .digest("hex")
      .slice(0, 32)}.git`,
  );
  const known = await headBranch(kept);
  if (known !== undefined) return { gitDirectory: kept, branch: known, fresh: false };
  // Cloned aside and moved into place: whoever is killed halfway leaves no half copy behind.
  const aside = await mkdtemp(join(cacheDirectory, "new-"));
  try {
    const found = await clone(settings, url, branch, historyDepth, join(aside, "repository.git"));
    await rename(join(aside, "repository.git"), kept).catch(async (error: unknown) => {
      // Another process was first; its copy is as good.
      if ((await headBranch(kept)) === undefined) throw error;
    });
    return { gitDirectory: kept, branch: found, fresh: true };
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function clone(
  settings: GitProcessSettings,
  url: RemoteUrl,
  branch: string | undefined,
  depth: number,
  gitDirectory: string,
): Promise<string> {
  const wanted = branch === undefined ? [] : [`--branch=${branch}`];
  await gitRunner(settings)([
    ...[
      "clone",
      "--quiet",
      "--bare",
      "--no-local",
      "--template=",
      "--filter=blob:none",
      `--depth=${depth}`,
      "--single-branch",
      "--no-tags",
    ],
    ...wanted,
    "--end-of-options",
    url.url,
    gitDirectory,
  ]);
  const found = await headBranch(gitDirectory);
  if (found !== undefined && (await hasRefs(gitDirectory))) return found;
  if (branch === undefined && found !== undefined) throw emptyRepository(url);
  throw noBranch(url, branch);
}

/** The branch that the copy's HEAD names; undefined when there is no copy, or HEAD is detached (a tag was named, or the remote has no default branch). */
async function headBranch(gitDirectory: string): Promise<string | undefined> {
  const head = await readFile(join(gitDirectory, "HEAD"), "utf8").catch(() => "");
  return /^ref: refs\/heads\/(.+)\n$/.exec(head)?.[1];
}

/** A clone packs the references it got; a repository without any branch leaves no such file. */
async function hasRefs(gitDirectory: string): Promise<boolean> {
  return access(join(gitDirectory, "packed-refs")).then(
    () => true,
    () => false,
  );
}

function emptyRepository({ url }: RemoteUrl): GitError {
  return new GitError("empty-repository", {
    seen: `${url} has no commit on its default branch`,
    meaning: "There are no manifests that could be changed",
    remedy: "Push the manifests first, or name the branch that holds them",
  });
}

function noBranch({ url }: RemoteUrl, branch: string | undefined): GitError {
  return new GitError("missing-branch", {
    seen: branch === undefined ? `The HEAD of ${url} names no branch` : `${branch} is not a branch of ${url}`,
    meaning: "There is nothing that a commit could go on top of",
    remedy: "Name the branch that holds the manifests",
  });
}
