import { afterAll, beforeAll, describe, inject, it } from "vitest";
import { base64, startGitea, type RunningGitea } from "../stack/gitea.ts";
import { branch, forgeOf, manifest, reviewScene, step, until, untilMergeable, type ReviewScene } from "./support/review-scene.ts";

const missing = inject("giteaMissing");
if (missing !== "") console.log(`SKIPPED: pull requests on a real forge. ${missing}`);

let gitea: RunningGitea;

/** A repository of its own for each. */
async function scene(name: string, act: (scene: ReviewScene) => Promise<void>): Promise<void> {
  const made = await reviewScene(gitea, name);
  try {
    await act(made);
  } finally {
    await made.end();
  }
}

const failure = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => "it succeeded",
    (error: unknown) => error,
  );

describe.skipIf(missing !== "")(
  "pull requests on a real Gitea, with the rights that docs/pull-requests.md names",
  { concurrent: true },
  () => {
    beforeAll(async () => {
      gitea = await startGitea((line) => console.log(`[gitea] ${line}`));
    });
    afterAll(() => gitea.stop());

    it("one is opened, found again, kept up to date, merged, and its branch cleared away", ({ expect }) =>
      scene("merged", async ({ writer, forge, commit, content, path }) => {
        const url = `${gitea.url}/${path.replace("/repos/", "")}/pulls/1`;
        expect(await (await writer()).write(step)).toMatchObject({ kind: "written", branch, pullRequest: { number: 1, url } });
        expect(await (await writer()).write(step)).toMatchObject({ kind: "already", branch, pullRequest: { number: 1, url } });
        const [found, ...others] = await forge.find(branch, "main");
        expect(others).toEqual([]);
        expect(found).toMatchObject({ number: 1, title: "Upgrade c1", state: { kind: "open" }, draft: false, base: "main" });
        expect(found?.body).toContain("c1.yaml:9: v1.35.2");
        await commit(manifest("v1.34.2", "# one\n"));
        await (await writer()).write(step);
        expect((await forge.look(1)).body).toContain("c1.yaml:10: v1.35.2");
        const { head } = await untilMergeable(forge, "yes");
        // Asked for again under the same branch it is the same.
        expect((await forge.open({ title: "t", body: "b", head: branch, base: "main" })).number).toBe(1);
        expect(await failure(forge.autoMerge(1, { headCommit: "0".repeat(40), method: "merge" }))).toMatchObject({ kind: "conflict" });
        const merged = await forge.autoMerge(1, { headCommit: head.commit, method: "squash" });
        expect(merged).toEqual({ kind: "merged", commit: expect.stringMatching(/^[0-9a-f]{40}$/) });
        expect(await content()).toBe(manifest("v1.35.2", "# one\n"));
        expect(await (await writer()).pullRequest(step)).toMatchObject({ kind: "review", review: { state: "merged" } });
        // The writer has cleared it away.
        expect(await forge.deleteBranch(branch)).toBe(false);
        expect(await forge.find(branch, "main")).toMatchObject([{ number: 1, head: { branch }, state: { kind: "merged" } }]);
        expect(await (await writer()).write(step)).toMatchObject({ kind: "already", branch: "main" });
      }));

    it("merged by a person and taken back later: it is not asked for again", ({ expect }) =>
      scene("undone", async ({ writer, forge, commit, path }) => {
        await (await writer()).write(step);
        await untilMergeable(forge, "yes");
        await gitea.api("POST", `${path}/pulls/1/merge`, { Do: "rebase", delete_branch_after_merge: true });
        expect(await (await writer()).pullRequest(step)).toMatchObject({ kind: "review", review: { state: "merged" } });
        await commit(manifest("v1.34.2"));
        expect(await (await writer()).write(step)).toMatchObject({ kind: "refused", refusal: { reason: "ChangeWasReverted" } });
        expect(await forge.find(branch, "main")).toHaveLength(1);
      }));

    it("closed by somebody is a no that names them, however much was said before", ({ expect }) =>
      scene("closed", async ({ writer, forge, path }) => {
        await (await writer()).write(step);
        for (let said = 0; said < 55; said += 1) await gitea.api("POST", `${path}/issues/1/comments`, { body: "Hm." });
        await gitea.api("PATCH", `${path}/pulls/1`, { state: "closed" });
        expect(await forge.look(1)).toMatchObject({ state: { kind: "closed", by: "ada" } });
        const refused = await (await writer()).write(step);
        expect(refused).toMatchObject({
          kind: "refused",
          refusal: { reason: "PullRequestClosed", message: expect.stringContaining("ada") },
        });
        expect(await (await writer({ again: true })).write(step)).toMatchObject({ pullRequest: { number: 2 } });
      }));

    it("reopened, it is what it was", ({ expect }) =>
      scene("reopened", async ({ writer, forge, path }) => {
        await (await writer()).write(step);
        for (const state of ["closed", "open"]) await gitea.api("PATCH", `${path}/pulls/1`, { state });
        expect(await (await writer()).write(step)).toMatchObject({ kind: "already", pullRequest: { number: 1 } });
        await untilMergeable(forge, "yes");
      }));

    it("withdrawn is nobody's no, and says why", ({ expect }) =>
      scene("withdrawn", async ({ writer, forge, path }) => {
        await (await writer()).write(step);
        expect(await (await writer()).withdraw("Cancelled.")).toBe(true);
        expect(await gitea.api("GET", `${path}/issues/1/comments`)).toMatchObject([{ body: "Cancelled.", user: { login: "bot" } }]);
        expect(await forge.deleteBranch(branch)).toBe(false);
        expect(await (await writer()).withdraw("Cancelled.")).toBe(false);
        expect(await (await writer()).write(step)).toMatchObject({ kind: "written", pullRequest: { number: 2 } });
      }));

    it("a conflict is solved on the newest base branch", ({ expect }) =>
      scene("conflict", async ({ writer, forge, commit, content }) => {
        await (await writer()).write(step);
        await commit(manifest("v1.34.2").replace("{name: quick}", "{name: other}"));
        await untilMergeable(forge, "conflicting");
        await (await writer()).write(step);
        await untilMergeable(forge, "yes");
        expect(await content(branch)).toBe(manifest("v1.35.2").replace("{name: quick}", "{name: other}"));
        expect(await forge.find(branch, "main")).toHaveLength(1);
      }));

    it("what somebody added to the branch is kept, and never made anew over", ({ expect }) =>
      scene("added", async ({ writer, forge, commit, content }) => {
        await (await writer()).write(step);
        await commit(manifest("v1.35.2", "# by Ada\n"), branch);
        expect(await (await writer()).write(step)).toMatchObject({ kind: "already", pullRequest: { number: 1 } });
        await commit(manifest("v1.34.2").replace("{name: quick}", "{name: other}"));
        await untilMergeable(forge, "conflicting");
        expect(await (await writer()).write(step)).toMatchObject({ kind: "refused", refusal: { reason: "ReviewBranchTaken" } });
        expect(await content(branch)).toBe(manifest("v1.35.2", "# by Ada\n"));
      }));

    it("what the base branch's rules ask for is told, and auto-merge waits for it", ({ expect }) =>
      scene("rules", async ({ writer, forge, report, content, path }) => {
        const rules = { rule_name: "main", enable_status_check: true, status_check_contexts: ["test"], required_approvals: 1 };
        await gitea.api("POST", `${path}/branch_protections`, rules);
        await (await writer({ autoMerge: "merge" })).write(step);
        const { head } = await untilMergeable(forge, "blocked");
        const readiness = async (): Promise<unknown> => (await forge.look(1)).readiness;
        expect(await readiness()).toMatchObject({ mergeable: { kind: "blocked", why: ["checks", "reviews"] } });
        await report(head.commit, "pending", "test");
        expect(await readiness()).toMatchObject({ checks: { state: "pending", failing: [], pending: ["test"] } });
        // Asked for again it stays so.
        expect(await forge.autoMerge(1, { headCommit: head.commit, method: "merge" })).toEqual({ kind: "armed" });
        await report(head.commit, "success", "test");
        expect(await readiness()).toMatchObject({ mergeable: { kind: "blocked", why: ["reviews"] } });
        await gitea.api("POST", `${path}/pulls/1/reviews`, { event: "APPROVED", body: "ok" });
        await until(forge, 1, ({ state }) => state.kind === "merged");
        expect(await content()).toBe(manifest("v1.35.2"));
      }));

    it("without rules auto-merge merges, but not before all checks pass, however many there are", ({ expect }) =>
      scene("checks", async ({ writer, forge, report }) => {
        await (await writer()).write(step);
        const { head } = await untilMergeable(forge, "yes");
        const names = Array.from({ length: 55 }, (_, at) => `part-${at}`);
        await report(head.commit, "failure", "first");
        await report(head.commit, "success", ...names);
        await (await writer({ autoMerge: "merge" })).write(step);
        expect((await forge.look(1)).readiness).toMatchObject({
          mergeable: { kind: "yes" },
          checks: { state: "failing", failing: ["first"] },
        });
        await report(head.commit, "pending", "first");
        const waiting = await forge.autoMerge(1, { headCommit: head.commit, method: "merge" });
        expect(waiting).toEqual({ kind: "waiting", message: expect.stringContaining("first") });
        await report(head.commit, "success", "first");
        await (await writer({ autoMerge: "merge" })).write(step);
        await until(forge, 1, ({ state }) => state.kind === "merged");
      }));

    it("what Gitea does not allow is waited for, with its words", ({ expect }) =>
      scene("forbidden", async ({ writer, forge, commit, path }) => {
        await gitea.api("PATCH", path, { allow_squash_merge: false });
        await (await writer()).write(step);
        const { head } = await untilMergeable(forge, "yes");
        const squashed = await forge.autoMerge(1, { headCommit: head.commit, method: "squash" });
        expect(squashed).toEqual({ kind: "waiting", message: expect.stringContaining("squash") });
        await gitea.api("PATCH", `${path}/pulls/1`, { title: "WIP: Upgrade c1" });
        expect(await forge.look(1)).toMatchObject({ draft: true, title: "Upgrade c1", readiness: { mergeable: { why: ["draft"] } } });
        expect(await forge.autoMerge(1, { headCommit: head.commit, method: "merge" })).toMatchObject({ kind: "waiting" });
        // A branch that is behind: who may not administer the repository is not told that a rule forbids it, before it is to be merged.
        await gitea.api("POST", `${path}/contents/b.yaml`, { content: base64("b: 1\n"), message: "b", branch: "main", new_branch: "b" });
        await commit(manifest("v1.34.2", "# one\n"));
        await gitea.api("POST", `${path}/branch_protections`, { rule_name: "main", block_on_outdated_branch: true });
        const behind = await forge.open({ title: "b", body: "", head: "b", base: "main" });
        await untilMergeable(forge, "yes", behind.number);
        const merged = await forge.autoMerge(behind.number, { headCommit: behind.head.commit, method: "merge" });
        expect(merged).toEqual({ kind: "waiting", message: expect.stringContaining("behind") });
      }));

    it("errors are told as what they are", ({ expect }) =>
      scene("errors", async ({ writer, path }) => {
        await (await writer()).write(step);
        const url = (name: string): string => `${gitea.url}/ada/${name}.git`;
        const look = async (token: string | undefined, name = "errors"): Promise<unknown> =>
          failure((await forgeOf(url(name), token)).look(1));
        const { token } = gitea.bot;
        expect(await look("0".repeat(40))).toMatchObject({ kind: "authentication" });
        expect(await look(token, "nowhere")).toMatchObject({ kind: "not-found" });
        const reader = await forgeOf(url("errors"), await gitea.botToken("read:repository,read:issue"));
        expect(await failure(reader.close(1, "No."))).toMatchObject({
          kind: "authorization",
          said: expect.stringContaining("write:issue"),
        });
        await gitea.api("PATCH", path, { private: true });
        expect(await look(undefined)).toMatchObject({ kind: "not-found" });
        await gitea.api("PATCH", path, { name: "renamed" });
        expect(await look(token)).toMatchObject({ kind: "moved" });
        expect(await look(token, "renamed")).toBe("it succeeded");
      }));
  },
);
