import type { Refusal } from "../../refusal.ts";
import type { BuiltObject } from "./built-object.ts";
import { concerns } from "./name-references.ts";
import { isWithin } from "./repository-path.ts";
import { describeId } from "./resource-identity.ts";
import type { Root } from "./roots.ts";
import { valueAt, type Step, type TrackedScalar } from "./tracked-value.ts";

/** The live object that is asked for. An empty namespace matches manifests without one. */
export interface WantedObject {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** An object in the output of one root. */
export interface ObjectInRoot {
  readonly root: Root;
  readonly object: BuiltObject;
}

export type LocatedObject =
  | ({ readonly kind: "found" } & ObjectInRoot)
  /** `unseen`: where the roots take objects from that are not in the repository. */
  | { readonly kind: "absent"; readonly unseen: readonly string[] }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** The one root that produces the object. Two that do would fight over it in the cluster. */
export function locateObject(roots: readonly Root[], wanted: WantedObject, directory = ""): LocatedObject {
  const isConsidered = ({ build }: Root): boolean =>
    isWithin(build.directory, directory) || build.objects.some(({ written }) => written !== undefined && isWithin(written.file, directory));
  const named = objectsNamed(roots, wanted.name).filter(({ root, object }) => isNamed(object, wanted) && isConsidered(root));
  const exact = named.filter(({ object }) => object.id.namespace === wanted.namespace);
  // Argo CD and Flux put objects without a namespace where they are told to.
  const matches = exact.length > 0 ? exact : named.filter(({ object }) => object.id.namespace === "");
  const [first, second] = matches;
  if (first === undefined) {
    const partlySeen = roots.filter((root) => root.build.unseen.length > 0 && isConsidered(root));
    return { kind: "absent", unseen: [...new Set(partlySeen.flatMap(({ build }) => build.unseen))] };
  }
  if (second !== undefined) return { kind: "refused", refusal: ambiguous(wanted, matches) };
  return { kind: "found", ...first };
}

/** So many questions to the same roots are answered by going through them; then they are many, and an index is made. */
const fewQuestions = 16;

interface Asked {
  questions: number;
  index: ReadonlyMap<string, readonly ObjectInRoot[]> | undefined;
}

const asked = new WeakMap<readonly Root[], Asked>();

/** The objects of that name. All upgrades of a fleet ask for theirs, of the same roots; after a commit that only one of them waits for, few do. */
function objectsNamed(roots: readonly Root[], name: string): readonly ObjectInRoot[] {
  const known = asked.get(roots) ?? { questions: 0, index: undefined };
  asked.set(roots, known);
  known.questions += 1;
  if (known.questions > fewQuestions) return (known.index ??= indexOf(roots)).get(name) ?? [];
  return roots.flatMap((root) => root.build.objects.filter(({ id }) => id.name === name).map((object) => ({ root, object })));
}

function indexOf(roots: readonly Root[]): ReadonlyMap<string, readonly ObjectInRoot[]> {
  const index = new Map<string, ObjectInRoot[]>();
  for (const root of roots)
    for (const object of root.build.objects) {
      const same = index.get(object.id.name);
      if (same === undefined) index.set(object.id.name, [{ root, object }]);
      else same.push({ root, object });
    }
  return index;
}

function isNamed({ id }: BuiltObject, wanted: WantedObject): boolean {
  return id.kind === wanted.kind && id.name === wanted.name && id.group === wanted.group;
}

export type LocatedField =
  | { readonly kind: "found"; readonly scalar: TrackedScalar & { readonly place: NonNullable<TrackedScalar["place"]> } }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** The place that decides the field, if exactly one does and nothing else may interfere. */
export function locateField({ root, object }: ObjectInRoot, path: readonly Step[]): LocatedField {
  const field = `${describeId(object.id)} ${path.join(".")}`;
  const [doubt] = object.doubts;
  if (doubt !== undefined)
    return refuse(
      "ManifestBuildUnclear",
      `${field} is built by ${root.name}, and what it ends up with is not certain: ${doubt}.`,
      object.doubts,
    );
  const rule = root.build.configurations.find(
    (one) => (one.section !== "nameReference" || one.throughLists) && concerns(one, object.id, path),
  );
  if (rule !== undefined)
    return refuse(
      "ManifestBuildUnclear",
      `${rule.file} makes kustomize rewrite ${rule.path.join("/")} (${rule.section}), which is about ${field}.`,
    );
  const found = valueAt(object.value, path);
  if (found?.kind !== "scalar" || found.isNull)
    return refuse("ManifestFieldMissing", `${field} is not set to a single value by what ${root.name} builds.`);
  if (found.text.includes("$("))
    return refuse("ManifestBuildUnclear", `${field} is ${found.text}: a variable of kustomize (vars), which is not followed.`);
  if (found.place === undefined)
    return refuse("ManifestValueComputed", `${field} in ${root.name} is not written anywhere: it is made by ${found.computedBy}.`);
  return { kind: "found", scalar: { ...found, place: found.place } };
}

function refuse(reason: string, message: string, evidence: readonly string[] = []): LocatedField {
  const remedy = "Write the value plainly in a manifest or in a patch of the overlay, or change it by hand.";
  return { kind: "refused", refusal: { reason, message, remedy, ...(evidence.length === 0 ? {} : { evidence }) } };
}

function ambiguous(wanted: WantedObject, matches: readonly ObjectInRoot[]): Refusal {
  const places = matches.map(({ root, object }) => `${root.name}${object.written === undefined ? "" : ` from ${object.written.file}`}`);
  return {
    reason: "ManifestAmbiguous",
    message: `${describeId(wanted)} is built by ${places.join(" and by ")}. Only one of them can be what is applied.`,
    remedy: "Name the directory that is applied, or give the objects different names or namespaces.",
    evidence: places,
  };
}
