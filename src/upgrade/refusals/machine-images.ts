import type { Refusal } from "../../refusal.ts";
import { variableName, type VariableTrouble } from "../class-variables.ts";
import type { ClusterSnapshot } from "../cluster-snapshot.ts";
import { listed, objectName } from "../cluster-words.ts";
import type { PlanRequest } from "../flight.ts";
import { missingImage, pointerOf, type ImageTrouble } from "../machine-images.ts";
import { stepsOf, templateMoves, topologyMoves, type TemplateMove } from "../steps.ts";

/** What a ReleaseCatalog tells of machine images, and what stands against following it. */

/** In a topology too: whatever its ClusterClass does with the version, machines need an image. */
export function machineImageMissing(snapshot: ClusterSnapshot, request: PlanRequest): Refusal | undefined {
  const { images } = request;
  if (images === undefined) return undefined;
  const needed = usesOf(snapshot, request).flatMap(({ kind, version }) => {
    const why = missingImage(images, kind, version);
    return why === undefined ? [] : [{ kind, version, why: `${version} for ${kind}: ${why}` }];
  });
  const behind = troublesOf(snapshot, request, "missing").map(({ to, template, trouble: { text, versions } }) => ({
    kind: template.ref.kind,
    version: to,
    why: `${objectName(template.ref)} ${pointerOf(text.path)} is ${text.value}, which it has of ${listed(versions)}`,
  }));
  const left = variableTroubles(snapshot, request, "missing").map(({ to, trouble: { text, templateKind, versions } }) => ({
    kind: templateKind,
    version: to,
    why: `${variableName(text)} is ${text.value}${versions.length === 0 ? ", and is where its images go" : `, which it has of ${listed(versions)}`}`,
  }));
  const all = [...needed, ...behind, ...left];
  const [first] = all;
  if (first === undefined) return undefined;
  return {
    reason: "MachineImageMissing",
    message: `${images.name} has no machine image of ${first.version} for ${first.kind}: new machines could not run it.`,
    remedy: `Add the image of ${first.version} for ${first.kind} to releases[].images of ${images.name}, or to the source that tells it of images, then ask again.`,
    evidence: all.map(({ why }) => why),
  };
}

export function machineImageUnplaced(snapshot: ClusterSnapshot, request: PlanRequest): Refusal | undefined {
  const unplaced = troublesOf(snapshot, request, "unplaced");
  const [first] = unplaced;
  const { images } = request;
  if (images === undefined) return undefined;
  if (first === undefined) return variableUnplaced(variableTroubles(snapshot, request, "unplaced"), images.name);
  const { to, template, trouble } = first;
  return {
    reason: "MachineImageUnplaced",
    message: `${images.name} has ${trouble.image.image} as the image of ${to} for ${template.ref.kind}, and it cannot be told where in ${objectName(template.ref)} it goes: ${trouble.why}.`,
    remedy: `Set path of that image in releases[].images of ${images.name} to the field that holds it (as /spec/template/spec/image), and see that the template has that field, then ask again.`,
    evidence: unplaced.map((each) => `${objectName(each.template.ref)} to ${each.to}: ${each.trouble.why}`),
  };
}

function variableUnplaced(unplaced: readonly VariableTroubled<"unplaced">[], catalog: string): Refusal | undefined {
  const [first] = unplaced;
  if (first === undefined) return undefined;
  const { to, trouble } = first;
  return {
    reason: "MachineImageUnplaced",
    message: `${catalog} has the image of ${to} for ${trouble.templateKind}, and it cannot be told where in the variables of the ClusterClass it goes: ${trouble.why}.`,
    remedy: `Set variable of each image in releases[].images of ${catalog} to the variable that holds it, with the part of the cluster that it is for if it is not for all of it, and list the image that stands there now; then ask again.`,
    evidence: unplaced.map((each) => `${variableName(each.trouble.text)} to ${each.to}: ${each.trouble.why}`),
  };
}

interface VariableTroubled<Kind extends VariableTrouble["kind"]> {
  readonly to: string;
  readonly trouble: Extract<VariableTrouble, { kind: Kind }>;
}

function variableTroubles<Kind extends VariableTrouble["kind"]>(
  snapshot: ClusterSnapshot,
  request: PlanRequest,
  kind: Kind,
): readonly VariableTroubled<Kind>[] {
  if (request.images === undefined) return [];
  return topologyMoves(snapshot, request).flatMap(({ to, images: { trouble } }) =>
    // The kind was just compared.
    trouble?.kind === kind ? [{ to, trouble: trouble as VariableTroubled<Kind>["trouble"] }] : [],
  );
}

interface Troubled<Kind extends ImageTrouble["kind"]> {
  readonly to: string;
  readonly template: NonNullable<TemplateMove["template"]>;
  readonly trouble: Extract<ImageTrouble, { kind: Kind }>;
}

function troublesOf<Kind extends ImageTrouble["kind"]>(
  snapshot: ClusterSnapshot,
  request: PlanRequest,
  kind: Kind,
): readonly Troubled<Kind>[] {
  if (snapshot.topology !== undefined || request.images === undefined) return [];
  return templateMoves(snapshot, request).flatMap(({ template, to, images: { trouble } }) =>
    // The kind was just compared.
    template !== undefined && trouble?.kind === kind ? [{ to, template, trouble: trouble as Troubled<Kind>["trouble"] }] : [],
  );
}

interface Use {
  readonly kind: string;
  readonly version: string;
}

/** Kinds of machine templates, with the versions that machines are made of from them; each once. */
function usesOf(snapshot: ClusterSnapshot, request: PlanRequest): readonly Use[] {
  const uses = snapshot.topology === undefined ? plainUses(snapshot, request) : topologyUses(snapshot, request);
  return uses.filter((use, index) => uses.findIndex(({ kind, version }) => kind === use.kind && version === use.version) === index);
}

function plainUses(snapshot: ClusterSnapshot, request: PlanRequest): readonly Use[] {
  return templateMoves(snapshot, request).flatMap(({ template, to }) =>
    template === undefined ? [] : [{ kind: template.ref.kind, version: to }],
  );
}

function topologyUses(snapshot: ClusterSnapshot, request: PlanRequest): readonly Use[] {
  const { controlPlane, pools } = snapshot;
  const workers = pools
    .filter(({ topologyName }) => topologyName !== undefined)
    .flatMap(({ machineTemplate }) => machineTemplate?.ref.kind ?? []);
  const head = controlPlane?.machineTemplate?.ref.kind;
  return stepsOf(snapshot, request).flatMap((step) =>
    step.kind !== "topology"
      ? []
      : [
          ...(head === undefined ? [] : step.controlPlaneThrough.map((version) => ({ kind: head, version }))),
          ...step.workersThrough.flatMap((version) => workers.map((kind) => ({ kind, version }))),
        ],
  );
}
