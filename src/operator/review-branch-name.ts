import { createHash } from "node:crypto";

/** Of one upgrade alone. */
export function ownReviewBranch(upgradeId: string): string {
  return `capi-gitops/${upgradeId}`;
}

/**
 * Of the clusters that a policy brings to a version by one repository and branch: the same for whoever writes for any of them. `capi-gitops/policy-weekly-v1.35.2-3f2a91bc`; the digest
 * tells apart what shares a repository: another base branch, or a policy whose name ends as a version does.
 */
export function policyReviewBranch(policy: string, target: string, base: string): string {
  const digest = createHash("sha256").update(`${policy}\n${target}\n${base}`).digest("hex").slice(0, 8);
  return `capi-gitops/policy-${policy}-${target}-${digest}`;
}
