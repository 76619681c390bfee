import { classChain, isChainSplit } from "./chain-split.ts";
import { afterMove, variableMove, type VariableMove } from "./class-variables.ts";
import type { ClusterSnapshot, MachineTemplateSnapshot, ObjectReference, TopologySnapshot } from "./cluster-snapshot.ts";
import { objectKey } from "./cluster-words.ts";
import type { PlanRequest } from "./flight.ts";
import { versionRange } from "./kubernetes-version.ts";
import { imageMove, noImages, type ImageMove } from "./machine-images.ts";
import { rotated, rotationFor } from "./rotation.ts";
import { topologyPath } from "./topology-path.ts";
import type { UpgradeStep } from "./upgrade-types.ts";
import { controlPlanePath, movesAlong, type PathMove } from "./upgrade-path.ts";

/**
 * The writes that are still to be made, in order; what is written already is none of them, though it may still roll. The request must have passed the policies
 * (`refusalsOf`).
 */
export function stepsOf(snapshot: ClusterSnapshot, request: PlanRequest): readonly UpgradeStep[] {
  return snapshot.topology === undefined ? plainSteps(snapshot, request) : topologySteps(snapshot, request);
}

/** How many versions the workers go through on the way to the target. */
export function workerHops(snapshot: ClusterSnapshot, request: PlanRequest): number {
  const hops = topologySteps(snapshot, request).flatMap((step) => (step.kind === "topology" ? step.workersThrough : []));
  return hops.length;
}

function topologySteps(snapshot: ClusterSnapshot, request: PlanRequest): readonly UpgradeStep[] {
  return topologyMoves(snapshot, request).map(({ images: { set }, ...move }) => {
    return { kind: "topology", object: snapshot.ref, ...move, ...(set.length === 0 ? {} : { variables: set }) };
  });
}

/** A write of a topology's version, with what becomes of its variables. */
export interface TopologyMove {
  readonly from: string;
  readonly to: string;
  readonly controlPlaneThrough: readonly string[];
  readonly workersThrough: readonly string[];
  readonly images: VariableMove;
}

/** The writes of a cluster with a topology, in order. */
export function topologyMoves(snapshot: ClusterSnapshot, request: PlanRequest): readonly TopologyMove[] {
  const { topology } = snapshot;
  if (topology === undefined || topology.version === request.target) return [];
  let { variables } = topology;
  return topologyWrites(snapshot, topology, request).map((write) => {
    const images = variableMove(snapshot, variables, write.to, request.images);
    variables = afterMove(variables, images);
    return { ...write, images };
  });
}

function topologyWrites(
  snapshot: ClusterSnapshot,
  { version, classVersions }: TopologySnapshot,
  request: PlanRequest,
): readonly Omit<TopologyMove, "images">[] {
  const { target, via } = request;
  const { controlPlane, pools } = snapshot;
  const lowestWorker = versionRange(pools.filter(({ topologyName }) => topologyName !== undefined).map(({ version: own }) => own))?.lowest;
  const oneByOne = (versions: readonly string[]): readonly Omit<TopologyMove, "images">[] =>
    versions.map((to, index) => {
      return {
        from: versions[index - 1] ?? version,
        to,
        controlPlaneThrough: [to],
        workersThrough: lowestWorker === undefined ? [] : [to],
      };
    });
  if (classVersions !== undefined && isChainSplit(snapshot, request)) return oneByOne(classChain(version, target, classVersions));
  if (classVersions !== undefined) {
    const through = topologyPath({ controlPlane: controlPlane?.version ?? version, lowestWorker, target, classVersions });
    return [{ from: version, to: target, controlPlaneThrough: through.controlPlane, workersThrough: through.workers }];
  }
  // Without a list Cluster API goes one minor for each write, and takes the workers along each time.
  const path = controlPlanePath(version, target, via);
  return path.kind === "path" ? oneByOne(path.versions) : [];
}

/** A write of a step, with the machine template as the steps before leave it. */
export interface TemplateMove extends Pick<PathMove, "from" | "to"> {
  readonly kind: "control-plane" | "pool";
  readonly object: ObjectReference;
  readonly template: MachineTemplateSnapshot | undefined;
  /** What the catalog makes of the template. */
  readonly images: ImageMove;
}

interface Mover {
  readonly object: ObjectReference;
  readonly kind: "control-plane" | "pool";
  template: MachineTemplateSnapshot | undefined;
}

function plainSteps(snapshot: ClusterSnapshot, request: PlanRequest): readonly UpgradeStep[] {
  return templateMoves(snapshot, request).map(({ kind, object, from, to, template, images }) => {
    return { kind, object, from, to, rotation: rotationFor(template, from, to, images) };
  });
}

/** The writes of a cluster without a topology, in order. */
export function templateMoves(snapshot: ClusterSnapshot, { target, via, images }: PlanRequest): readonly TemplateMove[] {
  const { controlPlane } = snapshot;
  const start = controlPlane?.version;
  const path = start === undefined ? undefined : controlPlanePath(start, target, via);
  if (path !== undefined && path.kind !== "path") return [];
  const pools = snapshot.pools.filter(({ version }) => version !== undefined);
  const workers = pools.map(({ ref, version }) => ({ id: objectKey(ref), version: version ?? target }));
  const movers = new Map<string, Mover>(
    // The object that a MachinePool refers to is its infrastructure itself: how its image follows is the provider's business.
    pools.map(({ ref, kind, machineTemplate }) => [
      objectKey(ref),
      { object: ref, kind: "pool", template: kind === "MachinePool" ? undefined : machineTemplate },
    ]),
  );
  const head: Mover | undefined = controlPlane && {
    object: controlPlane.ref,
    kind: "control-plane",
    template: controlPlane.machineTemplate,
  };
  // Where the control plane cannot be written, its pools go straight to the target, which it must have reached (`UnsupportedControlPlane`).
  const moves = path === undefined ? straight(workers, target) : movesAlong(path.versions, start ?? target, workers);
  return moves.flatMap((move) => {
    const mover = move.kind === "control-plane" ? head : movers.get(move.id);
    return mover === undefined ? [] : [moveOf(mover, move, images)];
  });
}

function straight(workers: readonly { readonly id: string; readonly version: string }[], target: string): readonly PathMove[] {
  return workers.filter(({ version }) => version !== target).map(({ id, version }) => ({ kind: "workers", id, from: version, to: target }));
}

/** Later steps of the same object see the template as the earlier one leaves it. Its new name is only known once it is written; the plan is then made anew. */
function moveOf(mover: Mover, { from, to }: PathMove, catalog: PlanRequest["images"]): TemplateMove {
  const { kind, object, template } = mover;
  const images = template === undefined ? noImages : imageMove(template, from, to, catalog);
  mover.template = rotated(template, from, to, images);
  return { kind, object, from, to, template, images };
}
