import type { BlockReason, Checks, Mergeable } from "./forge.ts";

export interface GiteaMergeability {
  /** False also while Gitea checks it, and for a draft: models/issues/pull.go, `Mergeable`. */
  readonly mergeable: boolean;
  readonly draft: boolean;
  /** Of the base branch's protection, as `GET …/branches/{branch}` shows it. */
  readonly requiredApprovals: number;
  readonly requiresChecks: boolean;
  readonly reviews: readonly GiteaReview[];
}

export interface GiteaReview {
  readonly user: string;
  readonly state: string;
  /** Of somebody whose approval counts. */
  readonly official: boolean;
  readonly dismissed: boolean;
}

/** Gitea tells that it may be merged, not what stands against it; the rules of the base branch tell. */
export function giteaMergeable({ mergeable, draft, ...rules }: GiteaMergeability, checks: Checks): Mergeable {
  if (draft) return { kind: "blocked", why: ["draft"] };
  if (!mergeable) return { kind: "conflicting" };
  const why: BlockReason[] = [];
  if (rules.requiresChecks && checks.state !== "passing") why.push("checks");
  const counted = lastOfEach(rules.reviews).filter(({ official, dismissed }) => official && !dismissed);
  const approvals = counted.filter(({ state }) => state === "APPROVED").length;
  if (approvals < rules.requiredApprovals || counted.some(({ state }) => state === "REQUEST_CHANGES")) why.push("reviews");
  return why.length === 0 ? { kind: "yes" } : { kind: "blocked", why };
}

/** A person's last word; a comment is none. In the order in which Gitea gives them, oldest first. */
function lastOfEach(reviews: readonly GiteaReview[]): readonly GiteaReview[] {
  return [
    ...new Map(reviews.filter(({ state }) => state === "APPROVED" || state === "REQUEST_CHANGES").map((one) => [one.user, one])).values(),
  ];
}
