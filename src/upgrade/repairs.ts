import type { Refusal } from "../refusal.ts";
import type { ClusterSnapshot } from "./cluster-snapshot.ts";
import { conditionOf, conditionWords, counted, objectName } from "./cluster-words.ts";
import { orderOf, parseVersion, versionRange } from "./kubernetes-version.ts";
import type { Repair } from "./upgrade-types.ts";
import { findWedges, rolledMachines, TOPOLOGY_MANAGER, type Wedge } from "./wedge.ts";

/** What would mend the cluster, to be shown before it is done; a refusal where nothing can or need be. */
export function planRepairs(snapshot: ClusterSnapshot): readonly Repair[] | Refusal {
  const wedges = findWedges(snapshot);
  if (wedges.length === 0) return nothingToRepair(snapshot);
  const rolled = wedges.find((wedge) => rolledMachines(wedge).length > 0);
  return rolled === undefined ? wedges.map(repairOf) : wouldDowngrade(snapshot, rolled);
}

/** Whether what was repaired reconciles again: no version is at odds, the topology controller has said so, and the owners' controllers have seen what was set back. */
export function areRepaired(snapshot: ClusterSnapshot, repairs: readonly Repair[]): boolean {
  const reconciled = conditionOf(snapshot.conditions, "TopologyReconciled");
  const failing = reconciled === undefined || ["ReconcileFailed", "TopologyReconcileFailed"].includes(reconciled.reason);
  const owners = [snapshot.controlPlane, ...snapshot.pools].filter((owner) => owner !== undefined);
  const unseen = owners.filter(({ generation, observedGeneration }) => observedGeneration !== undefined && observedGeneration < generation);
  return (
    findWedges(snapshot).length === 0 &&
    !failing &&
    !unseen.some(({ ref }) => repairs.some(({ object }) => objectName(object) === objectName(ref)))
  );
}

function repairOf(wedge: Wedge): Repair {
  const { object, version, topologyVersion, culprit, condition } = wedge;
  const who = culprit === undefined ? "by hand" : `by ${culprit.manager}`;
  return {
    kind: "set-version",
    object,
    from: version,
    to: propagatedVersion(wedge),
    why: `${objectName(object)} was set to ${version} ${who}; its topology declares ${topologyVersion}, and Cluster API says: ${condition.message}`,
  };
}

/**
 * What the topology controller had set before: the version that the machines, of which none was rolled since, were made for. In the middle of a chained upgrade that is
 * an older one than the topology declares.
 */
function propagatedVersion({ machines, topologyVersion }: Wedge): string {
  const made = versionRange(machines.map(({ version }) => version))?.highest;
  const [a, b] = [parseVersion(made ?? ""), parseVersion(topologyVersion)];
  return made !== undefined && a !== undefined && b !== undefined && orderOf(a, b) !== 1 ? made : topologyVersion;
}

function wouldDowngrade({ ref }: ClusterSnapshot, wedge: Wedge): Refusal {
  const { object, version, topologyVersion } = wedge;
  const rolled = rolledMachines(wedge);
  return {
    reason: "RepairWouldDowngrade",
    message: `${counted(rolled.length, "machine")} of ${objectName(object)} already ${rolled.length === 1 ? "has" : "have"} ${version}, which was set by hand; setting it back to ${topologyVersion} would take them back, which Kubernetes does not support.`,
    remedy: `Go forward instead: set spec.topology.version of ${objectName(ref)} to ${version} in its source, with the annotation \`unsafe.topology.cluster.x-k8s.io/disable-update-version-check\` on the Cluster until it is taken.`,
    evidence: rolled.map((machine) => `${objectName(machine.ref)} spec.version is ${version}`),
  };
}

function nothingToRepair({ ref, topology, conditions }: ClusterSnapshot): Refusal {
  const condition = conditionOf(conditions, "TopologyReconciled");
  const failing = condition?.status === "False";
  return {
    reason: "NothingToRepair",
    message:
      topology === undefined
        ? `${objectName(ref)} has no topology, so nothing can be at odds with one.`
        : `No control plane or pool of ${objectName(ref)} is newer than its topology (${topology.version}). An edit by hand that the topology controller has put back by itself (field manager ${TOPOLOGY_MANAGER}) needs no repair; nor did it change anything for good.`,
    remedy: failing
      ? "The topology fails for another reason: mend what the condition names."
      : "None is needed. To change the version, use `capi-gitops upgrade`.",
    evidence: condition === undefined ? [] : [conditionWords(objectName(ref), condition)],
  };
}
