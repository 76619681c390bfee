import { withDoubt, withValue, type BuiltObject } from "./built-object.ts";
import { itemsOf, scalarsIn, type Kustomization } from "./kustomization.ts";
import { readTracked } from "./read-tracked.ts";
import { isRemote, resolvePath } from "./repository-path.ts";
import type { FileReader } from "../repository-files.ts";
import { effectiveNamespace, type ResourceId } from "./resource-identity.ts";
import { type Tracked, valueAt, withValueAt, wordAt } from "./tracked-value.ts";

/** A field that a file of `configurations:` makes kustomize treat specially. */
export interface Configuration {
  /** `nameReference`, `varReference`, `namePrefix`, … */
  readonly section: string;
  readonly file: string;
  /** Of the objects that have the field. Empty: any. */
  readonly kind: string;
  readonly group: string;
  readonly path: readonly [string, ...string[]];
  /** The path goes through lists (`containers[]/image`). */
  readonly throughLists: boolean;
  /** For `nameReference`: whose names the field holds. */
  readonly of?: { readonly kind: string; readonly group: string };
}

/** The files that `configurations:` names. A file that cannot be read is a doubt of everything. */
export async function readConfigurations(
  files: FileReader,
  { file: from, directory, value }: Kustomization,
): Promise<{ readonly rules: readonly Configuration[]; readonly doubts: readonly string[] }> {
  const rules: Configuration[] = [];
  const doubts: string[] = [];
  for (const { text: path } of scalarsIn(value, "configurations")) {
    const file = isRemote(path) ? undefined : resolvePath(directory, path);
    const text = file === undefined ? undefined : await files.read(file);
    const read = file === undefined || text === undefined ? undefined : readTracked(file, text);
    if (file === undefined || read?.kind !== "documents") {
      doubts.push(`the configuration ${path} that ${from} names cannot be read`);
      continue;
    }
    for (const document of read.documents)
      if (document.value.kind === "map")
        for (const [section, entry] of document.value.entries) rules.push(...rulesOf(file, section, entry));
  }
  return { rules, doubts };
}

function rulesOf(file: string, section: string, entry: Tracked): Configuration[] {
  const items = itemsOf(entry);
  if (section !== "nameReference") return items.map((item) => ({ section, file, ...fieldOf(item) }));
  return items.flatMap((item) => itemsOf(item, "fieldSpecs").map((spec) => ({ section, file, ...fieldOf(spec), of: kindOf(item) })));
}

function kindOf(item: Tracked): { readonly kind: string; readonly group: string } {
  return { kind: wordAt(item, ["kind"]), group: wordAt(item, ["group"]) };
}

function fieldOf(item: Tracked): Pick<Configuration, "kind" | "group" | "path" | "throughLists"> {
  const path = wordAt(item, ["path"]);
  const [first = "", ...rest] = path.replaceAll("[]", "").split("/");
  return { ...kindOf(item), path: [first, ...rest], throughLists: path.includes("[]") };
}

/** Whether the rule is about that field of that object, or about something around it. */
export function concerns(rule: Configuration, id: ResourceId, path: readonly (string | number)[]): boolean {
  const steps = path.filter((step) => typeof step === "string");
  const [shorter, longer] = steps.length < rule.path.length ? [steps, rule.path] : [rule.path, steps];
  return appliesTo(rule, id) && shorter.every((step, index) => step === longer[index]);
}

function appliesTo(rule: { readonly kind: string; readonly group: string }, id: ResourceId): boolean {
  return (rule.kind === "" || rule.kind === id.kind) && (rule.group === "" || rule.group === id.group);
}

/**
 * What `nameReference` does at the end of a build: a field that holds the former name of an object gets its present one. By default
 * kustomize knows no reference between Cluster API objects (api/internal/konfig/builtinpluginconsts), so this is only what was configured.
 */
export function applyReferences(objects: readonly BuiltObject[], rules: readonly Configuration[]): readonly BuiltObject[] {
  const references = rules.filter(({ section }) => section === "nameReference");
  return objects.map((object) => {
    let changed = object;
    for (const rule of references) if (appliesTo(rule, object.id)) changed = rename(changed, rule, objects);
    return changed;
  });
}

function rename(referrer: BuiltObject, rule: Configuration, objects: readonly BuiltObject[]): BuiltObject {
  const found = valueAt(referrer.value, rule.path);
  if (found?.kind !== "scalar" || found.writtenAs !== undefined) return referrer;
  const namespace = effectiveNamespace(referrer.id);
  const [only, another] = objects.filter(
    ({ id, previousIds }) =>
      appliesTo(rule.of!, id) && effectiveNamespace(id) === namespace && previousIds.some(({ name }) => name === found.text),
  );
  if (another !== undefined) return withDoubt(referrer, `${rule.file} makes ${rule.path.join("/")} follow a name that several objects had`);
  if (only === undefined || only.id.name === found.text) return referrer;
  return withValue(referrer, withValueAt(referrer.value, rule.path, { ...found, text: only.id.name, writtenAs: found.text }));
}
