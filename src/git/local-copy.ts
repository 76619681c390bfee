import { createHash } from "node:crypto";
import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { gitRunner, type GitProcessSettings } from "./git-command.ts";
import { GitError } from "./git-error.ts";
import { ownedDirectory } from "./owned-directory.ts";
import type { RemoteUrl } from "./remote-url.ts";

export interface LocalCopy {
  readonly gitDirectory: string;
  /** Its tip is as new as this copy: just fetched. */
  readonly branch: string;
  /** Gives a cached copy back to the cache, or removes it. */
  dispose(): Promise<void>;
}

export interface CopyRequest {
  readonly url: RemoteUrl;
  readonly branch: string | undefined;
  readonly historyDepth: number;
  readonly cacheDirectory: string | undefined;
}

/** A bare copy without file contents: a new one in the private directory, or the one that the cache directory holds. */
export async function localCopy(settings: GitProcessSettings, request: CopyRequest): Promise<LocalCopy> {
  const { cacheDirectory } = request;
  if (cacheDirectory !== undefined) return cachedCopy(settings, { ...request, cacheDirectory });
  const gitDirectory = join(settings.directory, "repository.git");
  return { gitDirectory, branch: await clone(settings, request, gitDirectory), dispose: async () => undefined };
}

/**
 * Copies are lent, not shared: taken out of the cache by a rename and put back by another, so two processes never work on the same one, and one
 * that was killed leaves neither locks nor half a copy in the cache. Who finds none makes one.
 */
async function cachedCopy(settings: GitProcessSettings, request: CopyRequest & { cacheDirectory: string }): Promise<LocalCopy> {
  const { cacheDirectory, url, branch, historyDepth } = request;
  const key = createHash("sha256")
    .update(JSON.stringify([url.url, branch, historyDepth]))
    .digest("hex");
  const shelf = join(cacheDirectory, `${key.slice(0, 32)}.git`);
  const desk = await ownedDirectory(cacheDirectory);
  const gitDirectory = join(desk, "repository.git");
  const removeDesk = (): Promise<void> => rm(desk, { recursive: true, force: true });
  try {
    const taken = await rename(shelf, gitDirectory).then(
      () => true,
      () => false,
    );
    const known = taken ? await refreshed(settings, gitDirectory) : undefined;
    return {
      gitDirectory,
      branch: known ?? (await clone(settings, request, gitDirectory)),
      dispose: async () => {
        // When another process put its copy there first, that one is as good. One in many pieces is slower than a new one.
        if ((await packCount(gitDirectory)) <= mostPacks) await rename(gitDirectory, shelf).catch(() => undefined);
        await removeDesk();
      },
    };
  } catch (error) {
    await removeDesk();
    throw error;
  }
}

/** Each fetch and each commit leaves a pack. */
const mostPacks = 50;

async function packCount(gitDirectory: string): Promise<number> {
  const names = await readdir(join(gitDirectory, "objects", "pack")).catch(() => []);
  return names.filter((name) => name.endsWith(".pack")).length;
}

/** Brings a kept copy up to date and gives its branch; undefined when it was of no use and is gone. */
async function refreshed(settings: GitProcessSettings, gitDirectory: string): Promise<string | undefined> {
  try {
    const branch = await headBranch(gitDirectory);
    if (branch !== undefined) {
      await gitRunner({ ...settings, gitDirectory })(fetchArguments([branch]));
      return branch;
    }
  } catch (error) {
    if (!(error instanceof GitError) || (error.kind !== "corrupt" && error.kind !== "unknown")) throw error;
  }
  await rm(gitDirectory, { recursive: true, force: true });
  return undefined;
}

/** Brings branches of the remote into branches of the copy, as they are there now: also when they were rewritten. */
export function fetchArguments(branches: readonly string[], more: readonly string[] = []): readonly string[] {
  const refs = branches.map((name) => `+refs/heads/${name}:refs/heads/${name}`);
  return ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=blob:none", ...more, "--end-of-options", "origin", ...refs];
}

async function clone(settings: GitProcessSettings, { url, branch, historyDepth }: CopyRequest, gitDirectory: string): Promise<string> {
  await gitRunner(settings)([
    "clone",
    "--quiet",
    "--bare",
    "--no-local",
    "--template=",
    "--filter=blob:none",
    `--depth=${historyDepth}`,
    "--single-branch",
    "--no-tags",
    ...(branch === undefined ? [] : [`--branch=${branch}`]),
    "--end-of-options",
    url.url,
    gitDirectory,
  ]);
  const found = await headBranch(gitDirectory);
  if (found === undefined) throw noBranch(url, branch);
  // A clone packs the references that it got.
  const references = await readFile(join(gitDirectory, "packed-refs"), "utf8").catch(() => "");
  if (!references.includes(` refs/heads/${found}\n`)) throw emptyRepository(url, found);
  return found;
}

/** The branch that the copy's HEAD names; undefined when HEAD is detached (a tag was named, or the remote's HEAD is no branch's tip). */
async function headBranch(gitDirectory: string): Promise<string | undefined> {
  const head = await readFile(join(gitDirectory, "HEAD"), "utf8").catch(() => "");
  return /^ref: refs\/heads\/(.+)\n$/.exec(head)?.[1];
}

function emptyRepository({ url }: RemoteUrl, branch: string): GitError {
  return new GitError("empty-repository", {
    seen: `${url} has no commit on its default branch ${branch}`,
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
