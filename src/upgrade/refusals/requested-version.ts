import type { Refusal } from "../../refusal.ts";
import type { ClusterSnapshot } from "../cluster-snapshot.ts";
import { listed, objectName } from "../cluster-words.ts";
import type { PlanRequest } from "../flight.ts";
import { compareVersions, orderOf, parseVersion, versionOf, versionRange } from "../kubernetes-version.ts";
import { controlPlanePath, missingMinors } from "../upgrade-path.ts";
import { topologyPath } from "../topology-path.ts";

/** What was asked for, against what the cluster has. */

const EXAMPLE = "a full version with a leading v, such as v1.35.2 or v1.35.2+rke2r1";

export function invalidVersion(snapshot: ClusterSnapshot, { target, via }: PlanRequest): Refusal | undefined {
  const { topology, controlPlane, pools } = snapshot;
  const named: readonly (readonly [what: string, version: string | undefined])[] = [
    ["the requested version", target],
    ...via.map((version) => ["--via", version] as const),
    [`${objectName(snapshot.ref)} spec.topology.version`, topology?.version],
    ...(topology?.classVersions ?? []).map(
      (version) => [`ClusterClass ${topology?.className ?? ""} spec.kubernetesVersions`, version] as const,
    ),
    ...(controlPlane === undefined ? [] : [[`${objectName(controlPlane.ref)} spec.version`, controlPlane.version] as const]),
    ...pools.map(({ ref, version }) => [`${objectName(ref)} spec.template.spec.version`, version] as const),
  ];
  const evidence = named.flatMap(([what, version]) =>
    version === undefined || parseVersion(version) !== undefined ? [] : [`${what} is ${JSON.stringify(version)}`],
  );
  if (evidence.length > 0) {
    return {
      reason: "InvalidVersion",
      message: `${evidence[0] ?? ""}, which is not a Kubernetes version that Cluster API accepts.`,
      remedy: `Use ${EXAMPLE}.`,
      evidence,
    };
  }
  const beyond = via.filter((version) => compareVersions(versionOf(version), versionOf(target)) > 0);
  if (beyond.length === 0) return undefined;
  return {
    reason: "InvalidVersion",
    message: `--via names ${listed(beyond)}, which is newer than the requested ${target}.`,
    remedy: "Name only versions on the way to the requested one.",
    evidence: [`requested: ${target}`, `via: ${via.join(", ")}`],
  };
}

export function versionDowngrade(snapshot: ClusterSnapshot, { target }: PlanRequest): Refusal | undefined {
  const { topology, controlPlane, pools } = snapshot;
  // Where Cluster API does not set the control plane's version, only the pools are gone along with.
  const from = topology?.version ?? controlPlane?.version ?? versionRange(pools.map(({ version }) => version))?.highest;
  if (from === undefined || parseVersion(from) === undefined || orderOf(versionOf(target), versionOf(from)) !== -1) return undefined;
  return {
    reason: "VersionDowngrade",
    message: `The cluster is at ${from}; ${target} is older. Kubernetes control planes cannot go back: etcd data and API objects may already be of the newer version.`,
    remedy: `Ask for ${from} or newer. To undo an upgrade, restore the cluster from a backup that was made before it.`,
    evidence: [`${topology === undefined ? "the cluster's version" : `${objectName(snapshot.ref)} spec.topology.version`} is ${from}`],
  };
}

export function versionNotInClusterClass({ topology }: ClusterSnapshot, { target }: PlanRequest): Refusal | undefined {
  const versions = topology?.classVersions;
  if (topology === undefined || versions === undefined || versions.includes(target)) return undefined;
  return {
    reason: "VersionNotInClusterClass",
    message: `ClusterClass ${topology.className} lists the versions that its clusters may have, and ${target} is not among them; Cluster API would refuse the change.`,
    remedy: `Ask for one of ${listed(versions)}, or add ${target} to spec.kubernetesVersions of the ClusterClass (with a version for each minor before it).`,
    evidence: [`ClusterClass ${topology.className} spec.kubernetesVersions is ${versions.join(", ")}`],
  };
}

/** Cluster API would compute a chain that skips a minor, or none at all, from the versions that the class lists. */
export function minorSkipped({ topology, controlPlane, pools }: ClusterSnapshot, { target }: PlanRequest): Refusal | undefined {
  const classVersions = topology?.classVersions;
  if (topology === undefined || classVersions === undefined || !classVersions.includes(target)) return undefined;
  const from = controlPlane?.version ?? topology.version;
  if (orderOf(versionOf(target), versionOf(from)) === -1) return undefined;
  const lowestWorker = versionRange(pools.map(({ version }) => version))?.lowest;
  const path = topologyPath({ controlPlane: from, lowestWorker, target, classVersions }).controlPlane;
  const missing = missingMinors(from, path);
  const evidence = [
    `control plane at ${from}`,
    `ClusterClass ${topology.className} spec.kubernetesVersions is ${classVersions.join(", ")}`,
  ];
  if (missing.length > 0) {
    return {
      reason: "MinorSkipped",
      message: `From ${from} to ${target} a control plane must go through ${listed(missing)}, and ClusterClass ${topology.className} lists no version of ${missing.length === 1 ? "it" : "them"}.`,
      remedy: `Add a version of ${listed(missing)} to spec.kubernetesVersions of ClusterClass ${topology.className}.`,
      evidence,
    };
  }
  if (from === target || path.at(-1) === target) return undefined;
  return {
    reason: "MinorSkipped",
    message: `${from} and ${target} differ only in build metadata, and Cluster API computes no upgrade between such versions from the list of a ClusterClass.`,
    remedy: "Ask for a version with another patch or minor.",
    evidence,
  };
}

/** Without a list in a ClusterClass, somebody has to name the versions between. */
export function intermediateVersionUnknown(snapshot: ClusterSnapshot, { target, via }: PlanRequest): Refusal | undefined {
  const { topology, controlPlane } = snapshot;
  const from = topology?.version ?? controlPlane?.version;
  if (from === undefined || topology?.classVersions !== undefined) return undefined;
  if (orderOf(versionOf(target), versionOf(from)) === -1) return undefined;
  if (versionOf(from).major !== versionOf(target).major) return otherMajor(from, target);
  const path = controlPlanePath(from, target, via);
  if (path.kind === "path") return undefined;
  const flags = path.missing.map((minor) => `--via ${minor}.X`).join(" ");
  return {
    reason: "IntermediateVersionUnknown",
    message: `From ${from} to ${target} a control plane must go through every minor, and no version is known for ${listed(path.missing)}.`,
    remedy: `Name a version for each missing minor: ${flags} (choose the patch).${topology === undefined ? "" : ` Or list versions in spec.kubernetesVersions of ClusterClass ${topology.className}; Cluster API then walks them by itself.`}`,
    evidence: [`control plane at ${from}`, `requested: ${target}`, `via: ${via.length === 0 ? "none" : via.join(", ")}`],
  };
}

function otherMajor(from: string, target: string): Refusal {
  return {
    reason: "MinorSkipped",
    message: `${from} and ${target} are of different major versions, and no way from one to the other is known.`,
    remedy: "Ask for a version of the same major.",
    evidence: [`control plane at ${from}`, `requested: ${target}`],
  };
}
