import type { Refusal } from "../../refusal.ts";
import type { ClusterSnapshot, MachineTemplateSnapshot, ObjectReference } from "../cluster-snapshot.ts";
import { listed, objectName, sameObject } from "../cluster-words.ts";
import type { PlanRequest } from "../flight.ts";
import { imageMove, pointerOf } from "../machine-images.ts";
import { strangePins } from "../rotation.ts";
import { templateMoves } from "../steps.ts";

/** The machine templates of clusters without a topology; in a topology they are made by Cluster API, of the ClusterClass. */

export function templateMissing(snapshot: ClusterSnapshot, request: PlanRequest): Refusal | undefined {
  const missing = ownersToMove(snapshot, request).filter(({ template }) => !template.found);
  if (missing.length === 0) return undefined;
  const names = missing.map(({ template }) => objectName(template.ref));
  return {
    reason: "TemplateMissing",
    message: `${listed(names)} does not exist, so no machine could be made from it.`,
    remedy: "Create the template again, or point its owner to one that exists, then ask again.",
    evidence: missing.map(({ owner, template }) => `${objectName(owner)} refers to ${objectName(template.ref)}, which was not found`),
  };
}

export function pinnedImageMismatch(snapshot: ClusterSnapshot, request: PlanRequest): Refusal | undefined {
  const { images } = request;
  const moves = images === undefined ? [] : templateMoves(snapshot, request);
  const strange = ownersToMove(snapshot, request).flatMap(({ owner, version, template }) => {
    const next = moves.find(({ object }) => sameObject(object, owner))?.to ?? request.target;
    // What the catalog's image takes the place of may be of any version.
    const { held } = imageMove(template, version, next, images);
    return strangePins(template, [version, request.target])
      .filter(({ path }) => !held.has(pointerOf(path)))
      .map((pin) => ({ owner, version, template, pin, next }));
  });
  const [first] = strange;
  if (first === undefined) return undefined;
  return {
    reason: "PinnedImageMismatch",
    message: `${objectName(first.template.ref)} names ${first.pin.version} in ${first.pin.path.join(".")}, which is neither the version of ${objectName(first.owner)} (${first.version}) nor ${request.target}; it cannot be told what to put there.`,
    remedy: `${images === undefined ? "Make" : `Add the image of ${first.next} for ${first.template.ref.kind} to releases[].images of ${images.name}, or make`} a template whose image is of ${first.version} or ${request.target}, refer to it, then ask again.`,
    evidence: strange.map(({ owner, version, template, pin }) => {
      return `${objectName(template.ref)} ${pin.path.join(".")} is ${pin.value}; ${objectName(owner)} is at ${version}`;
    }),
  };
}

interface OwnerToMove {
  readonly owner: ObjectReference;
  readonly version: string;
  readonly template: MachineTemplateSnapshot;
}

/** MachinePools are left out: the object that they refer to is their infrastructure itself, not a template. */
function ownersToMove({ topology, controlPlane, pools }: ClusterSnapshot, { target }: PlanRequest): readonly OwnerToMove[] {
  if (topology !== undefined) return [];
  const owners = [...(controlPlane === undefined ? [] : [controlPlane]), ...pools.filter(({ kind }) => kind === "MachineDeployment")];
  return owners.flatMap(({ ref, version, machineTemplate }) =>
    version === undefined || version === target || machineTemplate === undefined
      ? []
      : [{ owner: ref, version, template: machineTemplate }],
  );
}
