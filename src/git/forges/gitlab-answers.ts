import { array, boolean, nullish, number, object, optional, string, type InferOutput } from "valibot";

const user = nullish(object({ username: string() }));

/** docs.gitlab.com/api/merge_requests, «Response» of a single merge request; what lists leave out is optional. */
export const mergeRequest = object({
  iid: number(),
  web_url: string(),
  title: string(),
  description: nullish(string()),
  state: string(),
  draft: optional(boolean()),
  work_in_progress: optional(boolean()),
  source_branch: string(),
  target_branch: string(),
  source_project_id: nullish(number()),
  target_project_id: number(),
  sha: nullish(string()),
  merge_commit_sha: nullish(string()),
  squash_commit_sha: nullish(string()),
  closed_by: user,
  closed_at: nullish(string()),
  merge_status: optional(string()),
  detailed_merge_status: optional(string()),
  has_conflicts: optional(boolean()),
  merge_when_pipeline_succeeds: optional(boolean()),
  head_pipeline: nullish(object({ status: string() })),
});
export type MergeRequest = InferOutput<typeof mergeRequest>;
export const mergeRequests = array(mergeRequest);

/** docs.gitlab.com/api/commits, «List all commit statuses» */
export const commitStatuses = array(object({ name: string(), status: string(), allow_failure: optional(boolean()) }));
