import { Api, type HttpResponse, type MergePullRequestOption, type PullRequest as GiteaPullRequest } from "gitea-js";
import type { Clock } from "../../clock.ts";
import { allPass, checksOf, type CheckResult } from "./checks.ts";
import { forgeError } from "./classify-answer.ts";
import { ForgeError } from "./forge-error.ts";
import type { ForgeFetch } from "./forge-http.ts";
import { sameText, type Checks, type Forge, type PullRequest, type PullRequestState } from "./forge.ts";
import { allPages, pageSize } from "./gitea-pages.ts";
import { giteaMergeable } from "./gitea-mergeable.ts";

export interface GiteaOptions {
  readonly apiUrl: string;
  /** `acme/fleet` */
  readonly repository: string;
  readonly fetch: ForgeFetch;
  readonly clock: Clock;
}

/** Of the newest pull requests of a repository, so many pages are searched: there is no query for a head branch that gives all of them. */
const searchedPages = 20;

/** How often, and how far apart, Gitea is asked again whether it still checks for conflicts. */
const mergeableTries = 4;
const mergeablePauseMilliseconds = 500;

/** Pull requests of Gitea and Forgejo, docs.gitea.com/api. */
export function createGitea({ apiUrl, repository, fetch, clock }: GiteaOptions): Forge {
  const { repos } = new Api({ baseUrl: apiUrl, customFetch: fetch, baseApiParams: { format: "json" } });
  const [owner = "", repo = ""] = repository.split("/").map(encodeURIComponent);
  /** The library reads the answer, and keeps what it could not read. */
  const read = <T>({ data, error }: HttpResponse<T>): T => {
    if (error !== null && error !== undefined) throw forgeError("unknown", `${apiUrl} gave an answer that is not JSON`, { cause: error });
    return data;
  };
  const ask = async <T>(question: Promise<HttpResponse<T>>): Promise<T> => read(await question);

  async function find(head: string, base: string): Promise<readonly PullRequest[]> {
    const found: PullRequest[] = [];
    for (let page = 1; page <= searchedPages; page += 1) {
      const listed = await ask(repos.repoListPullRequests(owner, repo, { state: "all", limit: pageSize, page }));
      // A branch that is gone is a `ref` of Gitea's own; its name stays in `label`.
      found.push(...listed.filter((one) => isOwn(one) && branchOf(one) === head && one.base?.ref === base).map(toPullRequest));
      if (listed.length === 0 || found.some(({ state }) => state.kind === "open")) break;
    }
    return found.sort((a, b) => b.number - a.number);
  }

  async function checks(commit: string): Promise<Checks> {
    const statuses = await allPages(
      (page) => repos.repoGetCombinedStatusByRef(owner, repo, commit, page),
      (answer) => read(answer).statuses ?? [],
    );
    return checksOf(statuses.map(({ context = "", status = "pending" }) => ({ name: context, result: results[status] ?? "pending" })));
  }

  /** Asks again while it says no, which it also does for as long as it checks. */
  async function whole(number: number): Promise<GiteaPullRequest> {
    for (let attempt = 1; ; attempt += 1) {
      const found = await ask(repos.repoGetPullRequest(owner, repo, number));
      if (found.state !== "open" || found.mergeable === true || isDraft(found) || attempt === mergeableTries) return found;
      await clock.sleep(mergeablePauseMilliseconds * attempt);
    }
  }

  /** Who closed it, as the timeline tells from that moment on: a page of it holds the oldest, and does not tell how many there are. */
  async function closedBy(number: number, since: string | undefined): Promise<string | undefined> {
    const query = { limit: pageSize, ...(since === undefined ? {} : { since }) };
    const timeline = await ask(repos.issueGetCommentsAndTimeline(owner, repo, number, query));
    return timeline.filter(({ type }) => type === "close").at(-1)?.user?.login;
  }

  async function look(number: number): ReturnType<Forge["look"]> {
    const found = await whole(number);
    const pullRequest = toPullRequest(found);
    const { state } = pullRequest;
    if (state.kind === "merged") return { ...pullRequest, readiness: undefined };
    if (state.kind === "closed")
      return { ...pullRequest, state: { ...state, by: await closedBy(number, found.closed_at) }, readiness: undefined };
    const [run, base, reviews] = await Promise.all([
      checks(pullRequest.head.commit),
      ask(repos.repoGetBranch(owner, repo, encodeURIComponent(pullRequest.base))),
      allPages((page) => repos.repoListPullReviews(owner, repo, number, page), read),
    ]);
    const mergeability = {
      mergeable: found.mergeable === true,
      draft: pullRequest.draft,
      requiredApprovals: base.required_approvals ?? 0,
      requiresChecks: base.enable_status_check === true,
      reviews: reviews.map((one) => ({
        user: one.user?.login ?? one.team?.name ?? "",
        state: one.state ?? "",
        official: one.official === true,
        dismissed: one.dismissed === true,
      })),
    };
    return { ...pullRequest, readiness: { mergeable: giteaMergeable(mergeability, run), checks: run, autoMerge: undefined } };
  }

  /** Neither a merge nor a schedule has a body in its answer. A schedule does not keep the head commit that it was made for. */
  async function merge(number: number, how: MergePullRequestOption): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await repos.repoMergePullRequest(owner, repo, number, how);
        return;
      } catch (error) {
        // It looks for conflicts again after it has said that there are none: when the pull request has just been opened, or its base branch has moved.
        const checks = error instanceof ForgeError && error.status === 405 && /try again later/i.test(error.said);
        if (!checks || attempt === mergeableTries) throw error;
        await clock.sleep(mergeablePauseMilliseconds * attempt);
      }
    }
  }

  return {
    kind: "gitea",
    name: `Gitea, ${repository} at ${apiUrl}`,
    find,
    look,

    async open({ title, body, head, base }) {
      try {
        return toPullRequest(await ask(repos.repoCreatePullRequest(owner, repo, { title, body, head, base })));
      } catch (error) {
        // 409, «pull request already exists for these targets»
        if (!(error instanceof ForgeError) || error.kind !== "conflict") throw error;
        const there = (await find(head, base)).find(({ state }) => state.kind === "open");
        if (there === undefined) throw error;
        return there;
      }
    },

    async update(pullRequest, text) {
      if (sameText(pullRequest, text)) return false;
      const title = pullRequest.draft ? `WIP: ${text.title}` : text.title;
      await ask(repos.repoEditPullRequest(owner, repo, pullRequest.number, { title, body: text.body }));
      return true;
    },

    async autoMerge(number, { headCommit, method }) {
      const view = await look(number);
      if (view.state.kind === "merged") return { kind: "merged", commit: view.state.commit };
      if (view.readiness === undefined || view.head.commit !== headCommit)
        throw forgeError("conflict", `Pull request ${number} is ${view.state.kind}, its head ${view.head.commit}`);
      const { checks: run, mergeable } = view.readiness;
      if (run.state === "failing") return { kind: "waiting", message: `${run.failing.join(", ")} failed` };
      if (mergeable.kind === "conflicting") return { kind: "waiting", message: "it conflicts" };
      // What Gitea schedules it merges as soon as no rule forbids it: checks that no rule requires are waited for here.
      if (mergeable.kind === "yes" && !allPass(run))
        return { kind: "waiting", message: `${run.pending.join(", ")} runs, and no rule requires it` };
      const later = mergeable.kind === "blocked";
      try {
        await merge(number, { Do: method, head_commit_id: headCommit, ...(later ? { merge_when_checks_succeed: true } : {}) });
      } catch (error) {
        if (!(error instanceof ForgeError)) throw error;
        if (error.status === 409 && /already.*(?:scheduled|auto ?merge)/i.test(error.said)) return { kind: "armed" };
        if (error.status === 405) return { kind: "waiting", message: error.said };
        throw error;
      }
      if (later) return { kind: "armed" };
      const { state } = toPullRequest(await ask(repos.repoGetPullRequest(owner, repo, number)));
      return { kind: "merged", commit: state.kind === "merged" ? state.commit : undefined };
    },

    async close(number, comment) {
      if ((await ask(repos.repoGetPullRequest(owner, repo, number))).state !== "open") return;
      await ask(repos.issueCreateComment(owner, repo, number, { body: comment }));
      await ask(repos.repoEditPullRequest(owner, repo, number, { state: "closed" }));
    },

    async deleteBranch(branch) {
      try {
        await repos.repoDeleteBranch(owner, repo, encodeURIComponent(branch));
        return true;
      } catch (error) {
        if (error instanceof ForgeError && error.kind === "not-found") return false;
        throw error;
      }
    },
  };
}

const results: Readonly<Record<string, CheckResult>> = {
  success: "passing",
  warning: "passing",
  skipped: "passing",
  pending: "pending",
  failure: "failing",
  error: "failing",
};

const draftMark = /^\s*(?:\[WIP\]|WIP:)\s*/i;

function isDraft({ draft, title = "" }: GiteaPullRequest): boolean {
  return draft ?? draftMark.test(title);
}

function isOwn({ head, base }: GiteaPullRequest): boolean {
  return head?.repo_id === base?.repo_id;
}

function branchOf({ head }: GiteaPullRequest): string {
  return head?.label ?? head?.ref ?? "";
}

function toPullRequest(found: GiteaPullRequest): PullRequest {
  return {
    number: found.number ?? 0,
    url: found.html_url ?? "",
    title: (found.title ?? "").replace(draftMark, ""),
    body: found.body ?? "",
    draft: isDraft(found),
    head: { branch: branchOf(found), commit: found.head?.sha ?? "" },
    base: found.base?.ref ?? "",
    state: stateOf(found),
  };
}

function stateOf(found: GiteaPullRequest): PullRequestState {
  if (found.merged === true) return { kind: "merged", commit: found.merge_commit_sha ?? undefined };
  if (found.state !== "closed") return { kind: "open" };
  return { kind: "closed", by: undefined, at: found.closed_at ? Date.parse(found.closed_at) : undefined };
}
