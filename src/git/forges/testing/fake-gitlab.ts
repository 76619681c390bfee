import { matching, text, type FakeAnswer, type FakeRequest } from "./fake-request.ts";
import type { ForgeModel, ModelPull } from "./forge-model.ts";

/** Shapes and statuses: docs.gitlab.com/api/merge_requests (also «Merge status»), …/api/notes, …/api/branches, …/api/commits. */
export async function answerAsGitLab(model: ForgeModel, request: FakeRequest): Promise<FakeAnswer> {
  const { query, body } = request;
  if (request.path[0] !== "projects" || request.path[1] !== "acme/platform/fleet")
    return { status: 404, body: { message: "404 Project Not Found" } };

  if (matching(request, "GET projects * merge_requests")) {
    if (query.get("state") !== "all") return { status: 400, body: { error: "state does not have a valid value" } };
    const found = await model.find(query.get("source_branch") ?? "", query.get("target_branch") ?? "");
    return { status: 200, body: found.map((pull) => simple(pull)) };
  }
  if (matching(request, "POST projects * merge_requests")) {
    const wanted = {
      title: text(body["title"]),
      body: text(body["description"]),
      head: text(body["source_branch"]),
      base: text(body["target_branch"]),
    };
    const made = await model.create(wanted);
    if (made === "exists") {
      const there = model.pulls.find((one) => one.state === "open" && one.head === wanted.head && !one.fork);
      return { status: 409, body: { message: [`Another open merge request already exists for this source branch: !${there?.number}`] } };
    }
    // GitLab makes one without commits too; our writer never asks for it.
    return made === "no-commits"
      ? { status: 400, body: { message: { source_branch: ["does not exist"] } } }
      : { status: 201, body: await whole(model, made) };
  }
  const [, iid] = matching(request, `${request.method} projects * merge_requests #`) ?? [];
  if (iid !== undefined) {
    const pull = await model.read(Number(iid));
    if (pull === undefined) return { status: 404, body: { message: "404 Not found" } };
    if (request.method === "PUT") {
      if (typeof body["title"] === "string") {
        pull.title = body["title"].replace(/^Draft: /, "");
        pull.draft = body["title"].startsWith("Draft: ");
      }
      if (typeof body["description"] === "string") pull.body = body["description"];
      if (body["state_event"] === "close") model.close(pull.number, "capi-bot");
    }
    return { status: 200, body: await whole(model, pull) };
  }
  const [, merged] = matching(request, "PUT projects * merge_requests # merge") ?? [];
  if (merged !== undefined) {
    const pull = (await model.read(Number(merged)))!;
    if (body["sha"] !== pull.headCommit)
      return { status: 409, body: { message: "SHA does not match HEAD of source branch: " + pull.headCommit } };
    const blockers = await model.blockers(pull);
    const running = model.checks(pull.headCommit).some(({ state }) => state === "pending");
    const later = body["auto_merge"] === true || body["merge_when_pipeline_succeeds"] === true;
    if (blockers.includes("conflict")) return { status: 422, body: { message: "Branch cannot be merged" } };
    if (later && (running || blockers.length > 0) && model.rules.allowsAutoMerge) pull.armed = true;
    else if (blockers.length > 0) return { status: 405, body: { message: "405 Method Not Allowed" } };
    else await model.merge(pull.number);
    return { status: 200, body: await whole(model, pull) };
  }
  const [, noted] = matching(request, "POST projects * merge_requests # notes") ?? [];
  if (noted !== undefined) {
    (await model.read(Number(noted)))?.comments.push(text(body["body"]));
    return { status: 201, body: { id: 1, body: body["body"] } };
  }
  const [, branch] = matching(request, "DELETE projects * repository branches *") ?? [];
  if (branch !== undefined)
    return (await model.deleteBranch(branch)) ? { status: 204 } : { status: 404, body: { message: "404 Branch Not Found" } };
  const [, commit] = matching(request, "GET projects * repository commits * statuses") ?? [];
  if (commit !== undefined) {
    const statuses = { success: "success", failure: "failed", pending: "running" } as const;
    const found = model
      .checks(commit)
      .map(({ name, state }) => ({ id: 1, sha: commit, name, status: statuses[state], allow_failure: false }));
    // docs.gitlab.com/api/rest/#pagination: 20 on a page, at most 100; `x-next-page` is empty on the last one.
    const [page, size] = [Number(request.query.get("page") ?? 1), Math.min(100, Number(request.query.get("per_page") ?? 20))];
    const headers = { "x-next-page": page * size < found.length ? String(page + 1) : "" };
    return { status: 200, headers, body: found.slice((page - 1) * size, page * size) };
  }
  return { status: 404, body: { error: "404 Not Found" } };
}

function simple(pull: ModelPull): Readonly<Record<string, unknown>> {
  return {
    id: 1000 + pull.number,
    iid: pull.number,
    web_url: `https://gitlab.example/acme/platform/fleet/-/merge_requests/${pull.number}`,
    title: pull.draft ? `Draft: ${pull.title}` : pull.title,
    description: pull.body === "" ? null : pull.body,
    state: pull.state === "open" ? "opened" : pull.state,
    draft: pull.draft,
    work_in_progress: pull.draft,
    source_branch: pull.head,
    target_branch: pull.base,
    source_project_id: pull.fork ? 8 : 7,
    target_project_id: 7,
    sha: pull.headCommit,
    merge_commit_sha: pull.mergeCommit ?? null,
    squash_commit_sha: null,
    closed_by: pull.closedBy === undefined ? null : { id: 1, username: pull.closedBy },
    closed_at: pull.state === "closed" ? pull.closedAt : null,
    merge_when_pipeline_succeeds: pull.armed,
  };
}

async function whole(model: ForgeModel, pull: ModelPull): Promise<Readonly<Record<string, unknown>>> {
  const status = (plain: string, detailed: string): Readonly<Record<string, unknown>> => ({
    ...simple(pull),
    merge_status: plain,
    detailed_merge_status: detailed,
    has_conflicts: detailed === "conflict",
    head_pipeline: null,
  });
  if (pull.state !== "open") return status("can_be_merged", "not_open");
  if (model.undecided()) return status("checking", "checking");
  const blockers = await model.blockers(pull);
  if (blockers.includes("conflict")) return status("cannot_be_merged", "conflict");
  if (blockers.includes("draft")) return status("can_be_merged", "draft_status");
  const pending = model.checks(pull.headCommit).some(({ state }) => state === "pending");
  if (blockers.includes("checks")) return status("can_be_merged", pending ? "ci_still_running" : "ci_must_pass");
  return status("can_be_merged", blockers.includes("reviews") ? "not_approved" : "mergeable");
}
