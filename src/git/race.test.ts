import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GitRepository, TransactionStep } from "./git-repository.ts";
import { localRemote, versionChange, type LocalRemote } from "./testing/local-remote.ts";

let remote: LocalRemote;
const opened: GitRepository[] = [];

beforeEach(async () => {
  remote = await localRemote();
});
afterEach(async () => {
  for (const repository of opened.splice(0)) await repository.dispose();
  await remote.dispose();
});

/** A repository in which `meddle` happens between our fetch and our push, `times` times. */
async function racing(
  times: number,
  meddle: (round: number) => Promise<unknown>,
  at: TransactionStep = "before-push",
): Promise<GitRepository> {
  let round = 0;
  const repository = await remote.open({
    onStep: async (step) => {
      if (step === at && round < times) {
        round += 1;
        await meddle(round);
      }
    },
  });
  opened.push(repository);
  return repository;
}

describe("somebody pushes between our fetch and our push", () => {
  it("runs the edit again on the newer tip and keeps both changes", async () => {
    const seen: string[] = [];
    const repository = await racing(2, (round) => remote.commit({ "clusters/demo.yaml": `# edited ${round}\nversion: v1.34.2\n` }));
    const { edit } = versionChange("v1.35.2");
    const outcome = await repository.transact(
      versionChange("v1.35.2", {
        edit: async (files) => {
          seen.push((await files.read("clusters/demo.yaml")) ?? "");
          return edit(files);
        },
      }),
    );
    expect(outcome).toMatchObject({ kind: "pushed", attempts: 3 });
    expect(seen).toEqual(["version: v1.34.2\n", "# edited 1\nversion: v1.34.2\n", "# edited 2\nversion: v1.34.2\n"]);
    expect(await remote.show("clusters/demo.yaml")).toBe("# edited 2\nversion: v1.35.2");
    expect(await remote.commitsWith("Upgrade-Id")).toHaveLength(1);
    expect(await remote.git("log", "--format=%s", "main")).toBe("Upgrade demo to v1.35.2\nSomebody's work\nSomebody's work\nStart");
  });

  it("stops when the newer tip says what we wanted", async () => {
    const repository = await racing(1, () => remote.commit({ "clusters/demo.yaml": "version: v1.35.2\n" }));
    expect(await repository.transact(versionChange("v1.35.2"))).toEqual({ kind: "already", commit: await remote.tip(), branch: "main" });
    expect(await remote.commitsWith("Upgrade-Id")).toHaveLength(0);
  });

  it("stops when the edit does not apply any more", async () => {
    const repository = await racing(1, () => remote.commit({ "clusters/demo.yaml": null }));
    expect(await repository.transact(versionChange("v1.35.2"))).toMatchObject({ kind: "refused", refusal: { reason: "NoManifest" } });
    expect(await remote.commitsWith("Upgrade-Id")).toHaveLength(0);
  });

  it("two processes with the same request: one commit, both know it", async () => {
    const rival = await remote.open();
    opened.push(rival);
    const repository = await racing(1, () => rival.transact(versionChange("v1.35.2")));
    expect(await repository.transact(versionChange("v1.35.2"))).toEqual({ kind: "already", commit: await remote.tip(), branch: "main" });
    expect(await remote.commitsWith("Upgrade-Id")).toHaveLength(1);
  });

  it("gives up after five tries and leaves the others' work", async () => {
    const repository = await racing(99, (round) => remote.commit({ "other.yaml": `round: ${round}\n` }));
    expect(await repository.transact(versionChange("v1.35.2"))).toMatchObject({ kind: "refused", refusal: { reason: "GitPushRaceLost" } });
    expect(await remote.show("other.yaml")).toBe("round: 5");
    expect(await remote.commitsWith("Upgrade-Id")).toHaveLength(0);
  });

  it("works on a rewritten base branch, and never brings back what was rewritten away", async () => {
    const secret = await remote.commit({ "secret.yaml": "password: 1\n" });
    const repository = await racing(1, async () => {
      await remote.person("reset", "--quiet", "--hard", "HEAD^");
      await remote.person("push", "--quiet", "--force", "origin", "HEAD:main");
    });
    expect(await repository.transact(versionChange("v1.35.2"))).toMatchObject({ kind: "pushed", attempts: 2 });
    expect(await remote.git("rev-list", "main")).not.toContain(secret);
  });

  it("tells a branch that is gone", async () => {
    const repository = await racing(1, async () => {
      await remote.person("push", "--quiet", "origin", "HEAD:refs/heads/rest");
      await remote.git("symbolic-ref", "HEAD", "refs/heads/rest");
      await remote.person("push", "--quiet", "origin", ":main");
    });
    await expect(repository.transact(versionChange("v1.35.2"))).rejects.toMatchObject({ kind: "missing-branch" });
    expect(await remote.git("for-each-ref", "refs/heads/main")).toBe("");
  });
});

describe("what the remote's own rules say", () => {
  it.each([
    [
      "pre-receive",
      'echo "GH006: Protected branch update failed for refs/heads/main." >&2; exit 1',
      "GH006: Protected branch update failed",
    ],
    ["update", 'echo "error: needs a ticket number" >&2; exit 1', "needs a ticket number"],
  ])("%s says no: a refusal with the remote's words, one try, nothing changed", async (hook, script, words) => {
    const tip = await remote.tip();
    const repository = await racing(0, async () => undefined);
    await remote.hook(hook, script);
    const outcome = await repository.transact(versionChange("v1.35.2"));
    expect(outcome).toMatchObject({ kind: "refused", refusal: { reason: "GitPushRejected" } });
    expect(JSON.stringify(outcome)).toContain(words);
    expect(await remote.tip()).toBe(tip);
  });

  it("a push whose answer never came is looked for on the remote", async () => {
    const repository = await racing(0, async () => undefined);
    // The receiving side dies after the branch is updated and before it reports.
    await remote.hook("post-update", "exit 0");
    await remote.hook("reference-transaction", 'if [ "$1" = committed ] && grep -q refs/heads/main; then kill -9 "$PPID"; fi');
    const outcome = await repository.transact(versionChange("v1.35.2"));
    expect(outcome).toMatchObject({ kind: "pushed", commit: await remote.tip() });
  });
});
