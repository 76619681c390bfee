import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { systemClock } from "../../clock.ts";
import type { CommitRequest, GitRepository } from "../git-repository.ts";
import { openRepository, type OpenOptions } from "../open-repository.ts";

const run = promisify(execFile);
const environment = {
  ...process.env,
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.org",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.org",
};

/** A bare repository on disk, and a person with a clone of it. Everything is in `directory`. */
export interface LocalRemote {
  readonly directory: string;
  readonly path: string;
  readonly url: string;
  /** Runs git in the bare repository; gives its output without the last line end. */
  git(...args: readonly string[]): Promise<string>;
  /** The person's git, in their clone. */
  person(...args: readonly string[]): Promise<string>;
  /** The person commits these contents (null deletes) on a branch and pushes; gives the commit. */
  commit(files: Readonly<Record<string, string | null>>, message?: string, branch?: string): Promise<string>;
  tip(branch?: string): Promise<string>;
  show(path: string, branch?: string): Promise<string>;
  /** Ids of commits of a branch (all branches by default) with that text in their message. */
  commitsWith(text: string): Promise<readonly string[]>;
  hook(name: string, script: string): Promise<void>;
  open(options?: Partial<OpenOptions>): Promise<GitRepository>;
  dispose(): Promise<void>;
}

export async function localRemote(
  files: Readonly<Record<string, string>> = { "clusters/demo.yaml": "version: v1.34.2\n" },
): Promise<LocalRemote> {
  const directory = await mkdtemp(join(tmpdir(), "remote "));
  const path = join(directory, "remote.git");
  const clone = join(directory, "person");
  const git = async (cwd: string, args: readonly string[]): Promise<string> =>
    (await run("git", [...args], { cwd, env: environment, maxBuffer: 1 << 28 })).stdout.replace(/\n$/, "");
  await git(directory, ["init", "--quiet", "--bare", "--initial-branch=main", path]);
  for (const [key, value] of [
    ["uploadpack.allowFilter", "true"],
    ["uploadpack.allowAnySHA1InWant", "true"],
    ["http.receivepack", "true"],
  ] as const)
    await git(path, ["config", key, value]);
  await git(directory, ["clone", "--quiet", path, clone]);

  const remote: LocalRemote = {
    directory,
    path,
    url: pathToFileURL(path).href,
    git: (...args) => git(path, args),
    person: (...args) => git(clone, args),
    commit: async (changes, message = "Somebody's work", branch = "main") => {
      const exists = (await git(path, ["for-each-ref", `refs/heads/${branch}`])) !== "";
      if (exists) await git(clone, ["fetch", "--quiet", "origin", branch]);
      await git(clone, exists ? ["checkout", "--quiet", "-B", branch, "FETCH_HEAD"] : ["checkout", "--quiet", "-B", branch]);
      for (const [file, content] of Object.entries(changes)) {
        const target = join(clone, file);
        if (content === null) await rm(target, { force: true });
        else {
          await mkdir(dirname(target), { recursive: true });
          await writeFile(target, content);
        }
      }
      await git(clone, ["add", "--all"]);
      await git(clone, ["commit", "--quiet", "--allow-empty", "-m", message]);
      await git(clone, ["push", "--quiet", "origin", `HEAD:refs/heads/${branch}`]);
      return git(clone, ["rev-parse", "HEAD"]);
    },
    tip: (branch = "main") => git(path, ["rev-parse", "--verify", `refs/heads/${branch}`]),
    show: (file, branch = "main") => git(path, ["show", `${branch}:${file}`]),
    commitsWith: async (text) =>
      (await git(path, ["log", "--all", "--fixed-strings", `--grep=${text}`, "--format=%H"])).split("\n").filter((id) => id !== ""),
    hook: async (name, script) => {
      await mkdir(join(path, "hooks"), { recursive: true });
      await writeFile(join(path, "hooks", name), `#!/bin/sh\n${script}\n`);
      await chmod(join(path, "hooks", name), 0o755);
    },
    open: (options) => openRepository({ url: remote.url }, { clock: systemClock, random: () => 0, ...options }),
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
  if (Object.keys(files).length > 0) await remote.commit(files, "Start");
  return remote;
}

/** An upgrade as the product makes one: one value in one file, absent file refused. */
export function versionChange(to: string, more: Partial<CommitRequest> = {}): CommitRequest {
  return {
    upgradeId: `demo-${to}`,
    title: `Upgrade demo to ${to}`,
    author: { name: "Upgrade Bot", email: "bot@example.org" },
    signOff: true,
    edit: async (files) => {
      const text = await files.read("clusters/demo.yaml");
      if (text === undefined)
        return { kind: "refused", refusal: { reason: "NoManifest", message: "clusters/demo.yaml is gone.", remedy: "Bring it back." } };
      const edited = text.replace(/^version: .*$/m, `version: ${to}`);
      return { kind: "edited", files: edited === text ? new Map() : new Map([["clusters/demo.yaml", edited]]) };
    },
    ...more,
  };
}
