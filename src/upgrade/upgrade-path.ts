import { compareVersions, minorName, sortVersions, versionOf } from "./kubernetes-version.ts";
import { kubeletAllowed } from "./skew.ts";

/** The versions that a control plane goes through, ascending, the target included; empty when it is there. */
export type ControlPlanePath =
  | { readonly kind: "path"; readonly versions: readonly string[] }
  /** Minors that no known version stands for: `["v1.35", "v1.36"]`. */
  | { readonly kind: "minors-missing"; readonly missing: readonly string[] };

/**
 * From `from` to `to` one minor at a time, through every version of `via` that lies strictly between. Versions of `via` outside of that are left out: those
 * behind us were steps of an earlier run.
 */
export function controlPlanePath(from: string, to: string, via: readonly string[]): ControlPlanePath {
  if (from === to) return { kind: "path", versions: [] };
  const [start, end] = [versionOf(from), versionOf(to)];
  const between = via.filter((text) => compareVersions(versionOf(text), start) > 0 && compareVersions(versionOf(text), end) < 0);
  const versions = [...sortVersions(between), to];
  const missing = missingMinors(from, versions);
  return missing.length === 0 ? { kind: "path", versions } : { kind: "minors-missing", missing };
}

/** Minors between `from` and the last of `versions` that no version stands for: `["v1.35"]`. Empty for a path that may be walked. */
export function missingMinors(from: string, versions: readonly string[]): readonly string[] {
  const missing: string[] = [];
  let { minor } = versionOf(from);
  for (const version of versions.map(versionOf)) {
    for (minor += 1; minor < version.minor; minor++) missing.push(minorName(version.major, minor));
    minor = version.minor;
  }
  return missing;
}

/** A group of workers that goes to a new version as one: a pool. */
export interface WorkerGroup {
  readonly id: string;
  readonly version: string;
}

export type PathMove =
  | { readonly kind: "control-plane"; readonly from: string; readonly to: string }
  | { readonly kind: "workers"; readonly id: string; readonly from: string; readonly to: string };

/**
 * All moves, in order, of a cluster whose control plane goes along `path`: workers stay as long as the skew policy allows, hop to the control plane's version
 * just before its next minor would leave them behind, and go to the target at the end. So each worker is replaced as few times as possible, and a new worker
 * always has the control plane's minor (kubeadm joins no other).
 */
export function movesAlong(path: readonly string[], controlPlane: string, workers: readonly WorkerGroup[]): readonly PathMove[] {
  const moves: PathMove[] = [];
  const at = new Map(workers.map(({ id, version }) => [id, version]));
  let current = controlPlane;
  const bringToControlPlane = (id: string, from: string): void => {
    if (from === current) return;
    moves.push({ kind: "workers", id, from, to: current });
    at.set(id, current);
  };
  for (const next of path) {
    for (const [id, version] of at) {
      if (!kubeletAllowed(versionOf(version), versionOf(next))) bringToControlPlane(id, version);
    }
    moves.push({ kind: "control-plane", from: current, to: next });
    current = next;
  }
  for (const [id, version] of at) bringToControlPlane(id, version);
  return moves;
}
