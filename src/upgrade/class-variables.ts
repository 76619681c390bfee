import type { ClusterSnapshot, VariableScope, VariableText } from "./cluster-snapshot.ts";
import { imagesOf, pointerOf, type ImageCatalog } from "./machine-images.ts";
import { names, namedFor, standingAt } from "./known-images.ts";
import type { ReleaseImage } from "./policy/release.ts";

/** The text of a ClusterClass's variable that a step changes, together with the version. */
export interface VariableChange extends Pick<VariableText, "variable" | "of" | "path"> {
  /** What stands there now; undefined: whatever does. */
  readonly value: string | undefined;
  readonly to: string;
}

/** What the catalog makes of a topology's variables when it goes to another version. */
export interface VariableMove {
  readonly set: readonly VariableChange[];
  /** Images of the version for a variable that the cluster gives no value. */
  readonly withoutVariable: readonly ReleaseImage[];
  readonly trouble: VariableTrouble | undefined;
}

export type VariableTrouble =
  /** The catalog has an image, and cannot be followed. */
  | { readonly kind: "unplaced"; readonly text: VariableText; readonly templateKind: string; readonly why: string }
  /** The variable holds the image, and the catalog has none of this version. */
  | { readonly kind: "missing"; readonly text: VariableText; readonly templateKind: string; readonly versions: readonly string[] };

/**
 * Where the images of a version go in the variables of a topology. An image that names a variable goes there; one that names none goes where an image stands that the catalog knows of another
 * version. Whether a ClusterClass makes images of a variable is not looked at: a text that merely names a version is left alone.
 */
export function variableMove(
  snapshot: ClusterSnapshot,
  variables: readonly VariableText[],
  to: string,
  catalog: ImageCatalog | undefined,
): VariableMove {
  const set: VariableChange[] = [];
  const placed = new Set<ReleaseImage>();
  const kindsOf = templateKinds(snapshot);
  if (catalog === undefined) return { set, withoutVariable: [], trouble: undefined };
  for (const text of variables) {
    const place = placeOf(text, variables, kindsOf(text.of), to, catalog);
    if (place.kind === "other") continue;
    if (place.kind !== "image") return { set: [], withoutVariable: [], trouble: place };
    for (const image of place.images) placed.add(image);
    const [{ image }] = place.images;
    if (text.value !== image) set.push({ variable: text.variable, of: text.of, path: text.path, value: text.value, to: image });
  }
  const named = kindsOf({ kind: "cluster" }).flatMap((kind) =>
    imagesOf(catalog, kind, to).filter(({ variable }) => variable !== undefined),
  );
  return { set, withoutVariable: named.filter((image) => !placed.has(image)), trouble: undefined };
}

/** The texts that hold, or are to hold, an image of the catalog, whatever the version. */
export function imageVariables(snapshot: ClusterSnapshot, catalog: ImageCatalog | undefined): readonly VariableText[] {
  const kindsOf = templateKinds(snapshot);
  if (catalog === undefined) return [];
  return (snapshot.topology?.variables ?? []).filter((text) => {
    const kinds = kindsOf(text.of);
    return standingAt(catalog, text, kinds).length > 0 || namedFor(catalog, text, kinds).length > 0;
  });
}

/** The variables as a step leaves them. */
export function afterMove(variables: readonly VariableText[], { set }: Pick<VariableMove, "set">): readonly VariableText[] {
  return variables.map((text) => {
    const change = set.find((each) => isSamePlace(each, text));
    return change === undefined ? text : { ...text, value: change.to, versions: [] };
  });
}

/** `variable osImage`, `id of variable osImage of pool md-0`. */
export function variableName({ variable, of, path }: Pick<VariableText, "variable" | "of" | "path">): string {
  const inner = path.length === 0 ? "" : `${path.join(".")} of `;
  switch (of.kind) {
    case "cluster":
      return `${inner}variable ${variable}`;
    case "control-plane":
      return `${inner}variable ${variable} of the control plane`;
    case "MachineDeployment":
    case "MachinePool":
      return `${inner}variable ${variable} of pool ${of.name}`;
    default:
      return of satisfies never;
  }
}

type Place =
  /** All of them the same text. */
  | { readonly kind: "image"; readonly images: readonly [ReleaseImage, ...ReleaseImage[]] }
  /** It holds something else. */
  | { readonly kind: "other" }
  | VariableTrouble;

function placeOf(
  text: VariableText,
  variables: readonly VariableText[],
  kinds: readonly string[],
  to: string,
  catalog: ImageCatalog,
): Place {
  const [named, standing] = [namedFor(catalog, text, kinds), standingAt(catalog, text, kinds)];
  const [one = standing[0]] = named;
  if (one === undefined) return { kind: "other" };
  const { templateKind } = one;
  const unplaced = (why: string): Place => ({ kind: "unplaced", text, templateKind, why });
  const ofVersion = kinds.flatMap((kind) => imagesOf(catalog, kind, to));
  const forAll = ofVersion.filter((image) => names(image, text));
  // What has images of its own in any version has none of the others'.
  const hasOwn = named.some(isForPart);
  const exactly = hasOwn ? forAll.filter(isForPart) : forAll;
  if (!hasOwn && exactly.length > 0 && standing.length === 0 && !isSharedValue(text, variables))
    return unplaced(`${variableName(text)} is ${text.value}, which is not among its images, in place of the cluster's own`);
  const candidates = exactly.length > 0 || hasOwn ? exactly : successors(ofVersion, standing);
  const images = [...new Set(candidates.map(({ image }) => image))];
  const [first, ...others] = candidates;
  if (images.length > 1) return unplaced(`${images.join(" and ")} are listed for ${variableName(text)}`);
  if (first !== undefined) return { kind: "image", images: [first, ...others] };
  const elsewhere = ofVersion.find(({ variable }) => variable !== undefined);
  if (elsewhere !== undefined && named.length === 0)
    return unplaced(`it is listed for variable ${elsewhere.variable?.name ?? ""}, and ${variableName(text)} holds ${text.value}`);
  return { kind: "missing", text, templateKind, versions: standing.map(({ version }) => version) };
}

/** Images that name no variable, for a text that holds one: Metal3's URL takes the place of its URL, its checksum that of its checksum. */
function successors(ofVersion: readonly ReleaseImage[], standing: readonly ReleaseImage[]): readonly ReleaseImage[] {
  const free = ofVersion.filter(({ variable }) => variable === undefined);
  const alike = free.filter(({ path }) => standing.some((image) => image.path === path));
  return alike.length > 0 ? alike : free.filter(({ path }) => path === undefined || standing.some((image) => image.path === undefined));
}

/** What stands in the place of the cluster's value for a part of it may be an image of another make: it must be known, or be the same. */
function isSharedValue(text: VariableText, variables: readonly VariableText[]): boolean {
  if (text.of.kind === "cluster") return true;
  const siblings = variables.filter(({ variable, path }) => variable === text.variable && pointerOf(path) === pointerOf(text.path));
  const cluster = siblings.find(({ of }) => of.kind === "cluster");
  return cluster === undefined ? siblings.every(({ value }) => value === text.value) : cluster.value === text.value;
}

function isForPart({ variable }: ReleaseImage): boolean {
  return variable?.part !== undefined;
}

function isSamePlace(a: Pick<VariableText, "variable" | "of" | "path">, b: Pick<VariableText, "variable" | "of" | "path">): boolean {
  return variableName(a) === variableName(b) && a.of.kind === b.of.kind && pointerOf(a.path) === pointerOf(b.path);
}

/** Kinds of machine templates that the machines of a scope are made of. */
function templateKinds({ controlPlane, pools }: ClusterSnapshot): (scope: VariableScope) => readonly string[] {
  const head = controlPlane?.machineTemplate?.ref.kind;
  const workers = pools.filter(({ topologyName }) => topologyName !== undefined);
  const kindsOf = (some: typeof workers): readonly string[] => some.flatMap(({ machineTemplate }) => machineTemplate?.ref.kind ?? []);
  const all = [...new Set([...(head === undefined ? [] : [head]), ...kindsOf(workers)])];
  return (scope) => {
    if (scope.kind === "cluster") return all;
    if (scope.kind === "control-plane") return head === undefined ? all : [head];
    const own = kindsOf(workers.filter((pool) => pool.kind === scope.kind && pool.topologyName === scope.name));
    // One that is declared, and not made yet, could be of any.
    return own.length === 0 ? all : [...new Set(own)];
  };
}
