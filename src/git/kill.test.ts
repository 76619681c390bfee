import { build } from "esbuild";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { transactionSteps } from "./git-repository.ts";
import { localRemote, type LocalRemote } from "./testing/local-remote.ts";
import { twoFileChange, twoFiles } from "./testing/two-file-change.ts";
import { wrappedProgram } from "./testing/wrapped-program.ts";

let directory: string;
let program: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "kill-"));
  program = join(directory, "transaction.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("testing/killed-transaction.ts", import.meta.url))],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
  });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Death {
  readonly step?: string;
  readonly branch?: string;
  /** Shell for the git wrapper; `$COUNT` is the number of this git process, `$$` its pid, `$PPID` ours. */
  readonly script?: string;
  readonly hook?: readonly [name: string, script: string];
}

/** Kills a transaction, and checks what is left: the remote is untouched or complete, and asking again makes exactly one commit. */
async function dieAndRepeat({
  step = "",
  branch = "",
  script,
  hook,
}: Death): Promise<{ readonly died: boolean; readonly landed: boolean; readonly git: number }> {
  const remote = await localRemote(twoFiles);
  try {
    if (hook !== undefined) await remote.hook(...hook);
    const before = await remote.git("for-each-ref");
    const wrapper = [
      `cd '${remote.directory}'`,
      // Held by every git process, also by those whose parent was killed: the test waits for it.
      "exec 9>>running; flock -s 9",
      // Some run at the same time: each takes the first number that is free.
      'COUNT=1; while ! mkdir "number-$COUNT" 2>/dev/null; do COUNT=$((COUNT + 1)); done',
      'case "$*" in *" push "*) echo $$ > push.pid; echo $PPID > node.pid;; esac',
      `real() { "$REAL" "$@"; }`,
      script ?? 'exec "$REAL" "$@"',
    ].join("\n");
    const bin = await wrappedProgram(remote.directory, "git", wrapper);
    const signal = await ended([program, remote.url, step, branch], {
      PATH: `${bin}:${process.env["PATH"] ?? ""}`,
      TMPDIR: remote.directory,
    });
    await promisify(execFile)("flock", ["-x", join(remote.directory, "running"), "true"]);
    if (hook !== undefined) await remote.hook(hook[0], "exit 0");

    const landed = (await remote.git("for-each-ref")) !== before;
    await isUntouchedOrComplete(remote, branch, landed);
    const again = await remote.open();
    const outcome = await again.transact(twoFileChange(branch));
    await again.dispose();
    expect(outcome.kind).toBe(landed ? "already" : "pushed");
    await isUntouchedOrComplete(remote, branch, true);
    return {
      died: signal === "SIGKILL",
      landed,
      git: (await readdir(remote.directory)).filter((name) => name.startsWith("number-")).length,
    };
  } finally {
    await remote.dispose();
  }
}

async function isUntouchedOrComplete(remote: LocalRemote, branch: string, complete: boolean): Promise<void> {
  expect(await remote.git("fsck", "--strict", "--no-dangling")).toBe("");
  expect(await remote.commitsWith("Upgrade-Id: demo-v1.35.2")).toHaveLength(complete ? 1 : 0);
  if (!complete) return;
  const where = branch === "" ? "main" : branch;
  for (const path of Object.keys(twoFiles)) expect(await remote.show(path, where)).toBe("version: v1.35.2");
  expect(await remote.git("rev-list", "--count", where)).toBe("2");
}

function ended(args: readonly string[], environment: Record<string, string>): Promise<NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], { env: environment, stdio: ["ignore", "ignore", "inherit"] });
    child.on("error", reject);
    child.on("exit", (_, signal) => resolve(signal));
  });
}

describe.each(["", "upgrade/demo"])("killed at a step of our own (branch for review: %j)", (branch) => {
  // Objects are written apart from the commit only when it is signed; the step is passed all the same.
  it.each(transactionSteps)("%s", async (step) => {
    const { died, landed } = await dieAndRepeat({ step, branch });
    expect({ died, landed }).toEqual({ died: true, landed: step === "after-push" });
  });
});

/** clone, ls-tree, list of objects, fetch of contents, cat-file, log, fast-import, push. */
const gitProcesses = 8;

describe("killed around each git process", () => {
  it("none: the count of git processes, for the table below", async () => {
    expect(await dieAndRepeat({})).toEqual({ died: false, landed: true, git: gitProcesses });
  });

  const numbers = Array.from({ length: gitProcesses }, (_, index) => index + 1);
  it.each(numbers)("while git process %d runs", async (number) => {
    const script = `if [ "$COUNT" = ${number} ]; then exec 8<&0; "$REAL" "$@" <&8 & kill -9 $PPID; wait; else exec "$REAL" "$@"; fi`;
    expect((await dieAndRepeat({ script })).died).toBe(true);
  });
  it.each(numbers)("after git process %d did its work, before we hear of it", async (number) => {
    const script = `if [ "$COUNT" = ${number} ]; then "$REAL" "$@" > answer; kill -9 $PPID; else exec "$REAL" "$@"; fi`;
    // A process that answers as long as we ask (cat-file) has no end of its work before ours.
    const asks = `case "$*" in *"cat-file --batch") exec "$REAL" "$@";; esac`;
    await dieAndRepeat({ script: `${asks}\n${script}` });
  });
});

describe("killed in the middle of a push, with git itself", () => {
  const both = 'kill -9 "$(cat ../push.pid)" "$(cat ../node.pid)"';
  it.each([
    ["pre-receive", both],
    ["update", both],
    ["reference-transaction", `[ "$1" = prepared ] && ${both}; exit 0`],
    ["post-receive", both],
  ] as const)("while the remote runs %s", async (name, script) => {
    expect((await dieAndRepeat({ hook: [name, script] })).died).toBe(true);
  });
});

it("killed while it holds a copy from the cache: the next one makes its own, and clears away what was left", async () => {
  const remote = await localRemote(twoFiles);
  const cache = join(remote.directory, "cache");
  await (await remote.open({ cacheDirectory: cache })).dispose();
  const environment = { PATH: process.env["PATH"] ?? "", TMPDIR: remote.directory };
  expect(await ended([program, remote.url, "committed", "", cache], environment)).toBe("SIGKILL");
  const ours = (names: readonly string[]): readonly string[] => names.filter((name) => name.startsWith("capi-gitops-"));
  expect(ours(await readdir(cache))).toHaveLength(1);
  expect(ours(await readdir(remote.directory))).toHaveLength(1);
  const second = await remote.open({ cacheDirectory: cache, environment });
  expect(await second.transact(twoFileChange())).toMatchObject({ kind: "pushed" });
  await second.dispose();
  expect(ours(await readdir(remote.directory))).toEqual([]);
  expect(await readdir(cache)).toEqual([expect.stringMatching(/^[0-9a-f]{32}\.git$/)]);
  await remote.dispose();
});
