import type { Refusal } from "../../refusal.ts";
import type { ClusterSnapshot } from "../cluster-snapshot.ts";
import { conditionOf, conditionWords, counted, isDeferred, listed, objectName } from "../cluster-words.ts";
import { flightsOf, isOwnFlight, type PlanRequest } from "../flight.ts";
import { sameVersion } from "../kubernetes-version.ts";
import { findWedges } from "../wedge.ts";

/** What is already going on in the cluster, or stuck. */

export function topologyWedged(snapshot: ClusterSnapshot): Refusal | undefined {
  const [wedge] = findWedges(snapshot);
  if (wedge === undefined) return undefined;
  const { object, version, topologyVersion, culprit, condition } = wedge;
  const who = culprit === undefined ? "Somebody" : `Field manager ${culprit.manager}`;
  return {
    reason: "TopologyWedged",
    message: `${who} set ${objectName(object)} to ${version} by hand, while its topology declares ${topologyVersion}. Cluster API can now compute no plan: it changes nothing and refuses every new version.`,
    remedy: `Run \`capi-gitops repair ${snapshot.ref.name} -n ${snapshot.ref.namespace}\`: it sets the version back. Then upgrade through the topology.`,
    evidence: [
      `${objectName(object)} version is ${version}${culprit === undefined ? "" : `, written by ${culprit.manager} (${culprit.operation})`}`,
      `${objectName(snapshot.ref)} spec.topology.version is ${topologyVersion}`,
      conditionWords(objectName(snapshot.ref), condition),
    ],
  };
}

/** Reasons with which the topology controller says that it failed, in both contract versions. While it upgrades or waits, it uses others. */
const FAILURES: ReadonlySet<string> = new Set(["ReconcileFailed", "TopologyReconcileFailed", "ClusterClassNotReconciled"]);

export function topologyNotReconciled(snapshot: ClusterSnapshot): Refusal | undefined {
  const condition = conditionOf(snapshot.conditions, "TopologyReconciled");
  if (snapshot.topology === undefined || condition?.status !== "False" || !FAILURES.has(condition.reason)) return undefined;
  if (findWedges(snapshot).length > 0) return undefined;
  return {
    reason: "TopologyNotReconciled",
    message: `The topology controller cannot bring ${objectName(snapshot.ref)} to what it declares, so a new version would not be carried out either: ${condition.message || condition.reason}.`,
    remedy: "Mend what the condition names (the ClusterClass, its templates or variables), then ask again.",
    evidence: [conditionWords(objectName(snapshot.ref), condition)],
  };
}

/** A rollout towards a version that this request does not pass through; one towards a version on its path is our own step and is waited for. */
export function upgradeAlreadyRunning(snapshot: ClusterSnapshot, request: PlanRequest): Refusal | undefined {
  const foreign = flightsOf(snapshot).filter((flight) => flight.change === "version" && !isOwnFlight(snapshot, request, flight));
  const [first] = foreign;
  if (first === undefined) return undefined;
  return {
    reason: "UpgradeAlreadyRunning",
    message: `${objectName(first.object)} is on its way to ${first.version}, which is not on the way of this upgrade to ${request.target}.`,
    remedy: `Wait until it is done (\`capi-gitops verify ${snapshot.ref.name} -n ${snapshot.ref.namespace} --version ${first.version}\`), or ask for ${first.version}, or pass --via ${first.version} to go on from there.`,
    evidence: foreign.flatMap(({ object, open }) => open.map((words) => `${objectName(object)}: ${words}`)),
  };
}

export function anotherChangePending(snapshot: ClusterSnapshot): Refusal | undefined {
  const others = flightsOf(snapshot).filter(({ change }) => change === "other");
  const [first] = others;
  if (first === undefined) return undefined;
  return {
    reason: "AnotherChangePending",
    message: `${listed(others.map(({ object }) => objectName(object)))} ${others.length === 1 ? "is" : "are"} still being changed for another reason than the version (${first.open[0] ?? ""}); two changes at once could not be told apart.`,
    remedy: "Wait until the change is through, then ask again; `capi-gitops describe` shows what it waits for.",
    evidence: others.flatMap(({ object, open }) => open.map((words) => `${objectName(object)}: ${words}`)),
  };
}

/**
 * A deferral is refused where the upgrade could not get on with it: Cluster API refuses the next version while a deferred pool is behind, and workers that must
 * hop on the way would hold up the control plane. One that only keeps its own pool behind at the end is a warning of the plan.
 */
export function upgradeDeferred(
  snapshot: ClusterSnapshot,
  { target }: PlanRequest,
  plannedHops: (snapshot: ClusterSnapshot) => number,
): Refusal | undefined {
  const { topology } = snapshot;
  if (topology === undefined || topology.version === target) return undefined;
  const deferred = snapshot.pools.filter((pool) => isDeferred(snapshot, pool));
  const behind = deferred.filter((pool) => pool.version !== undefined && !sameVersion(pool.version, topology.version));
  const hops = plannedHops(snapshot);
  if (deferred.length === 0 || (behind.length === 0 && hops <= 1)) return undefined;
  const names = (behind.length > 0 ? behind : deferred).map(({ ref }) => objectName(ref));
  const why =
    behind.length > 0
      ? `${listed(names)} still has the version before ${topology.version}, and Cluster API refuses a new version until it has followed`
      : `${listed(names)} would have to follow in ${counted(hops, "step")} on the way to ${target}`;
  return {
    reason: "UpgradeDeferred",
    message: `The upgrade of ${listed(names)} is deferred by annotation: ${why}.`,
    remedy:
      "Remove the annotation `topology.cluster.x-k8s.io/defer-upgrade` or `topology.cluster.x-k8s.io/hold-upgrade-sequence` from the pool in `spec.topology.workers`, let it follow, then ask again.",
    evidence: deferred.map(({ ref, topologyName, version }) => {
      return `${objectName(ref)} (topology.workers ${topologyName ?? ""}) is deferred at ${version ?? "no version"}`;
    }),
  };
}
