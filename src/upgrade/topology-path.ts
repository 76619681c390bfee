import { compareVersions, orderOf, versionOf } from "./kubernetes-version.ts";

/**
 * What Cluster API's topology controller does by itself after one write of `spec.topology.version`
 * (exp/topology/desiredstate/upgrade_plan.go at v1.14, `GetUpgradePlanFromClusterClassVersions` and `DefaultAndValidateUpgradePlans`).
 */
export interface TopologyPath {
  /** Versions that the control plane goes through, the target included; empty when it is there. */
  readonly controlPlane: readonly string[];
  /** Versions that the workers go through; empty when they are there, or there are none. */
  readonly workers: readonly string[];
}

/** Cluster API's workers hop at every third minor, whatever the version. */
const WORKER_MINORS = 3;

/**
 * With `classVersions` (`ClusterClass.spec.kubernetesVersions`): the last listed version of each minor up to the target. Without: the target alone. The result may skip a
 * minor that the class does not list, as Cluster API's own does; it then refuses to go, and so must we (`missingMinors`).
 */
export function topologyPath(input: {
  readonly controlPlane: string;
  /** The lowest version among the pools; undefined where there is none. */
  readonly lowestWorker: string | undefined;
  readonly target: string;
  readonly classVersions: readonly string[] | undefined;
}): TopologyPath {
  const { controlPlane, lowestWorker, target, classVersions } = input;
  const path = classVersions === undefined ? oneStep(controlPlane, target) : chained(controlPlane, target, classVersions);
  return { controlPlane: path, workers: lowestWorker === undefined ? [] : workerHops(lowestWorker, controlPlane, target, path) };
}

function oneStep(from: string, target: string): readonly string[] {
  return from === target ? [] : [target];
}

/** The last candidate of each minor; of the current minor none, unless the target is in it. */
function chained(from: string, target: string, classVersions: readonly string[]): readonly string[] {
  if (from === target) return [];
  const [start, end] = [versionOf(from), versionOf(target)];
  const lastOfMinor = new Map<number, string>();
  for (const text of classVersions) {
    const version = versionOf(text);
    if (isSameRelease(text, from) || compareVersions(version, start) <= 0) continue;
    if (orderOf(version, end) === 1) break;
    if (version.minor > start.minor || end.minor === start.minor) lastOfMinor.set(version.minor, text);
    if (text === target) break;
  }
  return [...lastOfMinor.values()];
}

function workerHops(lowest: string, controlPlane: string, target: string, path: readonly string[]): readonly string[] {
  if (lowest === target) return [];
  const byMinor = new Map([controlPlane, ...path].map((text) => [versionOf(text).minor, text]));
  const first = versionOf(lowest).minor;
  const hops: string[] = [];
  for (let minor = first + WORKER_MINORS; minor < versionOf(target).minor; minor += WORKER_MINORS) {
    const hop = byMinor.get(minor);
    if (hop !== undefined) hops.push(hop);
  }
  return [...hops, target];
}

/** Equal but for build metadata: Cluster API leaves such candidates out of a chain (a change of build alone is a plan of one step). */
function isSameRelease(a: string, b: string): boolean {
  return a.split("+")[0] === b.split("+")[0];
}
