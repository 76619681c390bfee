import type { ClusterSnapshot } from "../cluster-snapshot.ts";
import { clusterVersion } from "../cluster-versions.ts";
import type { PlanRequest } from "../flight.ts";
import { refusalsOf, type refusalReasons } from "./refusal-table.ts";

/** What was looked at before an upgrade, for whoever has to say yes to it. */
export interface Check {
  readonly name: string;
  readonly result: "passed" | "failed" | "skipped";
  readonly message: string;
}

/** Refusals of what comes later: of a step's write, and of a repair. */
type OfLater = "DeclaredAhead" | "NothingToRepair" | "RepairWouldDowngrade";
export type CheckedReason = Exclude<keyof typeof refusalReasons, OfLater>;

interface CheckRow {
  readonly name: string;
  /** What would speak against it. */
  readonly reasons: readonly CheckedReason[];
  readonly passed: (snapshot: ClusterSnapshot, request: PlanRequest) => string;
}

/** In the order in which a person asks. */
const CHECKS: readonly CheckRow[] = [
  {
    name: "The way",
    reasons: ["InvalidVersion", "VersionDowngrade", "VersionNotInClusterClass", "MinorSkipped", "IntermediateVersionUnknown"],
    passed: (snapshot, { target }) => `${clusterVersion(snapshot) ?? "its version"} to ${target} goes forward, one minor at a time.`,
  },
  {
    name: "The cluster",
    reasons: ["ClusterDeleting", "ClusterPaused", "ControlPlanePaused", "PoolPaused", "ControlPlaneNotInitialized"],
    passed: () => "It is neither paused nor being made or deleted.",
  },
  {
    name: "Nothing else under way",
    reasons: ["TopologyWedged", "UpgradeAlreadyRunning", "TopologyNotReconciled", "AnotherChangePending", "UpgradeDeferred"],
    passed: () => "No other change of it is pending, and none is held back.",
  },
  {
    name: "The control plane",
    reasons: ["ControlPlaneUnhealthy", "MixedControlPlaneVersions", "UnsupportedControlPlane"],
    passed: ({ controlPlane }) =>
      controlPlane === undefined
        ? "It has none of its own."
        : `${controlPlane.replicas.ready} of ${controlPlane.replicas.desired} machines are ready.`,
  },
  {
    name: "Version skew",
    reasons: ["NodeNewerThanControlPlane", "PoolOutsideSkew"],
    passed: ({ pools }) =>
      pools.length === 0 ? "It has no pools." : "No pool is newer than the control plane, or would be too old for it.",
  },
  {
    name: "Machine templates",
    reasons: ["TemplateMissing", "MachineImageMissing", "MachineImageUnplaced", "PinnedImageMismatch"],
    passed: () => "All are there, and none names another version.",
  },
];

/** What speaks for and against the upgrade, and what could not be looked at. The reasons are those of `refusalsOf`. */
export function checksOf(snapshot: ClusterSnapshot, request: PlanRequest): readonly Check[] {
  const refusals = refusalsOf(snapshot, request);
  const rows = CHECKS.map(({ name, reasons, passed }): Check => {
    const against = refusals.filter(({ reason }) => reasons.some((one) => one === reason));
    return against.length === 0
      ? { name, result: "passed", message: passed(snapshot, request) }
      : { name, result: "failed", message: against.map(({ reason, message }) => `${reason}: ${message}`).join(" ") };
  });
  return [...rows, workloadCheck(snapshot)];
}

function workloadCheck({ workload }: ClusterSnapshot): Check {
  const name = "The workload cluster";
  if (workload.state !== "reachable") return { name, result: "skipped", message: `It was not looked into: ${workload.message}.` };
  const { nodes, workloads = [] } = workload;
  const ready = nodes.filter((node) => node.ready).length;
  const available = workloads.filter(({ available: now, desired }) => now >= desired).length;
  const told = workloads.length === 0 ? "" : `, ${available} of ${workloads.length} workloads are available`;
  const fine = ready === nodes.length && available === workloads.length;
  return { name, result: fine ? "passed" : "failed", message: `${ready} of ${nodes.length} nodes are ready${told}.` };
}

/** Every reason is one check's matter, and only one's. */
export const checkedReasons: readonly CheckedReason[] = CHECKS.flatMap(({ reasons }) => reasons);
