import { build, type Build } from "../kustomize/build.ts";
import { withDoubt, withValue, type BuiltObject } from "../kustomize/built-object.ts";
import { kustomizationFileNames, type Kustomization, type KustomizationResult } from "../kustomize/kustomization.ts";
import { ancestorsOf, directoryOf, filesBelow } from "../kustomize/repository-path.ts";
import { emptyMap, valueAt, withEntry, type TrackedMap } from "../kustomize/tracked-value.ts";
import type { FileReader } from "../repository-files.ts";
import type { FluxKustomization } from "./flux-kustomizations.ts";
import { substitute, substitutionDisabled } from "./substitution.ts";

/** What Flux applies: the directory built (of the generated resources where it has no kustomization), with the Flux Kustomization's own fields on top, its variables replaced. */
export async function buildFlux(files: FileReader, flux: FluxKustomization, generated: readonly string[], before?: Build): Promise<Build> {
  const built = await build(files, flux.directory, (read) => adjust(read, flux, generated), before);
  if (!flux.substitutes) return built;
  return { ...built, objects: built.objects.map((object) => substituteIn(object, flux)) };
}

function substituteIn(object: BuiltObject, { variables, file }: FluxKustomization): BuiltObject {
  if (substitutionDisabled(object.value)) return object;
  const substituted = withValue(object, substitute(object.value, variables));
  return substituted.id.name === "" ? withDoubt(substituted, `the variables of ${file} leave it without a name`) : substituted;
}

/** Flux writes its fields into the kustomization before it builds it (fluxcd/pkg: kustomize.Generator). */
function adjust(
  read: KustomizationResult,
  { file, directory, spec }: FluxKustomization,
  generated: readonly string[],
): KustomizationResult {
  if (read.kind === "unreadable") return read;
  const start: Kustomization =
    read.kind === "none"
      ? { file: `${file} (path ./${directory})`, directory, isComponent: false, value: emptyMap, resources: generated, components: [] }
      : read.kustomization;
  let { value } = start;
  for (const [from, to] of [
    ["targetNamespace", "namespace"],
    ["namePrefix", "namePrefix"],
    ["nameSuffix", "nameSuffix"],
  ] as const) {
    const field = valueAt(spec, [from]);
    if (field !== undefined) value = withEntry(value, to, field);
  }
  for (const field of ["patches", "patchesStrategicMerge", "patchesJson6902"]) value = appendTo(value, spec, field);
  const components = valueAt(spec, ["components"]);
  const own = components?.kind === "list" ? components.items.flatMap((item) => (item.kind === "scalar" ? [item.text] : [])) : [];
  return { kind: "kustomization", kustomization: { ...start, value, components: [...start.components, ...own] } };
}

function appendTo(value: TrackedMap, spec: TrackedMap, field: string): TrackedMap {
  const added = valueAt(spec, [field]);
  if (added?.kind !== "list") return value;
  const before = valueAt(value, [field]);
  return withEntry(value, field, { kind: "list", items: [...(before?.kind === "list" ? before.items : []), ...added.items] });
}

/** Without a kustomization file Flux takes every YAML file below the directory; a directory that has one is taken as it is. */
export function generatedResources(list: readonly string[], directory: string): readonly string[] {
  const below = filesBelow(list, directory);
  const names = new Set<string>(kustomizationFileNames);
  const kustomized = below.filter((file) => names.has(file.slice(file.lastIndexOf("/") + 1))).map(directoryOf);
  const all = new Set(kustomized);
  const outermost = [...all].filter((one) => !ancestorsOf(one).some((above) => above !== one && all.has(above)));
  const manifests = below.filter((file) => /\.ya?ml$/.test(file) && !ancestorsOf(file).some((above) => all.has(above)));
  return [...manifests, ...outermost].map((path) => (directory === "" ? path : path.slice(directory.length + 1)));
}

/** Whether Flux changes anything about the manifests; if not, they can be read as they are. */
export function changesManifests({ spec, substitutes }: FluxKustomization): boolean {
  const fields = ["targetNamespace", "namePrefix", "nameSuffix", "patches", "patchesStrategicMerge", "patchesJson6902", "components"];
  return substitutes || fields.some((field) => spec.entries.has(field));
}

/** `Flux Kustomization flux-system/clusters (clusters/flux.yaml)` */
export function describeFlux({ namespace, name, file }: FluxKustomization): string {
  return `Flux Kustomization ${namespace === "" ? name : `${namespace}/${name}`} (${file})`;
}
