import type { Pace } from "../upgrade/decision.ts";
import { millisecondsEach } from "../upgrade/progress.ts";
import type { ClusterFacts } from "./pull-request-body.ts";
import type { RollingFact } from "./rollout-facts.ts";

/** How long the machines of a step take at the pace of the cluster's last upgrade; undefined where none tells. Never exact: a drain takes as long as pods take to go elsewhere. */
export function rollEstimate(pace: Pace | undefined, rolling: readonly RollingFact[]): ClusterFacts["estimate"] {
  const each = pace && millisecondsEach(pace);
  if (pace === undefined || each === undefined) return undefined;
  const machines = rolling.reduce((sum, { machines: count, through }) => sum + count * through.length, 0);
  const eachSeconds = Math.round(each / 1000);
  if (machines === 0 || eachSeconds <= 0) return undefined;
  const finished = pace.finished.length === 1 ? "its one machine" : `each of its ${pace.finished.length} machines`;
  return {
    lowSeconds: Math.round(machines * eachSeconds * 0.7),
    highSeconds: machines * eachSeconds * 2,
    basis: `the last upgrade of this cluster took ${eachSeconds} s for ${finished}, pauses included`,
  };
}
