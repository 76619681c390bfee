import { matching, text, type FakeAnswer, type FakeRequest } from "./fake-request.ts";
import type { ForgeModel, ModelPull } from "./forge-model.ts";

/**
 * Shapes and statuses: docs.gitea.com/api (the OpenAPI document that gitea-js 1.23 is generated from); what it leaves open — `mergeable` while
 * checking, `label` and `ref` of a branch that is gone, 201 for a scheduled merge — from Gitea's routers/api/v1/repo/pull.go, services/convert/pull.go.
 * Pages of statuses, reviews and timeline, and what counts them, as Gitea 1.26.0 was seen to give them (test/e2e/forges.e2e.test.ts).
 */
export async function answerAsGitea(model: ForgeModel, request: FakeRequest): Promise<FakeAnswer> {
  const { query, body } = request;
  if (request.path.slice(0, 3).join("/") !== "repos/acme/fleet") return missing;

  if (matching(request, "GET repos * * pulls")) {
    const newest = model.pulls.filter(({ state }) => query.get("state") === "all" || state === "open").toReversed();
    const found = await Promise.all(pageOf(request, newest).map(({ number }) => model.read(number)));
    return { status: 200, body: await Promise.all(found.map((pull) => whole(model, pull!))) };
  }
  if (matching(request, "POST repos * * pulls")) {
    const wanted = { title: text(body["title"]), body: text(body["body"]), head: text(body["head"]), base: text(body["base"]) };
    const made = await model.create(wanted);
    if (made === "exists")
      return {
        status: 409,
        body: {
          message: `pull request already exists for these targets [id: 5, issue_id: 5, head_repo_id: 7, base_repo_id: 7, head_branch: ${wanted.head}, base_branch: ${wanted.base}]`,
          url: "https://gitea.example/api/swagger",
        },
      };
    return made === "no-commits" ? missing : { status: 201, body: await whole(model, made) };
  }
  const [, , number] = matching(request, `${request.method} repos * * pulls #`) ?? [];
  if (number !== undefined) {
    const pull = await model.read(Number(number));
    if (pull === undefined) return missing;
    if (request.method === "PATCH") {
      if (typeof body["title"] === "string") {
        pull.title = body["title"].replace(/^WIP: /, "");
        pull.draft = body["title"].startsWith("WIP: ");
      }
      if (typeof body["body"] === "string") pull.body = body["body"];
      if (body["state"] === "closed") model.close(pull.number, "capi-bot");
    }
    return { status: request.method === "PATCH" ? 201 : 200, body: await whole(model, pull) };
  }
  const [, , merged] = matching(request, "POST repos * * pulls # merge") ?? [];
  if (merged !== undefined) {
    const pull = (await model.read(Number(merged)))!;
    if (!["merge", "squash", "rebase"].includes(text(body["Do"]))) return { status: 422, body: { message: "[Do]: In" } };
    if (pull.draft) return { status: 405, body: { message: "Work in progress PRs cannot be merged" } };
    const blockers = await model.blockers(pull);
    if (blockers.includes("conflict")) return { status: 405, body: { message: "Please try again later" } };
    // Always a schedule, also when nothing is in the way, and not for one head commit: then it is merged in a moment.
    if (body["merge_when_checks_succeed"] === true) {
      if (pull.armed)
        return { status: 409, body: { message: "pull request is already scheduled to auto merge when checks succeed [pull_id: 101]" } };
      if (!model.rules.allowsAutoMerge) return { status: 405, body: { message: "User not allowed to merge PR" } };
      pull.armed = true;
      if (blockers.length === 0) await model.merge(pull.number);
      return { status: 201 };
    }
    if (blockers.length > 0) return { status: 405, body: { message: "Does not have enough approvals" } };
    if (body["head_commit_id"] !== pull.headCommit) return { status: 409, body: { message: "head out of date" } };
    await model.merge(pull.number);
    return { status: 200 };
  }
  const [, , reviewed] = matching(request, "GET repos * * pulls # reviews") ?? [];
  if (reviewed !== undefined) {
    const pull = (await model.read(Number(reviewed)))!;
    const reviews = pull.approvals.map((login) => ({ user: { login }, state: "APPROVED", official: true, stale: false, dismissed: false }));
    return { status: 200, headers: totalCount(reviews), body: pageOf(request, reviews) };
  }
  const [, , commented] = matching(request, "POST repos * * issues # comments") ?? [];
  if (commented !== undefined) {
    (await model.read(Number(commented)))?.comments.push(text(body["body"]));
    return { status: 201, body: { id: 1, body: body["body"] } };
  }
  const [, , timeline] = matching(request, "GET repos * * issues # timeline") ?? [];
  if (timeline !== undefined) {
    const pull = (await model.read(Number(timeline)))!;
    const comments = ["Hm.", ...pull.comments].map(() => ({
      type: "comment",
      user: { login: "somebody" },
      updated_at: "2026-05-04T09:00:00Z",
    }));
    const closed = pull.closedBy === undefined ? [] : [{ type: "close", user: { login: pull.closedBy }, updated_at: pull.closedAt ?? "" }];
    const since = Date.parse(query.get("since") ?? "1970-01-01T00:00:00Z");
    const entries = pageOf(
      request,
      [...comments, ...closed].filter(({ updated_at }) => Date.parse(updated_at) >= since),
    );
    return { status: 200, headers: totalCount(entries), body: entries };
  }
  const [, , branch] = matching(request, `${request.method} repos * * branches **`) ?? [];
  if (branch !== undefined && request.method === "DELETE") return (await model.deleteBranch(branch)) ? { status: 204 } : missing;
  if (branch !== undefined) {
    const { requiredApprovals, requiresChecks } = model.rules;
    return {
      status: 200,
      body: {
        name: branch,
        protected: requiresChecks || requiredApprovals > 0,
        required_approvals: requiredApprovals,
        enable_status_check: requiresChecks,
        status_check_contexts: [],
        user_can_push: true,
        user_can_merge: true,
      },
    };
  }
  const [, , commit] = matching(request, "GET repos * * commits * status") ?? [];
  if (commit !== undefined) {
    const statuses = model.checks(commit).map(({ name, state }) => ({ context: name, status: state }));
    const page = pageOf(request, statuses);
    const body = { state: page[0]?.status ?? "", sha: commit, total_count: page.length, statuses: page };
    return { status: 200, headers: totalCount(statuses), body };
  }
  return missing;
}

function pageOf<T>({ query }: FakeRequest, all: readonly T[]): readonly T[] {
  const [page, limit] = [Number(query.get("page") ?? 1), Math.min(50, Number(query.get("limit") ?? 30))];
  return all.slice((page - 1) * limit, page * limit);
}

function totalCount(items: readonly unknown[]): Readonly<Record<string, string>> {
  return { "x-total-count": String(items.length) };
}

const missing: FakeAnswer = {
  status: 404,
  body: { message: "The target couldn't be found.", url: "https://gitea.example/api/swagger", errors: null },
};

async function whole(model: ForgeModel, pull: ModelPull): Promise<Readonly<Record<string, unknown>>> {
  const blockers = pull.state === "open" ? await model.blockers(pull) : [];
  const there = pull.fork || (await model.tip(pull.head)) !== undefined;
  const undecided = pull.state === "open" && model.undecided();
  return {
    id: 100 + pull.number,
    number: pull.number,
    html_url: `https://gitea.example/acme/fleet/pulls/${pull.number}`,
    title: pull.draft ? `WIP: ${pull.title}` : pull.title,
    body: pull.body,
    state: pull.state === "open" ? "open" : "closed",
    draft: pull.draft,
    mergeable: !undecided && !blockers.includes("conflict") && !pull.draft,
    merged: pull.state === "merged",
    merged_at: pull.state === "merged" ? pull.closedAt : null,
    merge_commit_sha: pull.mergeCommit ?? null,
    closed_at: pull.closedAt ?? null,
    head: { label: pull.head, ref: there ? pull.head : `refs/pull/${pull.number}/head`, sha: pull.headCommit, repo_id: pull.fork ? 8 : 7 },
    base: { label: pull.base, ref: pull.base, sha: "1".repeat(40), repo_id: 7 },
  };
}
