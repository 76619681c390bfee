import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ForgeKind } from "../git/forges/forge.ts";
import { openForge } from "../git/forges/open-forge.ts";
import { fakeForge, fakeRepositories, fakeToken, type FakeForge } from "../git/forges/testing/fake-forge.ts";
import type { GitRepository } from "../git/git-repository.ts";
import { localRemote, type LocalRemote } from "../git/testing/local-remote.ts";
import { httpClient } from "../http/http-client.ts";
import type { ObjectReference } from "../upgrade/cluster-snapshot.ts";
import type { UpgradeStep } from "../upgrade/upgrade-types.ts";
import { readMarker } from "./pull-request-marker.ts";
import { readParts } from "./pull-request-parts.ts";
import { createPullRequestWriter, type PullRequestWriter, type PullRequestWriterOptions } from "./pull-request-writer.ts";
import { sharedReviewBranches } from "./shared-review-branches.ts";

const manifest = (name: string, version: string, above = ""): string =>
  `${above}apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata:\n  name: ${name}\n  namespace: demo\nspec:\n  topology:\n    classRef: {name: quick}\n    version: ${version}\n`;
const cluster = (name: string): ObjectReference => ({ group: "cluster.x-k8s.io", kind: "Cluster", namespace: "demo", name });
const step = (to = "v1.35.2", name = "c1", from = "v1.34.2"): UpgradeStep => ({
  kind: "topology",
  object: cluster(name),
  from,
  to,
  controlPlaneThrough: [to],
  workersThrough: [to],
});

let remote: LocalRemote;
let fake: FakeForge;
let now: number;
let repositories: GitRepository[];
beforeEach(async () => {
  remote = await localRemote({ "c1.yaml": manifest("c1", "v1.34.2"), "c2.yaml": manifest("c2", "v1.34.2") });
  now = Date.parse("2026-05-04T10:00:00Z");
  repositories = [];
});
afterEach(async () => {
  for (const repository of repositories) await repository.dispose();
  await fake.close();
  await remote.dispose();
});

const clock = {
  now: () => now,
  sleep: async (milliseconds: number) => {
    now += milliseconds;
  },
};

async function start(kind: ForgeKind = "github"): Promise<void> {
  fake = await fakeForge(kind, remote);
}

/** Another process each time: nothing is remembered but what Git and the forge hold. */
async function writer(more: Partial<PullRequestWriterOptions> = {}): Promise<PullRequestWriter> {
  const repository = await remote.open();
  repositories.push(repository);
  const send = httpClient({ environment: {}, userAgent: "test" });
  const location = { kind: fake.kind, apiUrl: fake.apiUrl, repository: fakeRepositories[fake.kind] };
  const forge = await openForge(location, { clock, send, token: fakeToken });
  return createPullRequestWriter({
    repository,
    clock,
    upgradeId: "c1-v1.35.2-3f2a91bc",
    author: { name: "Bot", email: "bot@example.org" },
    signOff: false,
    again: false,
    forge,
    describe: (change, changes) => ({
      title: change.kind === "step" ? `Upgrade ${change.step.object.name} to ${change.step.to}` : `Remove ${change.template.name}`,
      body: changes.map(({ place, before, after }) => `${place}: ${before} → ${after}`).join("\n"),
    }),
    ...more,
  });
}

const branch = "capi-gitops/c1-v1.35.2-3f2a91bc";
const pulls = (): readonly string[] => fake.model.pulls.map(({ title, state }) => `${title}: ${state}`);

describe.each<ForgeKind>(["github", "gitlab", "gitea"])("a step on %s", (kind) => {
  it("is one commit and one pull request, from the first write to the merge", async () => {
    await start(kind);
    const first = await writer();
    const { url } = { url: expect.stringMatching(/\/1$/) as string };
    expect(await first.write(step())).toMatchObject({
      kind: "written",
      revision: await remote.tip(branch),
      branch,
      pullRequest: { number: 1, url },
    });
    expect(await first.pullRequest(step())).toMatchObject({ kind: "review", review: { number: 1, url, state: "open", mergeable: "yes" } });
    const second = await writer();
    expect(await second.write(step())).toEqual({
      kind: "already",
      revision: await remote.tip(branch),
      branch,
      pullRequest: { number: 1, url },
    });
    expect(pulls()).toEqual(["Upgrade c1 to v1.35.2: open"]);
    expect(fake.model.pulls[0]!.body).toMatch(/^c1\.yaml:9: v1\.34\.2 → v1\.35\.2\n/);
    expect(readMarker(fake.model.pulls[0]!.body)).toEqual({ ids: ["c1-v1.35.2-3f2a91bc/cluster/c1/v1.35.2"], withdrawn: false });

    const commit = await fake.model.merge(1);
    const third = await writer();
    expect(await third.write(step())).toMatchObject({ kind: "already", branch: "main" });
    expect(await third.pullRequest(step())).toMatchObject({
      review: { state: "merged", mergedAs: commit, message: expect.stringContaining(commit.slice(0, 12)) as string },
    });
    expect(await fake.model.tip(branch)).toBeUndefined();
    expect(await third.declaration(cluster("c1"))).toMatchObject({ declaration: { version: "v1.35.2" } });
    expect(fake.model.pulls).toHaveLength(1);
  });
});

describe("what happens in between", () => {
  beforeEach(() => start());

  it("a crash before the pull request is opened, and one before the answer, open one", async () => {
    const opens = ({ method, path }: { method: string; path: readonly string[] }): boolean => method === "POST" && path.at(-1) === "pulls";
    fake.failNext({ status: 403, body: { message: "no" } }, opens);
    await expect((await writer()).write(step())).rejects.toMatchObject({ kind: "authorization" });
    expect(await remote.tip(branch)).toMatch(/^[0-9a-f]{40}$/);
    fake.failNext("lost", opens);
    expect(await (await writer()).write(step())).toMatchObject({ kind: "already", branch, pullRequest: { number: 1 } });
    expect(pulls()).toEqual(["Upgrade c1 to v1.35.2: open"]);
  });

  it("a forge that asks for a pause gets it", async () => {
    fake.failNext({ status: 429, headers: { "retry-after": "90" }, body: {} });
    const began = now;
    await (await writer()).write(step());
    expect(now - began).toBeGreaterThanOrEqual(90_000);
  });

  it("the forge is left alone for a while, and Git is not", async () => {
    const one = await writer({ lookEverySeconds: 300 });
    await one.write(step());
    const asked = fake.requests.length;
    expect(await one.write(step())).toMatchObject({ kind: "already", pullRequest: { number: 1 } });
    await one.pullRequest(step());
    expect(fake.requests).toHaveLength(asked);
    fake.model.close(1, "ada");
    now += 300_000;
    expect(await one.write(step())).toMatchObject({ kind: "refused" });
  });

  it("once Git has it, the forge is asked soon, and the branch cleared away", async () => {
    const one = await writer({ lookEverySeconds: 300 });
    await one.write(step());
    await fake.model.merge(1);
    now += 14_000;
    expect(await one.pullRequest(step(), { isInBase: true })).toMatchObject({ review: { state: "open" } });
    now += 1_000;
    expect(await one.pullRequest(step(), { isInBase: false })).toMatchObject({ review: { state: "open" } });
    expect(await one.pullRequest(step(), { isInBase: true })).toMatchObject({ review: { state: "merged" } });
    expect(await fake.model.tip(branch)).toBeUndefined();
    const asked = fake.requests.length;
    now += 60_000;
    await one.pullRequest(step(), { isInBase: true });
    expect(fake.requests).toHaveLength(asked);
  });

  it("closed without merging is a no; reopened, or asked for again, it is none", async () => {
    await (await writer()).write(step());
    fake.model.close(1, "ada");
    await fake.model.deleteBranch(branch);
    const refused = { kind: "refused", refusal: { reason: "PullRequestClosed", message: expect.stringContaining("by ada") as string } };
    expect(await (await writer()).write(step())).toMatchObject(refused);
    expect(await (await writer()).pullRequest(step())).toMatchObject(refused);
    expect(await fake.model.tip(branch)).toBeUndefined();
    expect(await (await writer({ again: true })).write(step())).toMatchObject({ kind: "written", pullRequest: { number: 2 } });
    expect(await (await writer()).write(step())).toMatchObject({ kind: "already", pullRequest: { number: 2 } });
    fake.model.close(2, "ada");
    fake.model.pulls[1]!.state = "open";
    expect(await (await writer()).pullRequest(step())).toMatchObject({ kind: "review", review: { number: 2, state: "open" } });
  });

  it("merged and taken back is not made again, also when the commit's trailers are lost", async () => {
    await (await writer()).write(step());
    await remote.commit({ "c1.yaml": manifest("c1", "v1.35.2") }, "Squashed by hand");
    Object.assign(fake.model.pulls[0]!, { state: "merged", mergeCommit: await remote.tip() });
    await remote.commit({ "c1.yaml": manifest("c1", "v1.34.2") }, "Back");
    expect(await (await writer()).write(step())).toMatchObject({ kind: "refused", refusal: { reason: "ChangeWasReverted" } });
    // The branch still holds it.
    expect(await (await writer({ again: true })).write(step())).toMatchObject({ kind: "already", branch, pullRequest: { number: 2 } });
  });

  it("a conflict is solved on the newest base branch, and told where it cannot be", async () => {
    await (await writer()).write(step());
    const first = await remote.tip(branch);
    await remote.commit(
      { "c1.yaml": manifest("c1", "v1.34.2", "# moved\n").replace("classRef: {name: quick}", "classRef: {name: other}") },
      "Theirs",
    );
    expect(await (await writer()).pullRequest(step())).toMatchObject({ kind: "review", review: { number: 1, mergeable: "yes" } });
    expect(await remote.tip(branch)).not.toBe(first);
    expect(await remote.git("rev-parse", `${branch}^`)).toBe(await remote.tip());
    expect(await remote.show("c1.yaml", branch)).toContain("name: other");
    await remote.commit({ "c1.yaml": manifest("c1", "v1.35.0") }, "Another version");
    const tip = await remote.tip(branch);
    expect(await (await writer()).pullRequest(step())).toMatchObject({ kind: "refused" });
    expect(await (await writer()).write(step())).toMatchObject({ kind: "refused" });
    expect(await remote.tip(branch)).toBe(tip);
  });

  it("the text follows the places, and is sent only when they moved", async () => {
    await (await writer()).write(step());
    await remote.commit({ "c1.yaml": manifest("c1", "v1.34.2", "# one\n") }, "A line more");
    await (await writer()).write(step());
    expect(fake.model.pulls[0]!.body).toMatch(/^c1\.yaml:10:/);
    const edits = (): number => fake.requests.filter(({ method }) => method === "PATCH").length;
    const before = edits();
    await (await writer()).write(step());
    expect(edits()).toBe(before);
  });

  it("the next step gets the branch and a pull request of its own, a squash merge and its branch notwithstanding", async () => {
    await (await writer()).write(step());
    await remote.commit({ "c1.yaml": manifest("c1", "v1.35.2") }, "Upgrade c1 (#1)");
    Object.assign(fake.model.pulls[0]!, { state: "merged", mergeCommit: await remote.tip() });
    const next = step("v1.36.0", "c1", "v1.35.2");
    expect(await (await writer()).write(next)).toMatchObject({ kind: "written", pullRequest: { number: 2 } });
    expect(await remote.git("rev-list", "--count", `main..${branch}`)).toBe("1");
    // What is asked of the first one does not clear the branch of the second away.
    expect(await (await writer()).pullRequest(step())).toMatchObject({ review: { number: 1, state: "merged" } });
    expect(await fake.model.tip(branch)).toBeDefined();
  });

  it("auto-merge is asked for, and done when checks pass", async () => {
    fake.model.rules.requiresChecks = true;
    await (await writer({ autoMerge: "squash" })).write(step());
    expect(fake.model.pulls[0]).toMatchObject({ state: "open", armed: true });
    await fake.model.report(await remote.tip(branch), { name: "test", state: "success" });
    expect(await (await writer()).pullRequest(step())).toMatchObject({ review: { state: "merged" } });
  });

  it("given up, it is closed with a word, and may be asked for later", async () => {
    await (await writer()).write(step());
    expect(await (await writer()).withdraw("The upgrade was cancelled.")).toBe(true);
    expect(fake.model.pulls[0]).toMatchObject({ state: "closed", comments: ["The upgrade was cancelled."] });
    expect(await fake.model.tip(branch)).toBeUndefined();
    expect(await (await writer()).withdraw("Again.")).toBe(false);
    expect(await (await writer()).write(step())).toMatchObject({ kind: "written", pullRequest: { number: 2 } });
  });

  it("nobody has written it yet", async () => {
    expect(await (await writer()).pullRequest(step())).toEqual({ kind: "none" });
  });
});

describe("one pull request for several clusters", () => {
  const shared = "capi-gitops/policy-weekly-v1.35.2-00000000";
  /** Of a process of its own, unless others are given. */
  const writerOf = async (name: string, more: Partial<PullRequestWriterOptions> = {}, branches = sharedReviewBranches()) =>
    writer({
      batch: {
        branch: branches({ url: "u", branch: "main" }, shared),
        title: (clusters) => `Upgrade ${clusters} to v1.35.2`,
        foot: "Merging starts the rollout.",
      },
      upgradeId: `${name}-v1.35.2-11111111`,
      ...more,
    });
  const idOf = (name: string): string => `${name}-v1.35.2-11111111/cluster/${name}/v1.35.2`;
  const stepOf = (name: string): UpgradeStep => step("v1.35.2", name);
  const write = async (name: string, more: Partial<PullRequestWriterOptions> = {}) => (await writerOf(name, more)).write(stepOf(name));
  const look = async (name: string) => (await writerOf(name)).pullRequest(stepOf(name));
  const ahead = (): Promise<string> => remote.git("log", "--format=%s", "--reverse", `main..${shared}`);
  const title = (name: string): string => `Upgrade Cluster demo/${name} to Kubernetes v1.35.2`;
  const pull = (number: number) => fake.model.pulls[number - 1]!;
  beforeEach(async () => {
    await start();
    await remote.commit({ "c3.yaml": manifest("c3", "v1.34.2") });
  });

  it("carries each cluster's commit and words, and each finds itself in it", async () => {
    expect(await write("c1")).toMatchObject({ kind: "written", pullRequest: { number: 1 } });
    expect(pulls()).toEqual(["Upgrade 1 to v1.35.2: open"]);
    expect(await write("c2")).toMatchObject({ kind: "written", pullRequest: { number: 1 } });
    expect(pulls()).toEqual(["Upgrade 2 to v1.35.2: open"]);
    expect(await ahead()).toBe([title("c1"), title("c2")].join("\n"));
    expect(readMarker(pull(1).body).ids).toEqual([idOf("c1"), idOf("c2")]);
    expect([...readParts(pull(1).body)]).toEqual([
      [idOf("c1"), "c1.yaml:9: v1.34.2 → v1.35.2"],
      [idOf("c2"), "c2.yaml:9: v1.34.2 → v1.35.2"],
    ]);
    expect(pull(1).body).toContain("Merging starts the rollout.");
    const before = pull(1).body;
    expect(await write("c1")).toMatchObject({ kind: "already", pullRequest: { number: 1 } });
    expect(pull(1).body).toBe(before);
    expect(await look("c2")).toMatchObject({ review: { number: 1, state: "open", mergeable: "yes" } });
  });

  it("written by all at the same time, of one process, it is one", async () => {
    const branches = sharedReviewBranches();
    const writers = await Promise.all(["c1", "c2", "c3"].map(async (name) => ({ name, by: await writerOf(name, {}, branches) })));
    await Promise.all(writers.map(({ name, by }) => by.write(stepOf(name))));
    expect(pulls()).toEqual(["Upgrade 3 to v1.35.2: open"]);
    expect(readMarker(pull(1).body).ids).toEqual(["c1", "c2", "c3"].map(idOf));
    expect((await ahead()).split("\n").sort()).toEqual(["c1", "c2", "c3"].map(title));
  });

  it("merged, it is merged for each; the branch goes, and who comes later gets the next", async () => {
    await write("c1");
    await write("c2");
    await fake.model.merge(1);
    expect(await look("c1")).toMatchObject({ review: { number: 1, state: "merged" } });
    expect(await look("c2")).toMatchObject({ review: { number: 1, state: "merged" } });
    expect(await fake.model.tip(shared)).toBeUndefined();
    expect(await look("c3")).toEqual({ kind: "none" });
    expect(await write("c3")).toMatchObject({ kind: "written", pullRequest: { number: 2 } });
    expect(readMarker(pull(2).body).ids).toEqual([idOf("c3")]);
    expect(await ahead()).toBe(title("c3"));
  });

  it("what a squash merge left on the branch is not in the next one", async () => {
    await write("c1");
    await remote.commit({ "c1.yaml": manifest("c1", "v1.35.2") }, "Upgrade clusters (#1)");
    Object.assign(pull(1), { state: "merged", mergeCommit: await remote.tip() });
    expect(await write("c2")).toMatchObject({ kind: "written", pullRequest: { number: 2 } });
    expect(await ahead()).toBe(title("c2"));
  });

  it("closed, it is a no for each that was in it, and what was refused is not in the next one", async () => {
    await write("c1");
    await write("c2");
    fake.model.close(1, "ada");
    const refused = { kind: "refused", refusal: { reason: "PullRequestClosed" } };
    expect(await write("c2")).toMatchObject(refused);
    expect(await look("c1")).toMatchObject(refused);
    expect(await write("c3")).toMatchObject({ kind: "written", pullRequest: { number: 2 } });
    expect(await ahead()).toBe(title("c3"));
    expect(await write("c2")).toMatchObject(refused);
    expect(await write("c2", { again: true })).toMatchObject({ kind: "written", pullRequest: { number: 2 } });
    expect(readMarker(pull(2).body).ids).toEqual([idOf("c2"), idOf("c3")]);
    expect(await ahead()).toBe([title("c3"), title("c2")].join("\n"));
  });

  it("given up by one, it is closed, and the others ask for theirs in a new one", async () => {
    await write("c1");
    await write("c2");
    expect(await (await writerOf("c3")).withdraw("Cancelled.")).toBe(false);
    expect(pull(1).state).toBe("open");
    expect(await (await writerOf("c1")).withdraw("c1 was cancelled.")).toBe(true);
    expect(pull(1)).toMatchObject({
      state: "closed",
      comments: ["c1 was cancelled. The other changes of this pull request are asked for again in a new one."],
    });
    expect(await look("c2")).toEqual({ kind: "none" });
    expect(await write("c2")).toMatchObject({ kind: "written", pullRequest: { number: 2 } });
    expect(await ahead()).toBe(title("c2"));
    expect(readMarker(pull(2).body).ids).toEqual([idOf("c2")]);
  });

  it("given up, with a crash before the branch is deleted: its commit is not in the new one", async () => {
    await write("c1");
    await write("c2");
    fake.failNext({ status: 403, body: { message: "no" } }, ({ method }) => method === "DELETE");
    await expect((await writerOf("c1")).withdraw("c1 was cancelled.")).rejects.toMatchObject({ kind: "authorization" });
    expect(await ahead()).toBe([title("c1"), title("c2")].join("\n"));
    expect(await write("c2")).toMatchObject({ kind: "written", pullRequest: { number: 2 } });
    expect(await ahead()).toBe(title("c2"));
  });

  it("in conflict it is made anew with the change of whoever looks; the others find themselves missing, and add theirs", async () => {
    await write("c1");
    await write("c2");
    await remote.commit({ "c1.yaml": manifest("c1", "v1.34.2").replace("classRef: {name: quick}", "classRef: {name: other}") }, "Theirs");
    expect(await look("c1")).toMatchObject({ review: { number: 1, mergeable: "yes" } });
    expect(await ahead()).toBe(title("c1"));
    expect(readMarker(pull(1).body).ids).toEqual([idOf("c1")]);
    expect(pull(1).title).toBe("Upgrade 1 to v1.35.2");
    expect(await look("c2")).toEqual({ kind: "none" });
    expect(await write("c2")).toMatchObject({ kind: "written", pullRequest: { number: 1 } });
    expect(await ahead()).toBe([title("c1"), title("c2")].join("\n"));
    expect(readMarker(pull(1).body).ids).toEqual([idOf("c1"), idOf("c2")]);
  });

  it("in conflict and merged before the others have added theirs again: they get the next one, and nothing counts as taken back", async () => {
    await write("c1");
    await write("c2");
    await remote.commit({ "c1.yaml": manifest("c1", "v1.34.2").replace("classRef: {name: quick}", "classRef: {name: other}") }, "Theirs");
    await look("c1");
    await fake.model.merge(1);
    expect(await look("c2")).toEqual({ kind: "none" });
    expect(await write("c2")).toMatchObject({ kind: "written", pullRequest: { number: 2 } });
  });

  it("of which one contradicts its base branch, the others are asked for all the same", async () => {
    await write("c1");
    await write("c2");
    await remote.commit({ "c1.yaml": manifest("c1", "v1.35.0") }, "Another version");
    expect(await look("c1")).toMatchObject({ kind: "refused" });
    expect(await look("c2")).toEqual({ kind: "none" });
    expect(await write("c2")).toMatchObject({ kind: "written", pullRequest: { number: 1 } });
    expect(await look("c2")).toMatchObject({ review: { number: 1, mergeable: "yes" } });
    expect(await ahead()).toBe(title("c2"));
    expect(readMarker(pull(1).body).ids).toEqual([idOf("c2")]);
  });

  it("merged between the look and the push, the commit is in the next one", async () => {
    await write("c1");
    const branches = sharedReviewBranches();
    const two = await writerOf("c2", {}, branches);
    // The forge is asked for the pull requests of the branch, and then somebody merges.
    let looked = 0;
    const find = fake.model.find.bind(fake.model);
    fake.model.find = async (...args) => {
      const found = structuredClone(await find(...args));
      if ((looked += 1) === 1) await fake.model.merge(1);
      return found;
    };
    expect(await two.write(stepOf("c2"))).toMatchObject({ kind: "written", pullRequest: { number: 2 } });
    expect(readMarker(pull(1).body).ids).toEqual([idOf("c1")]);
    expect(readMarker(pull(2).body).ids).toEqual([idOf("c2")]);
  });

  it("auto-merge waits until the next look, so that the others have come", async () => {
    const branches = sharedReviewBranches();
    const one = await writerOf("c1", { autoMerge: "merge" }, branches);
    await one.write(stepOf("c1"));
    const two = await writerOf("c2", { autoMerge: "merge" }, branches);
    await two.write(stepOf("c2"));
    expect(pulls()).toEqual(["Upgrade 2 to v1.35.2: open"]);
    now += 300_000;
    await one.pullRequest(stepOf("c1"));
    expect(pulls()).toEqual(["Upgrade 2 to v1.35.2: merged"]);
  });
});

it("where the forge merges nothing by itself, it is merged at the first look that finds it ready", async () => {
  await start();
  Object.assign(fake.model.rules, { requiresChecks: true, allowsAutoMerge: false });
  await (await writer({ autoMerge: "merge" })).write(step());
  await (await writer({ autoMerge: "merge" })).pullRequest(step());
  expect(pulls()).toEqual(["Upgrade c1 to v1.35.2: open"]);
  await fake.model.report(await remote.tip(branch), { name: "test", state: "success" });
  await (await writer({ autoMerge: "merge" })).pullRequest(step());
  expect(pulls()).toEqual(["Upgrade c1 to v1.35.2: merged"]);
});
