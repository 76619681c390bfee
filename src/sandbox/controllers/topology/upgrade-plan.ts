import { ReconcileError } from "../controller-runtime.ts";
import { compareReleases, order, parseVersion, versionText, type SemanticVersion } from "./semantic-version.ts";

interface UpgradePlan {
  /** Versions that the control plane goes through, oldest first; none when it is there. */
  readonly controlPlane: readonly string[];
  readonly workers: readonly string[];
}

interface PlanInput {
  readonly desired: string;
  readonly controlPlane: string;
  /** Of all pools the version furthest behind; undefined when there are none. */
  readonly minWorkers: string | undefined;
  /** `spec.kubernetesVersions` of the class. */
  readonly classVersions: readonly string[];
}

const noPlan: UpgradePlan = { controlPlane: [], workers: [] };

/** How control plane and workers get from where they are to the topology's version (exp/topology/desiredstate/upgrade_plan.go). Throws ReconcileError when there is no way. */
export function upgradePlan(input: PlanInput): UpgradePlan {
  const desired = parsed(input.desired, "failed to parse Cluster version");
  const controlPlane = parsed(input.controlPlane, "failed to parse ControlPlane version");
  const minWorkers = input.minWorkers === undefined ? undefined : parsed(input.minWorkers, "failed to parse min workers version");
  if (isSame(controlPlane, desired) && (minWorkers === undefined || isSame(minWorkers, desired))) return noPlan;
  const versions =
    input.classVersions.length > 0 ? stepsOfClass(input, desired, controlPlane) : stepOfOneMinor(input, desired, controlPlane);
  const minors = checkControlPlane(input, versions, desired, controlPlane);
  if (minWorkers === undefined || order(minWorkers, desired) === "same") return { controlPlane: versions, workers: [] };
  const workers = stepsOfWorkers(input.desired, minors, desired, minWorkers);
  checkWorkers(workers, versions, input, minWorkers);
  return { controlPlane: versions, workers };
}

/** Of these worker versions the one furthest behind. Where builds are in no order, the one that is not the control plane's. */
export function oldestVersion(versions: readonly string[], controlPlaneText: string): string | undefined {
  const controlPlane = parsed(controlPlaneText, "failed to parse ControlPlane version");
  let oldest: SemanticVersion | undefined;
  for (const text of versions) {
    const version = parsed(text, "failed to parse version");
    const compared = oldest === undefined ? "older" : order(version, oldest);
    if (compared === "older" || (compared === "unordered" && !isSame(version, controlPlane))) oldest = version;
  }
  return oldest === undefined ? undefined : versionText(oldest);
}

function stepOfOneMinor({ desired: text, controlPlane: from }: PlanInput, desired: SemanticVersion, current: SemanticVersion): string[] {
  if (isSame(current, desired)) return [];
  if (desired.minor > current.minor + 1) throw new ReconcileError(`cannot compute an upgrade plan from ${from} to ${text}`);
  return [text];
}

/** The newest version of each minor up to the desired one. */
function stepsOfClass({ classVersions }: PlanInput, desired: SemanticVersion, current: SemanticVersion): string[] {
  if (isSame(current, desired)) return [];
  const candidates: { readonly text: string; readonly minor: number }[] = [];
  for (const text of classVersions) {
    const version = parsed(text, "failed to parse version");
    if (compareReleases(version, current) <= 0) continue;
    if (order(version, desired) === "newer") break;
    candidates.push({ text, minor: version.minor });
    if (isSame(version, desired)) break;
  }
  const steps = new Map<number, string>();
  for (const { text, minor } of candidates) {
    // Patches of the minor that is left are no step on the way to another one.
    if (minor > current.minor || current.minor === desired.minor) steps.set(minor, text);
  }
  return [...steps.values()];
}

/** Gives the versions by minor that workers may stop at. */
function checkControlPlane(
  { desired: text, controlPlane: from }: PlanInput,
  versions: readonly string[],
  desired: SemanticVersion,
  controlPlane: SemanticVersion,
): ReadonlyMap<number, string> {
  const minors = new Map([[controlPlane.minor, from]]);
  if (order(controlPlane, desired) === "same") return minors;
  let current = controlPlane;
  for (const [index, version] of versions.entries()) {
    const target = parsed(version, `invalid ControlPlane upgrade plan: item ${index}; failed to parse version`);
    const compared = order(target, current);
    if (compared === "older" || compared === "same") {
      throw new ReconcileError(
        `invalid ControlPlane upgrade plan: item ${index}; version ${version} must be greater than ${versionText(current)}`,
      );
    }
    if (target.minor !== current.minor && target.minor !== current.minor + 1) {
      throw new ReconcileError(
        `invalid ControlPlane upgrade plan: item ${index}; expecting a version with minor ${current.minor} or ${current.minor + 1}, found version ${version}`,
      );
    }
    minors.set(target.minor, version);
    current = target;
  }
  if (order(current, desired) !== "same") {
    throw new ReconcileError(
      `invalid ControlPlane upgrade plan: control plane upgrade plan must end with version ${text}, ends with ${versionText(current)} instead`,
    );
  }
  return minors;
}

/** As seldom as the skew allows: a kubelet may be three minors behind, so each third one is a step, and the last. */
function stepsOfWorkers(text: string, minors: ReadonlyMap<number, string>, desired: SemanticVersion, oldest: SemanticVersion): string[] {
  const steps: string[] = [];
  for (let behind = 3; behind < desired.minor - oldest.minor; behind += 3) {
    const version = minors.get(oldest.minor + behind);
    if (version === undefined) {
      throw new ReconcileError(`invalid upgrade plan; unable to identify version for minor ${oldest.minor + behind}`);
    }
    steps.push(version);
  }
  return steps.at(-1) === text ? steps : [...steps, text];
}

function checkWorkers(steps: readonly string[], controlPlane: readonly string[], input: PlanInput, oldest: SemanticVersion): void {
  const places = [input.controlPlane, ...controlPlane];
  let current = oldest;
  for (const [index, version] of steps.entries()) {
    const target = parsed(version, `invalid workers upgrade plan, item ${index}; failed to parse version`);
    const compared = order(target, current);
    if (compared === "older" || compared === "same") {
      throw new ReconcileError(
        `invalid workers upgrade plan, item ${index}; version ${version} must be greater than ${versionText(current)}`,
      );
    }
    if (compared === "unordered") {
      if (!places.includes(version)) {
        throw new ReconcileError(`invalid workers upgrade plan, item ${index}; failer to determine version ${version} order`);
      }
      const before = versionText(current);
      if (!places.includes(before)) throw new ReconcileError(`failer to determine version ${before} order`);
      if (places.indexOf(version) < places.indexOf(before)) {
        throw new ReconcileError(`invalid workers upgrade plan, item ${index}; version ${version} must be before ${before}`);
      }
    }
    current = target;
  }
}

function isSame(one: SemanticVersion, other: SemanticVersion): boolean {
  return versionText(one) === versionText(other);
}

function parsed(text: string, refusal: string): SemanticVersion {
  const version = parseVersion(text);
  if (version === undefined) throw new ReconcileError(`${refusal} ${text}`);
  return version;
}
