import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/clock.ts";
import { openRepository } from "../src/git/open-repository.ts";
import { createGitWriter } from "../src/operator/git-writer.ts";
import type { UpgradeStep } from "../src/upgrade/upgrade-types.ts";
import { pair, type Result } from "./measure.ts";

const fileCount = 10_000;
const identity = { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@b.c", GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@b.c" };
const environment = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", ...identity };
const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync("git", args, { cwd, env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

/** Finding the manifest, editing, committing and pushing, in a repository of 10,000 manifests; against clone, sed, commit, push. */
export async function benchGit(): Promise<readonly Result[]> {
  const folder = mkdtempSync(join(tmpdir(), "capi-gitops-bench-"));
  try {
    const remote = createRemote(folder);
    let count = 0;
    const next = (): { readonly file: string; readonly name: string } => {
      count += 1;
      return { file: `clusters/team-${count % 400}/cluster-${count}.yaml`, name: `cluster-${count}` };
    };
    const plainClone = (): void => {
      const { file } = next();
      const work = join(folder, "work");
      git(folder, "clone", "-q", "--depth=1", `file://${remote}`, work);
      edit(work, file);
      rmSync(work, { recursive: true });
    };
    const ours = async (): Promise<void> => {
      const repository = await openRepository({ url: `file://${remote}` }, { clock: systemClock });
      await write(repository, next().name);
      await repository.dispose();
    };
    const cold = await pair(7, ours, plainClone);

    const warmClone = join(folder, "warm");
    git(folder, "clone", "-q", "--depth=1", `file://${remote}`, warmClone);
    const repository = await openRepository({ url: `file://${remote}` }, { clock: systemClock });
    const warm = await pair(
      7,
      () => write(repository, next().name),
      () => {
        git(warmClone, "pull", "-q", "--rebase");
        edit(warmClone, next().file);
      },
    );
    await repository.dispose();
    const setting = `${fileCount.toLocaleString("en")} manifests in 400 folders, file:// remote`;
    return [
      {
        name: "find the manifest, edit, commit, push; nothing cloned before",
        against: "git clone --depth=1, sed, commit, push",
        aim: 1.5,
        paired: cold,
        setting,
      },
      { name: "the same with the repository open", against: "git pull, sed, commit, push in a clone", aim: 1.5, paired: warm, setting },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function createRemote(folder: string): string {
  const source = join(folder, "source");
  mkdirSync(source);
  git(source, "init", "-q", "-b", "main");
  for (let index = 0; index < fileCount; index += 1) {
    const team = join(source, "clusters", `team-${index % 400}`);
    mkdirSync(team, { recursive: true });
    const text = `# ${"owner ".repeat(40)}\napiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata:\n  name: cluster-${index}\n  namespace: fleet\nspec:\n  topology:\n    classRef: {name: quick-start}\n    version: v1.34.0\n`;
    writeFileSync(join(team, `cluster-${index}.yaml`), text);
  }
  git(source, "add", "-A");
  git(source, "commit", "-q", "-m", "fleet");
  const remote = join(folder, "remote.git");
  git(folder, "clone", "-q", "--bare", source, remote);
  git(remote, "config", "uploadpack.allowFilter", "true");
  rmSync(source, { recursive: true });
  return remote;
}

function edit(work: string, file: string): void {
  const path = join(work, file);
  writeFileSync(path, readFileSync(path, "utf8").replace("v1.34.0", "v1.35.2"));
  git(work, "commit", "-q", "-a", "-m", "upgrade");
  git(work, "push", "-q", "origin", "HEAD:main");
}

async function write(repository: Awaited<ReturnType<typeof openRepository>>, name: string): Promise<void> {
  const author = { name: "a", email: "a@b.c" };
  const writer = createGitWriter({ repository, clock: systemClock, upgradeId: name, author, signOff: false, again: false });
  const object = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "fleet", name };
  const step: UpgradeStep = {
    kind: "topology",
    object,
    from: "v1.34.0",
    to: "v1.35.2",
    controlPlaneThrough: ["v1.35.2"],
    workersThrough: ["v1.35.2"],
  };
  const outcome = await writer.write(step);
  if (outcome.kind !== "written") throw new Error(JSON.stringify(outcome));
}
