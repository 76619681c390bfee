import { allPass } from "./checks.ts";
import type { BlockReason, Checks, Mergeable } from "./forge.ts";

export interface GitHubMergeability {
  /** Null while GitHub works it out. */
  readonly mergeable: boolean | null;
  /** `mergeable_state`: the names of MergeStateStatus in lower case, docs.github.com/en/graphql/reference/enums#mergestatestatus */
  readonly state: string;
  readonly draft: boolean;
}

/** `reviewDecision`: PullRequestReviewDecision; undefined: reviews are not required, or it could not be asked. */
export function githubMergeable(
  { mergeable, state, draft }: GitHubMergeability,
  checks: Checks,
  reviewDecision: string | undefined,
): Mergeable {
  if (state === "dirty" || mergeable === false) return { kind: "conflicting" };
  if (draft || state === "draft") return { kind: "blocked", why: ["draft"] };
  switch (state) {
    // Mergeable, with checks that are not required and do not pass.
    case "unstable":
    case "has_hooks":
    case "clean":
      return { kind: "yes" };
    case "behind":
      return { kind: "blocked", why: ["behind"] };
    case "blocked": {
      const why: BlockReason[] = [];
      if (!allPass(checks)) why.push("checks");
      if (reviewDecision === "REVIEW_REQUIRED" || reviewDecision === "CHANGES_REQUESTED") why.push("reviews");
      return { kind: "blocked", why: why.length > 0 ? why : ["rules"] };
    }
    default:
      return { kind: "unknown" };
  }
}
