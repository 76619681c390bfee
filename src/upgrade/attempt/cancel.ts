import type { ClusterSnapshot } from "../cluster-snapshot.ts";
import { listed, objectName } from "../cluster-words.ts";
import type { UpgradeStatus } from "../decision.ts";
import type { ReviewState } from "../sync-state.ts";
import type { AttemptPhase } from "./attempt-types.ts";
import { isEnd } from "./attempt-phases.ts";

/** What is at which version, as an attempt leaves it: `control plane v1.35.2, md-0 v1.34.0`. */
export function versionsLeft({ topology, controlPlane, pools }: ClusterSnapshot): string {
  const owners = [
    ...(topology === undefined ? [] : [["the topology", topology.version] as const]),
    ...(controlPlane?.version === undefined ? [] : [["the control plane", controlPlane.version] as const]),
    ...pools.flatMap(({ ref, version }) => (version === undefined ? [] : [[ref.name, version] as const])),
  ];
  const versions = new Set(owners.map(([, version]) => version));
  const [only] = versions;
  if (versions.size === 1 && only !== undefined) return `everything declares ${only}`;
  return listed(owners.map(([name, version]) => `${name} is at ${version}`));
}

/** What `cancel` would do now. */
export function cancelMeaning(
  phase: AttemptPhase,
  begun: boolean,
  status: UpgradeStatus,
  snapshot: ClusterSnapshot,
  review: ReviewState | undefined,
): string {
  if (isEnd(phase)) return "It has ended: there is nothing to cancel.";
  if (phase === "cancelling") return "It is being cancelled.";
  const pull = review?.state === "open" ? `Pull request #${review.number} is closed. ` : "";
  const step = status.currentStep;
  if (!begun) return `${pull}Nothing has been changed: it ends at once, and the cluster stays as it is (${versionsLeft(snapshot)}).`;
  if (phase === "holding") return "All machines are at the target; it ends without waiting until the proof has held.";
  const left = (status.plan?.steps ?? [])
    .filter((each) => each !== step)
    .map(({ object, from }) => `${objectName(object)} stays at ${from}`);
  const rest = left.length === 0 ? "" : ` No further step is written: ${listed(left)}.`;
  const back = " A control plane cannot go back.";
  if (status.phase === "delivering" && step !== undefined) {
    return `${pull}The commit stays: ${objectName(step.object)} still goes to ${step.to} when it is applied, unless the commit is taken back in Git before.${rest}${back}`;
  }
  if (status.phase === "rolling" && step !== undefined) {
    const all = step.kind === "topology" ? ", control plane and pools" : "";
    return `${pull}What Cluster API was told is carried out, held pools included: ${objectName(step.object)} goes on to ${step.to}${all}, also outside of windows.${rest}${back}`;
  }
  return `${pull}It ends here, between two steps (${versionsLeft(snapshot)}).${rest}${back}`;
}
