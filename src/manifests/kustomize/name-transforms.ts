import { rememberId, withDoubt, withValue, type BuiltObject } from "./built-object.ts";
import { pairsOf, type Kustomization, itemsOf } from "./kustomization.ts";
import { isClusterScoped, sameId } from "./resource-identity.ts";
import { computed, type TrackedMap, valueAt, withValueAt, wordAt } from "./tracked-value.ts";

/** Kinds that kustomize never renames. */
const keepTheirNames = new Set(["CustomResourceDefinition", "APIService", "Namespace"]);

/** `namespace:` puts every namespaced object there, and renames a Namespace object. */
export function applyNamespace(objects: readonly BuiltObject[], { file, value }: Kustomization): readonly BuiltObject[] {
  const namespace = wordAt(value, ["namespace"]);
  if (namespace === "") return objects;
  const moved = objects.map((object) => {
    const by = `namespace in ${file}`;
    const before = rememberId(object);
    if (object.id.kind === "Namespace" && object.id.group === "") return set(before, ["metadata", "name"], namespace, by);
    return isClusterScoped(object.id) ? before : set(before, ["metadata", "namespace"], namespace, by);
  });
  return moved.map((object) =>
    moved.some((other) => other !== object && sameId(other.id, object.id))
      ? withDoubt(object, `namespace in ${file} gives two objects the same name; kustomize refuses it`)
      : object,
  );
}

/** `namePrefix:`, then `nameSuffix:`. Only `metadata.name` changes: kustomize knows no reference of Cluster API. */
export function applyNames(objects: readonly BuiltObject[], { file, value }: Kustomization): readonly BuiltObject[] {
  const prefix = wordAt(value, ["namePrefix"]);
  const suffix = wordAt(value, ["nameSuffix"]);
  return objects.map((object) => {
    if (keepTheirNames.has(object.id.kind)) return object;
    const prefixed =
      prefix === "" ? object : set(rememberId(object), ["metadata", "name"], prefix + object.id.name, `namePrefix in ${file}`);
    return suffix === "" ? prefixed : set(rememberId(prefixed), ["metadata", "name"], prefixed.id.name + suffix, `nameSuffix in ${file}`);
  });
}

/** `labels`, `commonLabels` and `commonAnnotations`, as far as selectors of later patches see them: on the object itself. */
export function applyLabels(objects: readonly BuiltObject[], { file, value }: Kustomization): readonly BuiltObject[] {
  const labels = [...itemsOf(value, "labels").flatMap((item) => pairsOf(item, "pairs")), ...pairsOf(value, "commonLabels")];
  const annotations = pairsOf(value, "commonAnnotations");
  return objects.map((object) => {
    let { value: changed } = object;
    for (const [key, { text }] of labels) changed = withValueAt(changed, ["metadata", "labels", key], computed(text, `labels in ${file}`));
    for (const [key, { text }] of annotations)
      changed = withValueAt(changed, ["metadata", "annotations", key], computed(text, `commonAnnotations in ${file}`));
    return withValue(object, changed);
  });
}

function set(object: BuiltObject, path: readonly [string, ...string[]], text: string, by: string): BuiltObject {
  return withValue(object, withValueAt(object.value, path, computed(text, by)));
}

/** Objects that kustomize keeps to itself: they feed replacements and are not part of the output. */
export function isLocal(object: TrackedMap): boolean {
  const mark = valueAt(object, ["metadata", "annotations", "config.kubernetes.io/local-config"]);
  return mark?.kind === "scalar" && mark.text !== "false";
}
