import type { GitCredentials } from "../../../git/credentials.ts";
import { locateForge } from "../../../git/forges/detect.ts";
import { forgeToken, openForge } from "../../../git/forges/open-forge.ts";
import type { ClusterSnapshot } from "../../../upgrade/cluster-snapshot.ts";
import type { Pace } from "../../../upgrade/decision.ts";
import { planUpgrade } from "../../../upgrade/plan.ts";
import { checksOf } from "../../../upgrade/refusals/checks.ts";
import type { UpgradePlan, UpgradeRequest } from "../../../upgrade/upgrade-types.ts";
import type { UpgradeObject } from "../../api/read-cluster-upgrade.ts";
import { budgetFacts } from "../../budget-facts.ts";
import { commitMessage, retireTitle } from "../../commit-message.ts";
import type { GitWriterOptions } from "../../git-writer.ts";
import { batchPart, pullRequestBody, pullRequestFoot } from "../../pull-request-body.ts";
import { createPullRequestWriter, type PullRequestBatch, type PullRequestWriter } from "../../pull-request-writer.ts";
import { policyReviewBranch } from "../../review-branch-name.ts";
import { rollEstimate } from "../../roll-estimate.ts";
import { rollingOf } from "../../rollout-facts.ts";
import { StalledError } from "../../runtime/failure.ts";
import type { SharedReviewBranches } from "../../shared-review-branches.ts";
import type { OperatorContext } from "../operator-context.ts";

/** What people who review are told besides the change. */
export interface ForReviewers {
  /** Of the cluster's last upgrade that was proven. */
  readonly lastPace: Pace | undefined;
  /** The cluster as it was seen last. */
  readonly latest: () => ClusterSnapshot;
}

/** A writer that opens pull requests on the forge that the repository is on. Rejects with StalledError or ForgeError. */
export async function openReviewWriter(
  { clock, send, reviewBranches, imageCatalog, onRemoteOperation }: OperatorContext,
  { git, targetVersion, via, settings, policyName, catalog }: UpgradeObject,
  snapshot: ClusterSnapshot,
  options: Omit<GitWriterOptions, "reviewBranch" | "reviewRule">,
  { credentials, lastPace, latest }: ForReviewers & { readonly credentials: GitCredentials | undefined },
): Promise<PullRequestWriter> {
  const { kind, apiUrl } = git.forge;
  const located = locateForge(options.repository.url, {
    // Forgejo speaks Gitea's API.
    ...(kind === undefined ? {} : { kind: kind === "forgejo" ? "gitea" : kind }),
    ...(apiUrl === undefined ? {} : { apiUrl }),
  });
  if (located.kind === "refused") throw new StalledError(located.refusal.reason, located.refusal.message, located.refusal.remedy);
  const token = forgeToken(options.repository.url, credentials);
  const forge = await openForge(located.location, { clock, send, token, onOperation: onRemoteOperation });
  const { upgradeId } = options;
  const { holdSeconds, stallSeconds } = settings;
  const batch =
    git.pullRequestPer === "policy" && policyName !== undefined ? batchOf(policyName, targetVersion, options, reviewBranches) : undefined;
  return createPullRequestWriter({
    ...options,
    forge,
    ...(batch === undefined ? {} : { batch }),
    ...(git.autoMerge ? { autoMerge: "merge" } : {}),
    describe(change, changes) {
      const step = change.kind === "step" ? change.step : undefined;
      const request: UpgradeRequest = {
        upgradeId,
        target: targetVersion,
        via,
        holdSeconds,
        stallSeconds,
        images: imageCatalog({ catalog, policyName }),
      };
      const plan = planOf(snapshot, request);
      const rolling = step === undefined ? [] : rollingOf(snapshot, step);
      const checks = checksOf(latest(), request);
      const budgets = budgetFacts(latest().workload);
      const facts = { plan, step, changes, rolling, checks, budgets, estimate: rollEstimate(lastPace, rolling) };
      const title = change.kind === "step" ? commitMessage(change.step).title : retireTitle(change.template);
      return { title, body: batch === undefined ? pullRequestBody({ clusters: [facts], links: [] }) : batchPart(facts) };
    },
  });
}

/** The clusters that a policy brings to this version by this repository and branch, as they become due. */
function batchOf(
  policy: string,
  target: string,
  { repository }: Pick<GitWriterOptions, "repository">,
  branches: SharedReviewBranches,
): PullRequestBatch {
  return {
    branch: branches(repository, policyReviewBranch(policy, target, repository.branch)),
    title: (clusters) => `Upgrade ${clusters} ${clusters === 1 ? "cluster" : "clusters"} to Kubernetes ${target} (policy ${policy})`,
    foot: pullRequestFoot,
  };
}

/** The plan as it was at the first look; without one the body tells the step alone. */
function planOf(snapshot: ClusterSnapshot, request: UpgradeRequest): UpgradePlan {
  const planned = planUpgrade(snapshot, request);
  return planned.kind === "plan"
    ? planned.plan
    : { cluster: snapshot.ref, from: "", to: request.target, steps: [], warnings: [], machinesToReplace: 0 };
}
