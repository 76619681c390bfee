import { matching, text, type FakeAnswer, type FakeRequest } from "./fake-request.ts";
import type { ForgeModel, ModelPull } from "./forge-model.ts";

/**
 * Shapes and statuses: docs.github.com/en/rest/pulls/pulls, …/issues/comments, …/git/refs, …/commits/statuses, …/checks/runs,
 * docs.github.com/en/graphql/reference/mutations#enablepullrequestautomerge. Error texts as GitHub's public issues quote them.
 */
export async function answerAsGitHub(model: ForgeModel, request: FakeRequest): Promise<FakeAnswer> {
  const { query, body } = request;
  if (matching(request, "POST graphql")) return graphql(model, text(body["query"]), body["variables"] as Readonly<Record<string, unknown>>);
  if (request.path.slice(0, 3).join("/") !== "repos/acme/fleet") return missing;

  if (matching(request, "GET repos * * pulls")) {
    const [owner, head = ""] = (query.get("head") ?? "").split(":");
    if (owner !== "acme" || query.get("state") !== "all" || query.get("direction") !== "desc")
      return { status: 422, body: { message: "Validation Failed" } };
    const found = await model.find(head, query.get("base") ?? "");
    return { status: 200, body: found.map((pull) => simple(pull)) };
  }
  if (matching(request, "POST repos * * pulls")) {
    const wanted = { title: text(body["title"]), body: text(body["body"]), head: text(body["head"]), base: text(body["base"]) };
    const made = await model.create(wanted);
    if (made === "exists")
      return invalid([{ resource: "PullRequest", code: "custom", message: `A pull request already exists for acme:${wanted.head}.` }]);
    if (made === "no-commits")
      return invalid([{ resource: "PullRequest", code: "custom", message: `No commits between ${wanted.base} and ${wanted.head}` }]);
    return { status: 201, body: await whole(model, made) };
  }
  const [, , number] =
    matching(request, `${request.method} repos * * pulls #`) ?? matching(request, `${request.method} repos * * issues #`) ?? [];
  if (number !== undefined) {
    const pull = await model.read(Number(number));
    if (pull === undefined) return missing;
    if (request.path[3] === "issues")
      return { status: 200, body: { ...simple(pull), closed_by: pull.closedBy === undefined ? null : { login: pull.closedBy } } };
    if (request.method === "PATCH") {
      if (typeof body["title"] === "string") pull.title = body["title"];
      if (typeof body["body"] === "string") pull.body = body["body"];
      if (body["state"] === "closed") model.close(pull.number, "capi-bot");
    }
    return { status: 200, body: await whole(model, pull) };
  }
  const [, , merged] = matching(request, "PUT repos * * pulls # merge") ?? [];
  if (merged !== undefined) {
    const pull = (await model.read(Number(merged)))!;
    if (body["sha"] !== pull.headCommit)
      return { status: 409, body: { message: "Head branch was modified. Review and try the merge again." } };
    if ((await model.blockers(pull)).length > 0) return { status: 405, body: { message: "Pull Request is not mergeable" } };
    return { status: 200, body: { sha: await model.merge(pull.number), merged: true, message: "Pull Request successfully merged" } };
  }
  const [, , commented] = matching(request, "POST repos * * issues # comments") ?? [];
  if (commented !== undefined) {
    (await model.read(Number(commented)))?.comments.push(text(body["body"]));
    return { status: 201, body: { id: 1, body: body["body"] } };
  }
  const [, , ref = ""] = matching(request, "DELETE repos * * git refs **") ?? [];
  // Slashes of a reference may come encoded or not.
  const [, branch] = /^heads\/(.+)$/.exec(ref) ?? [];
  if (branch !== undefined)
    return (await model.deleteBranch(branch)) ? { status: 204 } : { status: 422, body: { message: "Reference does not exist" } };
  const [, , status] = matching(request, "GET repos * * commits * status") ?? [];
  // Without any status GitHub says `pending`.
  if (status !== undefined) {
    const found = model
      .checks(status)
      .filter(isStatus)
      .map(({ name: context, state }) => ({ context, state }));
    return { status: 200, body: { state: "pending", total_count: found.length, statuses: pageOf(request, found) } };
  }
  const [, , runs] = matching(request, "GET repos * * commits * check-runs") ?? [];
  if (runs !== undefined) {
    const found = model
      .checks(runs)
      .filter((check) => !isStatus(check))
      .map(({ name, state }) => ({
        name,
        status: state === "pending" ? "in_progress" : "completed",
        conclusion: state === "pending" ? null : state,
      }));
    return { status: 200, body: { total_count: found.length, check_runs: pageOf(request, found) } };
  }
  return missing;
}

const missing: FakeAnswer = { status: 404, body: { message: "Not Found", documentation_url: "https://docs.github.com/rest" } };

function invalid(errors: readonly unknown[]): FakeAnswer {
  return { status: 422, body: { message: "Validation Failed", errors, documentation_url: "https://docs.github.com/rest" } };
}

function simple(pull: ModelPull): Readonly<Record<string, unknown>> {
  const repo = { full_name: pull.fork ? "acme/fleet-fork" : "acme/fleet" };
  return {
    number: pull.number,
    node_id: `PR_${pull.number}`,
    html_url: `https://github.example/acme/fleet/pull/${pull.number}`,
    state: pull.state === "open" ? "open" : "closed",
    draft: pull.draft,
    title: pull.title,
    body: pull.body === "" ? null : pull.body,
    closed_at: pull.closedAt ?? null,
    merged_at: pull.state === "merged" ? pull.closedAt : null,
    // While it is open this is the commit of a trial merge: no sign of anything.
    merge_commit_sha: pull.mergeCommit ?? "0".repeat(40),
    head: { ref: pull.head, sha: pull.headCommit, label: `acme:${pull.head}`, repo },
    base: { ref: pull.base, sha: "1".repeat(40), repo: { full_name: "acme/fleet" } },
    auto_merge: pull.armed ? { merge_method: "squash" } : null,
  };
}

async function whole(model: ForgeModel, pull: ModelPull): Promise<Readonly<Record<string, unknown>>> {
  if (pull.state !== "open" || model.undecided())
    return { ...simple(pull), merged: pull.state === "merged", mergeable: null, mergeable_state: "unknown" };
  const blockers = await model.blockers(pull);
  const conflict = blockers.includes("conflict");
  const unstable = model.checks(pull.headCommit).some(({ state }) => state !== "success");
  const state = conflict
    ? "dirty"
    : blockers.includes("draft")
      ? "draft"
      : blockers.length > 0
        ? "blocked"
        : unstable
          ? "unstable"
          : "clean";
  return { ...simple(pull), merged: false, mergeable: !conflict, mergeable_state: state };
}

async function graphql(model: ForgeModel, query: string, variables: Readonly<Record<string, unknown>>): Promise<FakeAnswer> {
  const failed = (message: string): FakeAnswer => ({ status: 200, body: { data: null, errors: [{ type: "UNPROCESSABLE", message }] } });
  if (query.startsWith("mutation")) {
    const pull = (await model.read(Number(String(variables["id"]).slice("PR_".length))))!;
    if (!["MERGE", "SQUASH", "REBASE"].includes(String(variables["mergeMethod"])))
      return failed("Argument mergeMethod has an invalid value");
    if (!model.rules.allowsAutoMerge) return failed("Pull request Auto merge is not allowed for this repository");
    if (variables["head"] !== pull.headCommit) return failed("Expected head sha didn't match current head ref.");
    const [first] = await model.blockers(pull);
    if (first === undefined) return failed("Pull request Pull request is in clean status");
    pull.armed = true;
    return { status: 200, body: { data: { enablePullRequestAutoMerge: { pullRequest: { number: pull.number } } } } };
  }
  const pull = (await model.read(Number(variables["number"])))!;
  const required = model.rules.requiredApprovals > 0;
  const reviewDecision = required ? (pull.approvals.length >= model.rules.requiredApprovals ? "APPROVED" : "REVIEW_REQUIRED") : null;
  return { status: 200, body: { data: { repository: { pullRequest: { reviewDecision } } } } };
}

/** Of the older of GitHub's two kinds of checks. */
function isStatus({ name }: { readonly name: string }): boolean {
  return name.startsWith("ci/");
}

/** docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api: 30 on a page, at most 100; `total_count` is that of all. */
function pageOf<T>({ query }: FakeRequest, all: readonly T[]): readonly T[] {
  const [page, size] = [Number(query.get("page") ?? 1), Math.min(100, Number(query.get("per_page") ?? 30))];
  return all.slice((page - 1) * size, page * size);
}
