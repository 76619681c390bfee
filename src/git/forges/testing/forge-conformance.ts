import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { httpClient } from "../../../http/http-client.ts";
import { localRemote, type LocalRemote } from "../../testing/local-remote.ts";
import { ForgeError } from "../forge-error.ts";
import type { Forge, ForgeKind, NewPullRequest, PullRequest } from "../forge.ts";
import { openForge } from "../open-forge.ts";
import { fakeForge, fakeRepositories, fakeToken, type FakeForge } from "./fake-forge.ts";

const body = "## Why\n\nBecause.\n";

/** What the writer of pull requests relies on, whatever the forge. */
export function describeForgeConformance(kind: ForgeKind): void {
  describe(kind, () => {
    conform(kind);
  });
}

function conform(kind: ForgeKind): void {
  let remote: LocalRemote;
  let fake: FakeForge;
  let forge: Forge;
  /** One repository for all tests, and branches for each: making repositories is what takes long. */
  let head = "";
  let base = "";
  let wanted: NewPullRequest;
  let commits: { readonly start: string; readonly upgrade: string; readonly more: string; readonly contradiction: string };
  let tests = 0;
  let slept = 0;
  beforeAll(async () => {
    remote = await localRemote();
    const start = await remote.tip();
    const contradiction = await remote.commit({ "clusters/demo.yaml": "version: v1.35.1\n" }, "Theirs");
    await remote.git("branch", "upgrade", start);
    const upgrade = await remote.commit({ "clusters/demo.yaml": "version: v1.35.2\n" }, "Upgrade", "upgrade");
    const more = await remote.commit({ "more.yaml": "a: 1\n" }, "More", "upgrade");
    commits = { start, upgrade, more, contradiction };
  });
  afterAll(() => remote.dispose());
  beforeEach(async () => {
    tests += 1;
    head = `capi-gitops/demo-${tests}`;
    base = `main-${tests}`;
    wanted = { title: "Upgrade demo", body, head, base };
    fake = await fakeForge(kind, remote);
    forge = await openFake(fake, fakeToken, () => void (slept += 1));
    slept = 0;
  });
  afterEach(() => fake.close());
  const point = (branch: string, commit: string): Promise<string> => remote.git("update-ref", `refs/heads/${branch}`, commit);

  describe("pull requests", () => {
    beforeEach(async () => {
      await point(base, commits.start);
      await point(head, commits.upgrade);
    });

    const opened = async (): Promise<PullRequest> => forge.open(wanted);
    const mergeable = async (number: number): Promise<unknown> => (await forge.look(number)).readiness?.mergeable;

    it("opens one, finds it by its branch, and tells what it is", async () => {
      expect(await forge.find(head, base)).toEqual([]);
      const made = await opened();
      expect(made).toMatchObject({ number: 1, title: "Upgrade demo", draft: false, base, state: { kind: "open" } });
      expect(made.head).toEqual({ branch: head, commit: commits.upgrade });
      expect(made.url).toMatch(/^https:\/\/.*\/1$/);
      expect(made.body.trim()).toBe(wanted.body.trim());
      expect(await forge.find(head, base)).toEqual([made]);
      expect(await forge.look(1)).toEqual({
        ...made,
        readiness: {
          mergeable: { kind: "yes" },
          checks: { state: "none", failing: [], pending: [] },
          autoMerge: kind === "gitea" ? undefined : false,
        },
      });
    });

    it("gives back the one that is open instead of opening another", async () => {
      const first = await opened();
      expect(await forge.open({ ...wanted, title: "Another title" })).toEqual(first);
      expect(fake.model.pulls).toHaveLength(1);
    });

    it("finds the one that was opened although the answer was lost", async () => {
      fake.failNext("lost", ({ method }) => method === "POST");
      expect(await failure(opened())).toMatchObject({ kind: "unreachable", transient: true });
      expect(await forge.find(head, base)).toHaveLength(1);
      expect((await opened()).number).toBe(1);
      expect(fake.model.pulls).toHaveLength(1);
    });

    it("finds those that are closed and merged too, newest first, also when the branch is gone", async () => {
      await opened();
      fake.model.close(1, "ada");
      await opened();
      await fake.model.merge(2);
      await fake.model.deleteBranch(head);
      expect((await forge.find(head, base)).map(({ number, state }) => [number, state.kind])).toEqual([
        [2, "merged"],
        [1, "closed"],
      ]);
    });

    it("does not take a fork's branch, another branch or another base for ours", async () => {
      await point(`${head}-2`, commits.upgrade);
      await fake.model.create({ ...wanted, fork: true });
      await fake.model.create({ ...wanted, head: `${head}-2` });
      expect(await forge.find(head, base)).toEqual([]);
      expect((await opened()).number).toBe(3);
      expect(await forge.find(head, "release")).toEqual([]);
    });

    it("sends a new text only when it differs", async () => {
      const made = await opened();
      expect(await forge.update(made, { title: wanted.title, body: wanted.body.replaceAll("\n", "\r\n") })).toBe(false);
      const before = fake.requests.length;
      expect(await forge.update(made, { title: wanted.title, body: `${wanted.body}\n\n` })).toBe(false);
      expect(fake.requests).toHaveLength(before);
      expect(await forge.update(made, { title: "New", body: "New body" })).toBe(true);
      expect(await forge.look(1)).toMatchObject({ title: "New", body: "New body" });
    });

    it("leaves a draft a draft", async () => {
      await opened();
      fake.model.pulls[0]!.draft = true;
      const draft = await forge.look(1);
      expect(draft).toMatchObject({ draft: true, title: "Upgrade demo", readiness: { mergeable: { kind: "blocked", why: ["draft"] } } });
      expect(await forge.update(draft, { ...wanted, title: "New" })).toBe(true);
      expect(await forge.look(1)).toMatchObject({ draft: true, title: "New" });
    });

    it("tells what stands against merging", async () => {
      const { head: tip } = await opened();
      Object.assign(fake.model.rules, { requiredApprovals: 1, requiresChecks: true });
      await fake.model.report(tip.commit, { name: "test", state: "pending" }, { name: "lint", state: "success" });
      expect(await mergeable(1)).toEqual({ kind: "blocked", why: kind === "gitlab" ? ["checks"] : ["checks", "reviews"] });
      expect((await forge.look(1)).readiness?.checks).toEqual({ state: "pending", failing: [], pending: ["test"] });
      await fake.model.report(tip.commit, { name: "test", state: "failure" });
      expect((await forge.look(1)).readiness?.checks).toEqual({ state: "failing", failing: ["test"], pending: [] });
      await fake.model.report(tip.commit, { name: "test", state: "success" });
      expect(await mergeable(1)).toEqual({ kind: "blocked", why: ["reviews"] });
      await fake.model.approve(1, "ada");
      expect(await mergeable(1)).toEqual({ kind: "yes" });
      await point(base, commits.contradiction);
      expect(await mergeable(1)).toEqual({ kind: "conflicting" });
    });

    it("knows all checks, however many there are", async () => {
      const { head: tip } = await opened();
      // Of GitHub's two kinds, 130 each: more than a page of any forge.
      const passing = Array.from({ length: 260 }, (_, at) => ({
        name: `${at % 2 === 0 ? "ci/" : ""}part-${at}`,
        state: "success" as const,
      }));
      const last = { name: "last", state: "pending" } as const;
      await fake.model.report(tip.commit, { name: "first", state: "failure" }, ...passing, { name: "ci/last", state: "failure" }, last);
      expect((await forge.look(1)).readiness?.checks).toEqual({ state: "failing", failing: ["ci/last", "first"], pending: ["last"] });
      await fake.model.report(tip.commit, { name: "first", state: "success" }, { name: "ci/last", state: "success" });
      expect((await forge.look(1)).readiness?.checks).toEqual({ state: "pending", failing: [], pending: ["last"] });
    });

    it("does not take what is not worked out yet for a conflict", async () => {
      await opened();
      fake.model.undecidedLooks = 1;
      // Gitea says the same for both, so it is asked again.
      expect(await mergeable(1)).toEqual(kind === "gitea" ? { kind: "yes" } : { kind: "unknown" });
      expect(slept).toBe(kind === "gitea" ? 1 : 0);
      expect(await mergeable(1)).toEqual({ kind: "yes" });
    });

    it("tells who closed it and when, and which commit merged it", async () => {
      await opened();
      fake.model.pulls[0]!.comments.push(...Array.from({ length: 60 }, () => "Long discussed."));
      fake.model.close(1, "ada");
      expect(await forge.look(1)).toMatchObject({
        state: { kind: "closed", by: "ada", at: Date.parse("2026-05-04T10:00:00Z") },
        readiness: undefined,
      });
      await opened();
      const commit = await fake.model.merge(2);
      expect(await forge.look(2)).toMatchObject({ state: { kind: "merged", commit }, readiness: undefined });
    });

    it("merges what may be merged", async () => {
      const { head: tip } = await opened();
      expect(await forge.autoMerge(1, { headCommit: tip.commit, method: "merge" })).toEqual({
        kind: "merged",
        commit: await remote.tip(base),
      });
      expect(await remote.show("clusters/demo.yaml", base)).toBe("version: v1.35.2");
      expect(await forge.autoMerge(1, { headCommit: tip.commit, method: "merge" })).toEqual({
        kind: "merged",
        commit: await remote.tip(base),
      });
    });

    it.runIf(kind === "gitea")("asks again while Gitea still looks for conflicts, but not for ever", async () => {
      const { head: tip } = await opened();
      const merge = (): Promise<unknown> => forge.autoMerge(1, { headCommit: tip.commit, method: "merge" });
      const checks = { status: 405, body: { message: "Please try again later" } };
      for (let times = 0; times < 4; times += 1) fake.failNext(checks, ({ path }) => path.at(-1) === "merge");
      expect(await merge()).toEqual({ kind: "waiting", message: "Please try again later" });
      expect(slept).toBe(3);
      fake.failNext(checks, ({ path }) => path.at(-1) === "merge");
      expect(await merge()).toEqual({ kind: "merged", commit: await remote.tip(base) });
    });

    it("has the forge merge it when checks and reviews allow", async () => {
      const { head: tip } = await opened();
      Object.assign(fake.model.rules, { requiredApprovals: 1, requiresChecks: true });
      await fake.model.report(tip.commit, { name: "test", state: "pending" });
      expect(await forge.autoMerge(1, { headCommit: tip.commit, method: "squash" })).toEqual({ kind: "armed" });
      expect(await forge.autoMerge(1, { headCommit: tip.commit, method: "squash" })).toEqual({ kind: "armed" });
      expect((await forge.look(1)).readiness?.autoMerge).toBe(kind === "gitea" ? undefined : true);
      await fake.model.report(tip.commit, { name: "test", state: "success" });
      expect(fake.model.pulls[0]!.state).toBe("open");
      await fake.model.approve(1, "ada");
      expect((await forge.look(1)).state).toEqual({ kind: "merged", commit: await remote.tip(base) });
    });

    it("merges nothing while checks run or fail, where the forge will not do so by itself", async () => {
      const { head: tip } = await opened();
      Object.assign(fake.model.rules, { requiresChecks: true, allowsAutoMerge: false });
      for (const state of ["pending", "failure"] as const) {
        await fake.model.report(tip.commit, { name: "test", state });
        expect(await forge.autoMerge(1, { headCommit: tip.commit, method: "merge" })).toEqual({
          kind: "waiting",
          message: expect.stringMatching(/\S/),
        });
      }
      expect(fake.model.pulls[0]!.state).toBe("open");
    });

    it("waits for checks that no rule of the forge requires", async () => {
      const { head: tip } = await opened();
      await fake.model.report(tip.commit, { name: "test", state: "pending" });
      const outcome = await forge.autoMerge(1, { headCommit: tip.commit, method: "merge" });
      // GitLab waits for its pipeline by itself; the others would merge at once.
      expect(outcome.kind).toBe(kind === "gitlab" ? "armed" : "waiting");
      expect(fake.model.pulls[0]!.state).toBe("open");
      await fake.model.report(tip.commit, { name: "test", state: "failure" });
      if (kind !== "gitlab")
        expect(await forge.autoMerge(1, { headCommit: tip.commit, method: "merge" })).toMatchObject({ kind: "waiting" });
      await fake.model.report(tip.commit, { name: "test", state: "success" });
      expect(await forge.autoMerge(1, { headCommit: tip.commit, method: "merge" })).toEqual({
        kind: "merged",
        commit: await remote.tip(base),
      });
    });

    it("merges no commit that it was not told to merge", async () => {
      const { head: tip } = await opened();
      await point(head, commits.more);
      expect(await failure(forge.autoMerge(1, { headCommit: tip.commit, method: "merge" }))).toMatchObject({ kind: "conflict" });
      expect(fake.model.pulls[0]!.state).toBe("open");
    });

    it("says why it closes, once", async () => {
      await opened();
      await forge.close(1, "Superseded.");
      await forge.close(1, "Superseded.");
      expect(fake.model.pulls[0]).toMatchObject({ state: "closed", comments: ["Superseded."] });
    });

    it("deletes a branch, and takes one that is gone for deleted", async () => {
      expect(await forge.deleteBranch(head)).toBe(true);
      expect(await fake.model.tip(head)).toBeUndefined();
      expect(await forge.deleteBranch(head)).toBe(false);
    });
  });

  describe("what goes wrong", () => {
    const page = { "content-type": "text/html" };
    it.each([
      ["401", { status: 401, body: { message: "Bad credentials" } }, { kind: "authentication", transient: false }],
      ["403", { status: 403, body: { message: "Resource not accessible" } }, { kind: "authorization", transient: false }],
      ["404", { status: 404, body: { message: "404 Project Not Found" } }, { kind: "not-found", transient: false }],
      [
        "429 with seconds",
        { status: 429, headers: { "retry-after": "37" } },
        { kind: "rate-limited", retryAfterSeconds: 37, transient: true },
      ],
      [
        "429 with a date",
        { status: 429, headers: { "retry-after": "Mon, 04 May 2026 10:01:00 GMT" } },
        { kind: "rate-limited", retryAfterSeconds: 60 },
      ],
      [
        "403 of a limit",
        { status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Date.parse("2026-05-04T10:10:00Z") / 1000) } },
        { kind: "rate-limited", retryAfterSeconds: 600 },
      ],
      ["500", { status: 500, body: { message: "oops" } }, { kind: "unreachable", transient: true }],
      [
        "502 of a proxy",
        { status: 502, body: "<html>bad gateway</html>", headers: page },
        { kind: "unreachable", said: "a page, not an answer of an API" },
      ],
      ["a login page", { status: 200, body: "<html>sign in</html>", headers: page }, { kind: "unknown" }],
      ["a redirect", { status: 302, headers: { location: "https://thief.example/" } }, { kind: "moved", transient: false }],
      ["a lost connection", "lost", { kind: "unreachable", transient: true }],
    ] as const)("tells %s as what it is, without the token, and asks once", async (_, fault, told) => {
      fake.failNext(fault);
      const error = await failure(forge.find(head, base));
      expect(error).toMatchObject(told);
      expect(fake.requests).toHaveLength(1);
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(fakeToken);
    });

    it("shows no token that the forge repeats", async () => {
      fake.failNext({ status: 403, body: { message: `not with ${fakeToken}` } });
      expect((await failure(forge.find(head, base))).message).toContain("not with ***");
    });

    it("tells a wrong token, none, and a host that is not there", async () => {
      for (const token of ["another", undefined])
        expect(await failure((await openFake(fake, token)).look(1))).toMatchObject({ kind: "authentication" });
      await fake.close();
      expect(await failure(forge.look(1))).toMatchObject({ kind: "unreachable" });
    });
  });
}

async function openFake({ kind, apiUrl }: FakeForge, token: string | undefined, onSleep: () => void = () => undefined): Promise<Forge> {
  const send = httpClient({ environment: {}, userAgent: "test" });
  const clock = { now: () => Date.parse("2026-05-04T10:00:00Z"), sleep: async () => onSleep() };
  return openForge({ kind, apiUrl, repository: fakeRepositories[kind] }, { clock, send, token, timeoutSeconds: 20 });
}

async function failure(attempt: Promise<unknown>): Promise<ForgeError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ForgeError);
  return error as ForgeError;
}
