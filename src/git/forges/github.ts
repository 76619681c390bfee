import { Octokit, type RestEndpointMethodTypes } from "@octokit/rest";
import type { CheckResult } from "./checks.ts";
import { allPass, checksOf } from "./checks.ts";
import { forgeError } from "./classify-answer.ts";
import { ForgeError, unwrapped } from "./forge-error.ts";
import type { ForgeFetch } from "./forge-http.ts";
import { sameText, type Checks, type Forge, type MergeMethod, type MergeOutcome, type PullRequest } from "./forge.ts";
import { githubMergeable } from "./github-mergeable.ts";
import { wholeList } from "./whole-list.ts";

export interface GitHubOptions {
  readonly apiUrl: string;
  /** `acme/fleet` */
  readonly repository: string;
  readonly fetch: ForgeFetch;
}

type Listed = RestEndpointMethodTypes["pulls"]["list"]["response"]["data"][number];
type Whole = RestEndpointMethodTypes["pulls"]["get"]["response"]["data"];

/** Pull requests as docs.github.com/en/rest/pulls/pulls has them; auto-merge and what reviews say are in GraphQL only. */
export function createGitHub({ apiUrl, repository, fetch }: GitHubOptions): Forge {
  const silent = (): void => undefined;
  const octokit = new Octokit({
    baseUrl: apiUrl,
    request: { fetch },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  const [owner = "", repo = ""] = repository.split("/");
  const here = { owner, repo };
  const ask = async <T>(question: Promise<{ readonly data: T }>): Promise<T> => {
    try {
      return (await question).data;
    } catch (error) {
      throw unwrapped(error);
    }
  };

  async function find(head: string, base: string): Promise<readonly PullRequest[]> {
    const question = octokit.rest.pulls.list({
      ...here,
      head: `${owner}:${head}`,
      base,
      state: "all",
      sort: "created",
      direction: "desc",
      per_page: 30,
    });
    const listed = await ask(question);
    // `head` names an owner, and an owner may have forks of an own repository.
    return listed
      .filter((one) => one.head.repo === null || one.head.repo.full_name.toLowerCase() === repository.toLowerCase())
      .map(toPullRequest);
  }

  async function checks(commit: string): Promise<Checks> {
    const [statuses, runs] = await Promise.all([
      allPages(async (page) => {
        const { statuses: items, total_count: total } = await ask(
          octokit.rest.repos.getCombinedStatusForRef({ ...here, ref: commit, per_page: pageSize, page }),
        );
        return { items, total };
      }),
      // Classic tokens without `repo` and fine-grained ones without `Checks` may not see them.
      allPages(async (page) => {
        const { check_runs: items, total_count: total } = await ask(
          octokit.rest.checks.listForRef({ ...here, ref: commit, per_page: pageSize, page }),
        );
        return { items, total };
      }).catch((error: unknown) => {
        if (error instanceof ForgeError && (error.kind === "authorization" || error.kind === "not-found")) return [];
        throw error;
      }),
    ]);
    return checksOf([
      ...statuses.map(({ context, state }) => ({ name: context, result: statusResults[state] ?? "pending" })),
      ...runs.map(({ name, status, conclusion }) => ({ name, result: runResult(status, conclusion) })),
    ]);
  }

  async function graphql<T>(query: string, variables: Readonly<Record<string, string | number>>): Promise<T> {
    try {
      return await octokit.graphql<T>(query, variables);
    } catch (error) {
      const known = unwrapped(error);
      if (known instanceof ForgeError || !isGraphqlError(known)) throw known;
      const said = known.errors.map(({ message }) => message).join("; ");
      const kind = known.errors.map(({ type }) => graphqlKinds[type ?? ""]).find((one) => one !== undefined) ?? "rejected";
      throw forgeError(kind, `GraphQL at ${apiUrl} was answered with: ${said}`, { said, cause: undefined });
    }
  }

  async function reviewDecision(number: number): Promise<string | undefined> {
    const answer = await graphql<{ repository?: { pullRequest?: { reviewDecision?: string | null } } }>(reviewQuery, {
      ...here,
      number,
    }).catch(
      // It only tells why something is blocked; that it is, is known.
      () => undefined,
    );
    return answer?.repository?.pullRequest?.reviewDecision ?? undefined;
  }

  async function whole(number: number): Promise<Whole> {
    return ask(octokit.rest.pulls.get({ ...here, pull_number: number }));
  }

  async function look(number: number): ReturnType<Forge["look"]> {
    const found = await whole(number);
    const pullRequest = toPullRequest(found);
    switch (pullRequest.state.kind) {
      case "merged":
        return { ...pullRequest, readiness: undefined };
      case "closed": {
        const issue = await ask(octokit.rest.issues.get({ ...here, issue_number: number }));
        return { ...pullRequest, state: { ...pullRequest.state, by: issue.closed_by?.login }, readiness: undefined };
      }
      case "open": {
        const run = await checks(found.head.sha);
        const review = found.mergeable_state === "blocked" ? await reviewDecision(number) : undefined;
        const mergeable = githubMergeable(
          { mergeable: found.mergeable, state: found.mergeable_state, draft: found.draft === true },
          run,
          review,
        );
        return { ...pullRequest, readiness: { mergeable, checks: run, autoMerge: found.auto_merge !== null } };
      }
      default:
        return pullRequest.state satisfies never;
    }
  }

  async function mergeNow(number: number, headCommit: string, method: MergeMethod): Promise<MergeOutcome> {
    const merge = octokit.rest.pulls.merge({ ...here, pull_number: number, sha: headCommit, merge_method: method });
    try {
      return { kind: "merged", commit: (await ask(merge)).sha };
    } catch (error) {
      if (error instanceof ForgeError && error.status === 405) return { kind: "waiting", message: error.said };
      throw error;
    }
  }

  return {
    kind: "github",
    name: `GitHub, ${repository} at ${apiUrl}`,
    find,
    look,

    async open({ title, body, head, base }) {
      try {
        return toPullRequest(await ask(octokit.rest.pulls.create({ ...here, title, body, head, base })));
      } catch (error) {
        // 422, «A pull request already exists for acme:branch.»
        if (!(error instanceof ForgeError) || error.status !== 422) throw error;
        const there = (await find(head, base)).find(({ state }) => state.kind === "open");
        if (there === undefined) throw error;
        return there;
      }
    },

    async update(pullRequest, text) {
      if (sameText(pullRequest, text)) return false;
      await ask(octokit.rest.pulls.update({ ...here, pull_number: pullRequest.number, title: text.title, body: text.body }));
      return true;
    },

    async autoMerge(number, { headCommit, method }) {
      const view = await look(number);
      if (view.state.kind === "merged") return { kind: "merged", commit: view.state.commit };
      if (view.readiness === undefined || view.head.commit !== headCommit)
        throw forgeError("conflict", `Pull request ${number} is ${view.state.kind}, its head ${view.head.commit}`);
      if (view.readiness.mergeable.kind === "yes" && allPass(view.readiness.checks)) return mergeNow(number, headCommit, method);
      if (view.readiness.autoMerge === true) return { kind: "armed" };
      const { node_id: id } = await whole(number);
      try {
        await graphql(armMutation, { id, head: headCommit, mergeMethod: method.toUpperCase() });
        return { kind: "armed" };
      } catch (error) {
        // «Pull request is in clean status», «Auto merge is not allowed for this repository», …
        if (!(error instanceof ForgeError) || error.kind !== "rejected") throw error;
        return { kind: "waiting", message: error.said };
      }
    },

    async close(number, comment) {
      if ((await whole(number)).state !== "open") return;
      await ask(octokit.rest.issues.createComment({ ...here, issue_number: number, body: comment }));
      await ask(octokit.rest.pulls.update({ ...here, pull_number: number, state: "closed" }));
    },

    async deleteBranch(branch) {
      try {
        await ask(octokit.rest.git.deleteRef({ ...here, ref: `heads/${branch}` }));
        return true;
      } catch (error) {
        // 422, «Reference does not exist»
        if (error instanceof ForgeError && (error.kind === "not-found" || /does not exist/i.test(error.said))) return false;
        throw error;
      }
    },
  };
}

/** GitHub gives no more on a page. */
const pageSize = 100;
const mostPages = 50;

/** A whole list: `total_count` tells how long it is. */
function allPages<T>(ask: (page: number) => Promise<{ readonly items: readonly T[]; readonly total: number }>): Promise<readonly T[]> {
  return wholeList(mostPages, async (page) => {
    const { items, total } = await ask(page);
    return { items, isWhole: (count) => count >= total };
  });
}

const reviewQuery =
  "query ($owner: String!, $repo: String!, $number: Int!) { repository(owner: $owner, name: $repo) { pullRequest(number: $number) { reviewDecision } } }";
/** docs.github.com/en/graphql/reference/mutations#enablepullrequestautomerge */
const armMutation =
  "mutation ($id: ID!, $head: GitObjectID!, $mergeMethod: PullRequestMergeMethod!) { enablePullRequestAutoMerge(input: { pullRequestId: $id, expectedHeadOid: $head, mergeMethod: $mergeMethod }) { pullRequest { number } } }";

const graphqlKinds: Readonly<Record<string, ForgeError["kind"]>> = {
  NOT_FOUND: "not-found",
  FORBIDDEN: "authorization",
  INSUFFICIENT_SCOPES: "authorization",
  RATE_LIMITED: "rate-limited",
  RATE_LIMIT: "rate-limited",
};

function isGraphqlError(error: unknown): error is { readonly errors: readonly { readonly message: string; readonly type?: string }[] } {
  return error instanceof Error && error.name === "GraphqlResponseError" && "errors" in error && Array.isArray(error.errors);
}

const statusResults: Readonly<Record<string, CheckResult>> = {
  success: "passing",
  failure: "failing",
  error: "failing",
  pending: "pending",
};

/** docs.github.com/en/rest/checks/runs: a run without a conclusion goes on. */
function runResult(status: string, conclusion: string | null): CheckResult {
  if (status !== "completed") return "pending";
  return ["success", "neutral", "skipped"].includes(conclusion ?? "") ? "passing" : "failing";
}

function toPullRequest(found: Listed | Whole): PullRequest {
  const { merged_at: mergedAt, closed_at: closedAt } = found;
  const closed = { kind: "closed", by: undefined, at: closedAt === null ? undefined : Date.parse(closedAt) } as const;
  return {
    number: found.number,
    url: found.html_url,
    title: found.title,
    body: found.body ?? "",
    draft: found.draft === true,
    head: { branch: found.head.ref, commit: found.head.sha },
    base: found.base.ref,
    state:
      found.state === "open"
        ? { kind: "open" }
        : mergedAt === null
          ? closed
          : { kind: "merged", commit: found.merge_commit_sha ?? undefined },
  };
}
