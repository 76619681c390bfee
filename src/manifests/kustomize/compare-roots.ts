import type { BuiltObject } from "./built-object.ts";
import { describeId } from "./resource-identity.ts";
import type { Root } from "./roots.ts";
import { scalarsOf, type Step } from "./tracked-value.ts";

/** A field of a built object that differs between two states of the repository; undefined where the field or object is absent. */
export interface Difference {
  readonly root: string;
  readonly object: BuiltObject;
  /** Whether the object is there in both states. */
  readonly change: "changed" | "added" | "removed";
  readonly path: readonly Step[];
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Every difference between what the roots build before and after. */
export function compareRoots(before: readonly Root[], after: readonly Root[]): readonly Difference[] {
  const [was, is] = [byName(before), byName(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
    const [old, now] = [was.get(name) ?? [], is.get(name) ?? []];
    // A root that nothing was changed for is the same object: of a fleet's roots that is all but one.
    if (old.length === now.length && old.every((root, index) => root === now[index])) return [];
    return compareObjects(name, objectsOf(old), objectsOf(now));
  });
}

export function compareObjects(root: string, before: readonly BuiltObject[], after: readonly BuiltObject[]): readonly Difference[] {
  const [was, is] = [byIdentity(before), byIdentity(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((key) => compareObject(root, was.get(key), is.get(key)));
}

function compareObject(root: string, before: BuiltObject | undefined, after: BuiltObject | undefined): Difference[] {
  // What was not read again is the same value.
  if (before?.value === after?.value) return [];
  const object = (before ?? after)!;
  const change = before === undefined ? "added" : after === undefined ? "removed" : "changed";
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((field): Difference[] => {
    const [was, is] = [old.get(field), now.get(field)];
    return was?.text === is?.text ? [] : [{ root, object, change, path: (was ?? is)!.path, before: was?.text, after: is?.text }];
  });
}

/** `KubeadmControlPlane demo/cp spec.version: v1.34.0 → v1.35.2 (overlays/prod)` */
export function describeDifference({ root, object, change, path, before, after }: Difference): string {
  if (change !== "changed") return `${describeId(object.id)} is ${change} (${root})`;
  return `${describeId(object.id)} ${path.join(".")}: ${before ?? "(absent)"} → ${after ?? "(absent)"} (${root})`;
}

function objectsOf(roots: readonly Root[]): readonly BuiltObject[] {
  return roots.flatMap(({ build }) => build.objects);
}

function byName(roots: readonly Root[]): ReadonlyMap<string, readonly Root[]> {
  const found = new Map<string, Root[]>();
  for (const root of roots) {
    const same = found.get(root.name);
    if (same === undefined) found.set(root.name, [root]);
    else same.push(root);
  }
  return found;
}

/** By everything that names an object; several of one name (kustomize refuses them) keep their order. */
function byIdentity(objects: readonly BuiltObject[]): ReadonlyMap<string, BuiltObject> {
  const found = new Map<string, BuiltObject>();
  for (const object of objects) {
    const { group, version, kind, namespace, name } = object.id;
    let key = JSON.stringify([group, version, kind, namespace, name]);
    while (found.has(key)) key += "+";
    found.set(key, object);
  }
  return found;
}

function fieldsOf(object: BuiltObject | undefined): ReadonlyMap<string, { readonly path: readonly Step[]; readonly text: string }> {
  const fields = new Map<string, { path: readonly Step[]; text: string }>();
  if (object !== undefined)
    for (const { path, scalar } of scalarsOf(object.value))
      fields.set(JSON.stringify(path), { path, text: scalar.isNull ? "null" : scalar.text });
  return fields;
}
