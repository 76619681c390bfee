import { hasId, newObject, withDoubt, withValue, type BuiltObject } from "./built-object.ts";
import { itemsOf, pairsOf, scalarsIn, type Kustomization } from "./kustomization.ts";
import { sameId } from "./resource-identity.ts";
import { computed, emptyMap, textAt, type Tracked, type TrackedMap, valueAt, withEntry, withValueAt, wordAt } from "./tracked-value.ts";

/** The objects with what `configMapGenerator` and `secretGenerator` add. Literals keep their place: a replacement may carry them to a version. */
export function applyGenerators(objects: readonly BuiltObject[], kustomization: Kustomization): readonly BuiltObject[] {
  let current = objects;
  for (const [field, kind] of [
    ["configMapGenerator", "ConfigMap"],
    ["secretGenerator", "Secret"],
  ] as const) {
    for (const item of itemsOf(kustomization.value, field))
      current = absorb(current, generate(kustomization, kind, item), textAt(item, ["behavior"]) ?? "create");
  }
  return current;
}

/** What brings objects into a build that cannot be seen from the files: charts and generator plugins. */
export function opaqueGenerators({ file, value }: Kustomization): readonly string[] {
  return ["helmCharts", "helmChartInflationGenerator", "generators"]
    .filter((field) => itemsOf(value, field).length > 0)
    .map((field) => `${field} in ${file}`);
}

function generate({ file, value: kustomization }: Kustomization, kind: "ConfigMap" | "Secret", item: Tracked): BuiltObject {
  const data = new Map<string, Tracked>();
  for (const literal of scalarsIn(item, "literals")) {
    const [, key = "", text = ""] = /^([^=]*)=(.*)$/s.exec(literal.text) ?? [];
    const quoted = /^(["']).*\1$/s.test(text) && text.length > 1;
    // A Secret's values are written in Base64, and a quoted literal loses its quotes: neither can be edited as it stands.
    if (kind === "Secret" || quoted) data.set(key, computed(quoted ? text.slice(1, -1) : text, `a literal of ${kind} in ${file}`));
    else data.set(key, { ...literal, text, place: { ...literal.place!, around: { before: `${key}=`, after: "" } } });
  }
  for (const source of ["envs", "files"])
    for (const { text } of scalarsIn(item, source)) data.set(text, computed("", `${source} of a ${kind} in ${file}`));
  let value: TrackedMap = { kind: "map", entries: new Map<string, Tracked>([["data", { kind: "map", entries: data }]]) };
  const by = `generator in ${file}`;
  value = withValueAt(value, ["apiVersion"], computed("v1", by));
  value = withValueAt(value, ["kind"], computed(kind, by));
  value = withValueAt(value, ["metadata", "name"], computed(wordAt(item, ["name"]), by));
  const namespace = textAt(item, ["namespace"]);
  if (namespace !== undefined) value = withValueAt(value, ["metadata", "namespace"], computed(namespace, by));
  const options = [valueAt(kustomization, ["generatorOptions"]) ?? emptyMap, valueAt(item, ["options"]) ?? emptyMap];
  for (const option of options)
    for (const field of ["labels", "annotations"])
      for (const [key, { text }] of pairsOf(option, field)) value = withValueAt(value, ["metadata", field, key], computed(text, by));
  const hashed = !options.some((option) => textAt(option, ["disableNameSuffixHash"]) === "true");
  return hashed ? { ...newObject(value), hashed } : newObject(value);
}

function absorb(objects: readonly BuiltObject[], made: BuiltObject, behavior: string): readonly BuiltObject[] {
  const index = objects.findIndex((object) => hasId(object, (id) => sameId(id, made.id)));
  const existing = objects[index];
  if (existing === undefined) return [...objects, made];
  if (behavior === "create") return objects.with(index, withDoubt(existing, "a generator makes it once more; kustomize refuses it"));
  const before = behavior === "merge" ? valueAt(existing.value, ["data"]) : undefined;
  const after = valueAt(made.value, ["data"]) as TrackedMap; // generate() always sets it
  const data: TrackedMap = { kind: "map", entries: new Map([...(before?.kind === "map" ? before.entries : []), ...after.entries]) };
  return objects.with(index, withValue(existing, withEntry(existing.value, "data", data)));
}
