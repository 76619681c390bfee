import { allPass, checksOf, type CheckResult } from "./checks.ts";
import { forgeError } from "./classify-answer.ts";
import { ForgeError } from "./forge-error.ts";
import type { ForgeFetch } from "./forge-http.ts";
import { sameText, type Checks, type Forge, type PullRequest, type PullRequestState } from "./forge.ts";
import { commitStatuses, mergeRequest, mergeRequests, type MergeRequest } from "./gitlab-answers.ts";
import { gitlabMergeable } from "./gitlab-mergeable.ts";
import { jsonApi } from "./json-api.ts";

export interface GitLabOptions {
  readonly apiUrl: string;
  /** `group/subgroup/project` */
  readonly repository: string;
  readonly fetch: ForgeFetch;
}

/** Merge requests as docs.gitlab.com/api/merge_requests has them. Without a library: docs/adr/0010-forge-libraries.md. */
export function createGitLab({ apiUrl, repository, fetch }: GitLabOptions): Forge {
  const api = jsonApi(apiUrl, fetch);
  const project = `/projects/${encodeURIComponent(repository)}`;
  const path = (iid: number): string => `${project}/merge_requests/${iid}`;

  async function find(head: string, base: string): Promise<readonly PullRequest[]> {
    const query = { source_branch: head, target_branch: base, state: "all", order_by: "created_at", sort: "desc", per_page: 30 };
    const found = await api.ask(mergeRequests, "GET", `${project}/merge_requests`, { query });
    return found.filter((one) => one.source_project_id === one.target_project_id).map(toPullRequest);
  }

  async function checks(commit: string, pipeline: string | undefined): Promise<Checks> {
    const jobs = await api.askAll(commitStatuses, `${project}/repository/commits/${commit}/statuses`);
    const results = jobs.map(({ name, status, allow_failure: allowed }) => ({
      name,
      result: allowed === true && status === "failed" ? ("passing" as const) : resultOf(status),
    }));
    // A pipeline that has not made its jobs yet, or whose jobs this token may not see.
    if (results.length === 0 && pipeline !== undefined) return checksOf([{ name: "pipeline", result: resultOf(pipeline) }]);
    return checksOf(results);
  }

  async function look(number: number): ReturnType<Forge["look"]> {
    const found = await api.ask(mergeRequest, "GET", path(number));
    const pullRequest = toPullRequest(found);
    if (pullRequest.state.kind !== "open") return { ...pullRequest, readiness: undefined };
    const { detailed_merge_status: detailed, merge_status: plain, has_conflicts: hasConflicts = false } = found;
    return {
      ...pullRequest,
      readiness: {
        mergeable: gitlabMergeable({ detailed, plain, hasConflicts, draft: pullRequest.draft }),
        checks: await checks(pullRequest.head.commit, found.head_pipeline?.status),
        autoMerge: found.merge_when_pipeline_succeeds === true,
      },
    };
  }

  return {
    kind: "gitlab",
    name: `GitLab, ${repository} at ${apiUrl}`,
    find,
    look,

    async open({ title, body, head, base }) {
      try {
        const wanted = { source_branch: head, target_branch: base, title, description: body };
        return toPullRequest(await api.ask(mergeRequest, "POST", `${project}/merge_requests`, { body: wanted }));
      } catch (error) {
        // 409, «Another open merge request already exists for this source branch: !5»
        if (!(error instanceof ForgeError) || error.kind !== "conflict") throw error;
        const there = (await find(head, base)).find(({ state }) => state.kind === "open");
        if (there === undefined) throw error;
        return there;
      }
    },

    async update(pullRequest, text) {
      if (sameText(pullRequest, text)) return false;
      const title = pullRequest.draft ? `Draft: ${text.title}` : text.title;
      await api.tell("PUT", path(pullRequest.number), { title, description: text.body });
      return true;
    },

    async autoMerge(number, { headCommit, method }) {
      const view = await look(number);
      if (view.state.kind === "merged") return { kind: "merged", commit: view.state.commit };
      if (view.readiness === undefined || view.head.commit !== headCommit)
        throw forgeError("conflict", `Merge request ${number} is ${view.state.kind}, its head ${view.head.commit}`);
      if (view.readiness.autoMerge === true) return { kind: "armed" };
      if (view.readiness.checks.state === "failing")
        return { kind: "waiting", message: `${view.readiness.checks.failing.join(", ")} failed` };
      // Without a pipeline that runs, GitLab merges at once what is to be merged when the pipeline succeeds.
      const later = !allPass(view.readiness.checks) || view.readiness.mergeable.kind !== "yes";
      // `auto_merge` since 17.11, the older name until it goes.
      const body = {
        sha: headCommit,
        squash: method === "squash",
        ...(later ? { auto_merge: true, merge_when_pipeline_succeeds: true } : {}),
      };
      try {
        const merged = toPullRequest(await api.ask(mergeRequest, "PUT", `${path(number)}/merge`, { body }));
        return merged.state.kind === "merged" ? { kind: "merged", commit: merged.state.commit } : { kind: "armed" };
      } catch (error) {
        // 405 «Method Not Allowed», 422 «Branch cannot be merged»; 409 is another head.
        if (error instanceof ForgeError && (error.status === 405 || error.status === 422)) return { kind: "waiting", message: error.said };
        throw error;
      }
    },

    async close(number, comment) {
      if ((await api.ask(mergeRequest, "GET", path(number))).state !== "opened") return;
      await api.tell("POST", `${path(number)}/notes`, { body: comment });
      await api.tell("PUT", path(number), { state_event: "close" });
    },

    async deleteBranch(branch) {
      try {
        await api.tell("DELETE", `${project}/repository/branches/${encodeURIComponent(branch)}`);
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
  skipped: "passing",
  // Waits for a person, and holds nothing up: a manual job that blocks makes its pipeline `manual`, which `detailed_merge_status` tells.
  manual: "passing",
  failed: "failing",
  canceled: "failing",
};

function resultOf(status: string): CheckResult {
  return results[status] ?? "pending";
}

const draftMark = /^\s*(?:draft:|\[draft\]|\(draft\))\s*/i;

function toPullRequest(found: MergeRequest): PullRequest {
  return {
    number: found.iid,
    url: found.web_url,
    title: found.title.replace(draftMark, ""),
    body: found.description ?? "",
    draft: found.draft ?? found.work_in_progress ?? draftMark.test(found.title),
    head: { branch: found.source_branch, commit: found.sha ?? "" },
    base: found.target_branch,
    state: stateOf(found),
  };
}

function stateOf(found: MergeRequest): PullRequestState {
  switch (found.state) {
    case "merged":
      // A fast-forward makes no commit of its own.
      return { kind: "merged", commit: found.merge_commit_sha ?? found.squash_commit_sha ?? found.sha ?? undefined };
    case "closed":
      return { kind: "closed", by: found.closed_by?.username, at: found.closed_at ? Date.parse(found.closed_at) : undefined };
    default:
      // `locked` is the moment of merging.
      return { kind: "open" };
  }
}
