import type { Refusal } from "../../refusal.ts";
import type { ClusterSnapshot } from "../cluster-snapshot.ts";
import { listed, objectName } from "../cluster-words.ts";
import type { PlanRequest } from "../flight.ts";
import { imageMove, missingImage, pointerOf, type ImageTrouble } from "../machine-images.ts";
import { stepsOf, templateMoves, type TemplateMove } from "../steps.ts";

/** What a ReleaseCatalog tells of machine images, and what stands against following it. */

/** In a topology too: whatever its ClusterClass does with the version, machines need an image. */
export function machineImageMissing(snapshot: ClusterSnapshot, request: PlanRequest): Refusal | undefined {
  const { images } = request;
  if (images === undefined) return undefined;
  const needed = usesOf(snapshot, request).flatMap(({ kind, version }) => {
    const why = missingImage(images, kind, version);
    return why === undefined ? [] : [{ kind, version, why: `${version} for ${kind}: ${why}` }];
  });
  const behind = troublesOf(snapshot, request, "missing").map(({ move, template, trouble: { text, versions } }) => ({
    kind: template.ref.kind,
    version: move.to,
    why: `${objectName(template.ref)} ${pointerOf(text.path)} is ${text.value}, which it has of ${listed(versions)}`,
  }));
  const [first] = [...needed, ...behind];
  if (first === undefined) return undefined;
  return {
    reason: "MachineImageMissing",
    message: `${images.name} has no machine image of ${first.version} for ${first.kind}: new machines could not run it.`,
    remedy: `Add the image of ${first.version} for ${first.kind} to releases[].images of ${images.name}, or to the source that tells it of images, then ask again.`,
    evidence: [...needed, ...behind].map(({ why }) => why),
  };
}

export function machineImageUnplaced(snapshot: ClusterSnapshot, request: PlanRequest): Refusal | undefined {
  const unplaced = troublesOf(snapshot, request, "unplaced");
  const [first] = unplaced;
  const { images } = request;
  if (first === undefined || images === undefined) return undefined;
  const { move, template, trouble } = first;
  return {
    reason: "MachineImageUnplaced",
    message: `${images.name} has ${trouble.image.image} as the image of ${move.to} for ${template.ref.kind}, and it cannot be told where in ${objectName(template.ref)} it goes: ${trouble.why}.`,
    remedy: `Set path of that image in releases[].images of ${images.name} to the field that holds it (as /spec/template/spec/image), and see that the template has that field, then ask again.`,
    evidence: unplaced.map((each) => `${objectName(each.template.ref)} to ${each.move.to}: ${each.trouble.why}`),
  };
}

interface Troubled<Kind extends ImageTrouble["kind"]> {
  readonly move: TemplateMove;
  readonly template: NonNullable<TemplateMove["template"]>;
  readonly trouble: Extract<ImageTrouble, { kind: Kind }>;
}

function troublesOf<Kind extends ImageTrouble["kind"]>(
  snapshot: ClusterSnapshot,
  request: PlanRequest,
  kind: Kind,
): readonly Troubled<Kind>[] {
  if (snapshot.topology !== undefined || request.images === undefined) return [];
  return templateMoves(snapshot, request).flatMap((move) => {
    const { template, from, to } = move;
    if (template === undefined) return [];
    const { trouble } = imageMove(template, from, to, request.images);
    // The kind was just compared.
    return trouble?.kind === kind ? [{ move, template, trouble: trouble as Troubled<Kind>["trouble"] }] : [];
  });
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
