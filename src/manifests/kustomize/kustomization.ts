import { NotTextError, type FileReader } from "../repository-files.ts";
import { readTracked } from "./read-tracked.ts";
import { textAt, type Tracked, type TrackedMap, type TrackedScalar, valueAt, wordAt } from "./tracked-value.ts";

/** The three names that kustomize looks for. */
export const kustomizationFileNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"] as const;

/** A kustomization file, read but not followed. */
export interface Kustomization {
  readonly file: string;
  readonly directory: string;
  readonly isComponent: boolean;
  readonly value: TrackedMap;
  /** `resources` and, after them, the deprecated `bases`. */
  readonly resources: readonly string[];
  readonly components: readonly string[];
}

export type KustomizationResult =
  | { readonly kind: "kustomization"; readonly kustomization: Kustomization }
  | { readonly kind: "none" }
  | { readonly kind: "unreadable"; readonly file: string; readonly why: string };

const knownFields = new Set(
  (
    "apiVersion kind metadata openapi namePrefix nameSuffix namespace commonLabels labels commonAnnotations patchesStrategicMerge " +
    "patchesJson6902 patches images imageTags replacements replicas vars sortOptions resources components crds bases configMapGenerator " +
    "secretGenerator helmGlobals helmCharts helmChartInflationGenerator generatorOptions configurations generators transformers validators " +
    "buildMetadata"
  ).split(" "),
);

/** The kustomization of a directory, if there is one. Two files are an error, as they are for kustomize. */
export async function readKustomization(files: FileReader, directory: string): Promise<KustomizationResult> {
  const found: { file: string; text: string }[] = [];
  for (const name of kustomizationFileNames) {
    const file = directory === "" ? name : `${directory}/${name}`;
    try {
      const text = await files.read(file);
      if (text !== undefined) found.push({ file, text });
    } catch (error) {
      // What one directory holds is no reason to tell nothing of the others.
      if (error instanceof NotTextError) return { kind: "unreadable", file, why: "it is not UTF-8 text" };
      throw error;
    }
  }
  const [first, second] = found;
  if (first === undefined) return { kind: "none" };
  const { file } = first;
  if (second !== undefined)
    return { kind: "unreadable", file, why: `${second.file} is there too; kustomize refuses a directory with both` };
  const read = readTracked(file, first.text);
  if (read.kind === "unreadable") return { kind: "unreadable", file, why: read.why };
  const [document, another] = read.documents;
  if (document?.value.kind !== "map" || another !== undefined) return { kind: "unreadable", file, why: "it is not one YAML map" };
  // Somebody's Flux Kustomization in a file of this name: not kustomize's.
  if (wordAt(document.value, ["apiVersion"]).startsWith("kustomize.toolkit.fluxcd.io/")) return { kind: "none" };
  return check(file, directory, document.value);
}

function check(file: string, directory: string, value: TrackedMap): KustomizationResult {
  const unknown = [...value.entries.keys()].find((key) => !knownFields.has(key));
  if (unknown !== undefined) return { kind: "unreadable", file, why: `kustomize knows no field "${unknown}"` };
  const kind = textAt(value, ["kind"]) ?? "Kustomization";
  if (kind !== "Kustomization" && kind !== "Component") return { kind: "unreadable", file, why: `its kind is ${kind}` };
  return {
    kind: "kustomization",
    kustomization: {
      file,
      directory,
      isComponent: kind === "Component",
      value,
      resources: [...textsOf(value, "resources"), ...textsOf(value, "bases")],
      components: textsOf(value, "components"),
    },
  };
}

/** The items of a list field; a field that is absent, null or no list has none. */
export function itemsOf(value: Tracked, ...path: string[]): readonly Tracked[] {
  const found = valueAt(value, path);
  return found?.kind === "list" ? found.items : [];
}

/** The entries of a map field whose values are scalars. */
export function pairsOf(value: Tracked, ...path: string[]): readonly (readonly [string, TrackedScalar])[] {
  const found = valueAt(value, path);
  if (found?.kind !== "map") return [];
  return [...found.entries].flatMap(([key, entry]) => (entry.kind === "scalar" ? [[key, entry] as const] : []));
}

export function scalarsIn(value: Tracked, ...path: string[]): readonly TrackedScalar[] {
  return itemsOf(value, ...path).filter((item) => item.kind === "scalar");
}

function textsOf(value: Tracked, field: string): readonly string[] {
  return scalarsIn(value, field).map(({ text }) => text);
}
