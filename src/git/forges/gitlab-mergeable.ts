import type { BlockReason, Mergeable } from "./forge.ts";

/** `detailed_merge_status` (docs.gitlab.com/api/merge_requests, «Merge status»). What is not in here blocks for a reason that we do not know. */
const reasons: Readonly<Record<string, BlockReason>> = {
  ci_must_pass: "checks",
  ci_still_running: "checks",
  status_checks_must_pass: "checks",
  external_status_checks: "checks",
  not_approved: "reviews",
  approvals_syncing: "reviews",
  requested_changes: "reviews",
  discussions_not_resolved: "reviews",
  draft_status: "draft",
  need_rebase: "behind",
};

const undecided: ReadonlySet<string> = new Set([
  "checking",
  "unchecked",
  "preparing",
  "cannot_be_merged_recheck",
  "cannot_be_merged_rechecking",
]);

export interface GitLabMergeability {
  readonly detailed: string | undefined;
  /** `merge_status`, of versions before 15.6. */
  readonly plain: string | undefined;
  readonly hasConflicts: boolean;
  readonly draft: boolean;
}

export function gitlabMergeable({ detailed, plain, hasConflicts, draft }: GitLabMergeability): Mergeable {
  const status = detailed ?? (plain === "can_be_merged" ? "mergeable" : plain === "cannot_be_merged" ? "conflict" : "unchecked");
  // `broken_status`: the branches cannot be merged. `has_conflicts` is false while that is not known.
  if (status === "conflict" || status === "broken_status" || hasConflicts) return { kind: "conflicting" };
  if (draft) return { kind: "blocked", why: ["draft"] };
  if (status === "mergeable") return { kind: "yes" };
  if (undecided.has(status)) return { kind: "unknown" };
  return { kind: "blocked", why: [reasons[status] ?? "rules"] };
}
