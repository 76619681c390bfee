import { withDoubt, withValue, type BuiltObject } from "./built-object.ts";
import { itemsOf, type Kustomization } from "./kustomization.ts";
import { readTracked } from "./read-tracked.ts";
import { resolvePath } from "./repository-path.ts";
import type { FileReader } from "../repository-files.ts";
import { effectiveNamespace, type ResourceId } from "./resource-identity.ts";
import { parseTargetSelector, selectsAnyId, type TargetSelector } from "./target-selector.ts";
import { computed, textAt, type Tracked, type TrackedMap, type TrackedScalar, valueAt, withValueAt, wordAt } from "./tracked-value.ts";
import { doubtAll } from "./apply-patches.ts";

/**
 * `replacements:` copy one value to many fields. A plain copy keeps the place of its source, so the source is what will be edited;
 * anything cleverer (delimiters, encodings, wildcards) makes a value that no place holds.
 */
export async function applyReplacements(
  files: FileReader,
  objects: readonly BuiltObject[],
  kustomization: Kustomization,
): Promise<readonly BuiltObject[]> {
  let current = objects;
  for (const item of itemsOf(kustomization.value, "replacements")) {
    const loaded = await loadReplacements(files, kustomization, item);
    if (typeof loaded === "string") current = doubtAll(current, loaded);
    else for (const replacement of loaded) current = applyReplacement(current, replacement, kustomization.file);
  }
  return current;
}

async function loadReplacements(
  files: FileReader,
  { file: from, directory }: Kustomization,
  item: Tracked,
): Promise<readonly Tracked[] | string> {
  const path = textAt(item, ["path"]);
  if (path === undefined) return [item];
  const file = resolvePath(directory, path);
  const text = file === undefined ? undefined : await files.read(file);
  if (file === undefined || text === undefined) return `the replacements ${path} that ${from} names are not in the repository`;
  const read = readTracked(file, text);
  if (read.kind === "unreadable") return `the replacements ${file} cannot be read: ${read.why}`;
  return read.documents.flatMap(({ value }) => (value.kind === "list" ? value.items : [value]));
}

function applyReplacement(objects: readonly BuiltObject[], replacement: Tracked, file: string): readonly BuiltObject[] {
  const by = `replacements in ${file}`;
  const source = sourceValue(objects, replacement, by);
  if (typeof source === "string") return doubtAll(objects, `${by}: ${source}`);
  let current = objects;
  for (const target of itemsOf(replacement, "targets")) {
    const selector = valueAt(target, ["select"]);
    if (selector === undefined) return doubtAll(current, `${by}: a target has no select; kustomize refuses it`);
    const select = parseTargetSelector(selector);
    if (select.kind === "unclear") return doubtAll(current, `${by}: ${select.why}`);
    const rejects: TargetSelector[] = [];
    for (const item of itemsOf(target, "reject")) {
      const reject = parseTargetSelector(item);
      if (reject.kind === "unclear") return doubtAll(current, `${by}: ${reject.why}`);
      rejects.push(reject.selector);
    }
    const targeted = current.map((object): Targeted => {
      const selected = selectsAnyId(select.selector, object);
      const rejected = rejects.map((reject) => selectsAnyId(reject, object));
      if (selected === "no" || rejected.includes("yes")) return { object };
      if (selected === "depends" || rejected.includes("depends"))
        return {
          ...copyTo(object, target, source, by),
          object: withDoubt(object, `${by} select it or not, depending on the version of kustomize`),
        };
      return copyTo(object, target, source, by);
    });
    // Where one target lacks the field, kustomize builds nothing at all.
    const lacking = targeted.flatMap(({ lacks }) => (lacks === undefined ? [] : [lacks]));
    current = [...new Set(lacking)].reduce(
      doubtAll,
      targeted.map(({ object }) => object),
    );
  }
  return current;
}

/** The scalar to copy, or why it is not known. */
function sourceValue(objects: readonly BuiltObject[], replacement: Tracked, by: string): TrackedScalar | string {
  const literal = valueAt(replacement, ["sourceValue"]);
  if (literal?.kind === "scalar") return literal;
  const source = valueAt(replacement, ["source"]);
  if (source?.kind !== "map") return "there is no source";
  const candidates = objects.filter((object) => [object.id, ...object.previousIds].some((id) => isSource(source, id)));
  const [only, another] = candidates;
  if (only === undefined || another !== undefined) return `the source is ${only === undefined ? "no" : "more than one"} object`;
  const fieldPath = textAt(source, ["fieldPath"]) ?? "metadata.name";
  const path = splitFieldPath(fieldPath);
  const found = path === undefined ? undefined : valueAt(only.value, path);
  if (found?.kind !== "scalar") return `the source ${fieldPath} is not a single value`;
  return textAt(source, ["options", "delimiter"]) === undefined
    ? found
    : computed("", `${by}, which cut it out of ${only.id.kind} ${only.id.name} ${fieldPath}`);
}

function isSource(source: TrackedMap, id: ResourceId): boolean {
  const wants = (field: "group" | "version" | "kind" | "name") => [undefined, "", id[field]].includes(textAt(source, [field]));
  const namespace = wordAt(source, ["namespace"]);
  return (
    wants("group") &&
    wants("version") &&
    wants("kind") &&
    wants("name") &&
    (namespace === "" || effectiveNamespace({ ...id, namespace }) === effectiveNamespace(id))
  );
}

interface Targeted {
  readonly object: BuiltObject;
  /** A field that a replacement writes to, and that is neither there nor to be created: kustomize refuses the build. */
  readonly lacks?: string;
}

function copyTo(object: BuiltObject, target: Tracked, source: TrackedScalar, by: string): Targeted {
  const fieldPaths = itemsOf(target, "fieldPaths").flatMap((item) => (item.kind === "scalar" ? [item.text] : []));
  const create = textAt(target, ["options", "create"]) === "true";
  const composed = valueAt(target, ["options", "delimiter"]) !== undefined;
  const value = composed ? computed("", `${by}, which put it together`) : source;
  let changed = object;
  let lacks: string | undefined;
  for (const fieldPath of fieldPaths.length === 0 ? ["metadata.name"] : fieldPaths) {
    const path = splitFieldPath(fieldPath);
    if (path === undefined) changed = withDoubt(changed, `${by} write to ${fieldPath}, which cannot be followed`);
    else if (valueAt(changed.value, path) === undefined && !create)
      lacks = `${by} write to ${fieldPath}, which ${object.id.kind} ${object.id.name} does not have; kustomize refuses it`;
    else changed = withValue(changed, withValueAt(changed.value, path, value));
  }
  return lacks === undefined ? { object: changed } : { object: changed, lacks };
}

/** `spec.topology.version`, `metadata.annotations.[a.b/c]`, `a\.b`: map keys only. Undefined for list items and wildcards. */
function splitFieldPath(text: string): readonly [string, ...string[]] | undefined {
  const steps = [...text.matchAll(/\[([^\]]*)\]|((?:\\.|[^.[\\])+)/g)].map(
    ([, bracketed, plain = ""]) => bracketed ?? plain.replaceAll("\\.", "."),
  );
  const [first, ...rest] = steps;
  if (first === undefined || steps.some((step) => step === "*" || step.includes("=") || /^\d+$/.test(step))) return undefined;
  return [first, ...rest];
}
