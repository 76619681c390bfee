import type { KubernetesObject } from "../kubernetes/resource.ts";
import type { Metrics, UpgradeOutcome } from "../telemetry/metrics.ts";
import type { AttemptPhase } from "../upgrade/attempt/attempt-types.ts";
import type { Contradiction } from "../upgrade/upgrade-types.ts";
import { isEnd } from "../upgrade/attempt/attempt-phases.ts";
import type { ClusterUpgrade, ClusterUpgradeStatus } from "./api/generated/cluster-upgrade.gen.ts";
import { knownAttempt } from "./controllers/cluster-upgrade/attempt-cache.ts";

type UpgradeCounters = Pick<Metrics, "upgradeEnded" | "stepWritten" | "refused" | "contradicted">;

/** Counts what happened to an upgrade between two of its states. Who begins to lead is told of states, not of changes, and counts nothing twice. */
export function countUpgradeNews(metrics: UpgradeCounters, before: KubernetesObject, after: KubernetesObject): void {
  const [was, is] = [statusOf(before), statusOf(after)];
  for (const step of is.steps ?? []) {
    const earlier = was.steps?.find(
      ({ object, to }) => object.name === step.object.name && object.kind === step.object.kind && to === step.to,
    );
    // With `git.mode: Direct` there is no commit; then it was written once it is past the writing.
    const isWritten = (one: typeof step | undefined): boolean => one !== undefined && (one.commit !== undefined || one.state !== "Writing");
    if (isWritten(step) && !isWritten(earlier)) metrics.stepWritten(stepKind(step.object.kind));
  }
  for (const reason of newReasons(was.refusals, is.refusals)) metrics.refused(reason);
  for (const reason of newReasons(was.contradictions, is.contradictions)) metrics.contradicted(reason);
  const { phase, policyName, begun, finishedAt } = knownAttempt(after);
  const outcome = isEnd(phase) && knownAttempt(before).phase !== phase ? outcomeOf(phase, is) : undefined;
  if (outcome === undefined) return;
  const written = is.steps?.[0]?.startedAt;
  const seconds = begun && written !== undefined && finishedAt !== undefined ? (finishedAt - Date.parse(written)) / 1000 : undefined;
  metrics.upgradeEnded({ policy: policyName, outcome, seconds });
}

function outcomeOf(phase: AttemptPhase | undefined, { contradictions = [] }: ClusterUpgradeStatus): UpgradeOutcome | undefined {
  switch (phase) {
    case "proven":
    case "refused":
    case "timed-out":
    case "cancelled":
      return phase;
    case "contradicted":
      return contradictions.some(({ reason }) => backwards.has(reason)) ? "reverted" : "failed";
    default:
      // Superseded is no end of an upgrade: another takes its place.
      return undefined;
  }
}

/** Contradictions in which somebody or something put the version back. */
const backwards: ReadonlySet<string> = new Set<Contradiction["reason"]>(["Reverted", "RevertedInGit", "OverriddenVersion"]);

/** Every contradiction there is: an alert must notice the first. */
export const contradictionReasons = Object.keys({
  Wedged: true,
  Reverted: true,
  RevertedInGit: true,
  ChangedInGit: true,
  OverriddenVersion: true,
  ApplyRejected: true,
  MixedVersions: true,
} satisfies Readonly<Record<Contradiction["reason"], true>>);

function stepKind(kind: string): "topology" | "control-plane" | "pool" {
  if (kind === "Cluster") return "topology";
  return kind === "MachineDeployment" || kind === "MachinePool" ? "pool" : "control-plane";
}

type Reasons = readonly { readonly reason: string }[] | undefined;

function newReasons(was: Reasons = [], is: Reasons = []): readonly string[] {
  const known = new Set(was.map(({ reason }) => reason));
  return [...new Set(is.map(({ reason }) => reason))].filter((reason) => !known.has(reason));
}

/** The API server holds it to its schema. */
function statusOf(object: KubernetesObject): ClusterUpgradeStatus {
  return (object as unknown as ClusterUpgrade).status ?? {};
}
