import type { Clock } from "../clock.ts";
import type { WorkloadSnapshot } from "../upgrade/cluster-snapshot.ts";
import type { WorkloadReader } from "./workload.ts";

/** A look into the workload cluster is used again for this long when nothing has changed in the meantime. */
const workloadMilliseconds = 1_500;
/** One that took longer than this (unreachable, mostly) is used again for as long as it took, whatever has changed. */
const slowMilliseconds = 1_000;

/** Nodes and machines of one snapshot belong together, so a change of a machine asks for the nodes again; a server that is away is not asked all the time. */
export function sparingLooks(
  workload: WorkloadReader | undefined,
  clock: Clock,
): (changed: boolean, signal: AbortSignal | undefined) => Promise<WorkloadSnapshot> {
  let last: { readonly until: number; readonly slow: boolean; readonly snapshot: WorkloadSnapshot } | undefined;
  return async (changed, signal) => {
    if (workload === undefined) return { state: "not-read", message: "the workload cluster was not looked into" };
    const began = clock.now();
    if (last !== undefined && began < last.until && (last.slow || !changed)) return last.snapshot;
    const snapshot = await workload.read(signal);
    const ended = clock.now();
    const slow = ended - began > slowMilliseconds;
    last = { until: ended + (slow ? ended - began : workloadMilliseconds), slow, snapshot };
    return snapshot;
  };
}
