import { documentsWith, type FoundDocument } from "../kustomize/documents.ts";
import { resolvePath } from "../kustomize/repository-path.ts";
import { itemsOf } from "../kustomize/kustomization.ts";
import { textAt, type TrackedMap, valueAt, wordAt } from "../kustomize/tracked-value.ts";
import type { RepositoryFiles } from "../repository-files.ts";
import type { Definition, Variables } from "./substitution.ts";

/** A `Kustomization` of Flux (kustomize.toolkit.fluxcd.io) that is kept in the repository. */
export interface FluxKustomization {
  readonly file: string;
  readonly namespace: string;
  readonly name: string;
  /** The directory that it applies. */
  readonly directory: string;
  readonly spec: TrackedMap;
  readonly variables: Variables;
  /** It has `postBuild`, so variables are substituted. */
  readonly substitutes: boolean;
}

/** All of the repository's, with their variables resolved as far as their sources are kept in the repository too. */
export async function findFluxKustomizations(files: RepositoryFiles): Promise<readonly FluxKustomization[]> {
  const kustomizations = (await documentsWith(files, "kustomize.toolkit.fluxcd.io")).filter(({ value }) => isFluxKustomization(value));
  if (kustomizations.length === 0) return [];
  const needsConfigMaps = kustomizations.some(({ value }) => itemsOf(value, "spec", "postBuild", "substituteFrom").length > 0);
  const configMaps = needsConfigMaps
    ? (await documentsWith(files, "ConfigMap")).filter(({ value }) => textAt(value, ["kind"]) === "ConfigMap")
    : [];
  return kustomizations.flatMap(({ file, value }) => {
    const spec = valueAt(value, ["spec"]) as TrackedMap; // isFluxKustomization looked
    const directory = resolvePath("", wordAt(spec, ["path"]).replace(/^\/+/, ""));
    if (directory === undefined) return [];
    const namespace = wordAt(value, ["metadata", "namespace"]);
    const substitutes = valueAt(spec, ["postBuild"])?.kind === "map";
    return [
      {
        file,
        namespace,
        name: wordAt(value, ["metadata", "name"]),
        directory,
        spec,
        substitutes,
        variables: variablesOf(spec, namespace, configMaps),
      },
    ];
  });
}

function isFluxKustomization(value: TrackedMap): boolean {
  // A patch for one has no sourceRef, which every Flux Kustomization must have.
  return (
    wordAt(value, ["apiVersion"]).startsWith("kustomize.toolkit.fluxcd.io/") &&
    textAt(value, ["kind"]) === "Kustomization" &&
    valueAt(value, ["spec", "sourceRef"])?.kind === "map"
  );
}

/** `substitute` wins over `substituteFrom`, of which the last wins (fluxcd/pkg: LoadVariables). */
function variablesOf(spec: TrackedMap, namespace: string, configMaps: readonly FoundDocument[]): Variables {
  const inline = valueAt(spec, ["postBuild", "substitute"]);
  const sources = itemsOf(spec, "postBuild", "substituteFrom").map((item) => ({
    kind: wordAt(item, ["kind"]),
    name: wordAt(item, ["name"]),
    optional: textAt(item, ["optional"]) === "true",
  }));
  return (variable) => {
    const own = inline?.kind === "map" ? inline.entries.get(variable) : undefined;
    if (own?.kind === "scalar") return { kind: "defined", scalar: own };
    for (const source of sources.toReversed()) {
      const definition = fromSource(source, variable, namespace, configMaps);
      if (definition.kind !== "undefined") return definition;
    }
    return { kind: "undefined" };
  };
}

function fromSource(
  { kind, name, optional }: { readonly kind: string; readonly name: string; readonly optional: boolean },
  variable: string,
  namespace: string,
  configMaps: readonly FoundDocument[],
): Definition {
  if (kind !== "ConfigMap")
    return { kind: "unclear", why: `the variable ${variable}, which the ${kind} ${name} may define; it is not read` };
  const named = configMaps.filter(
    ({ value }) => textAt(value, ["metadata", "name"]) === name && ["", namespace].includes(wordAt(value, ["metadata", "namespace"])),
  );
  const [only, another] = named;
  if (only === undefined) {
    // An optional source that is not in the repository may still be in the cluster.
    return {
      kind: "unclear",
      why: `the variable ${variable}, which the ConfigMap ${name} may define; it is ${optional ? "optional and " : ""}not in the repository`,
    };
  }
  if (another !== undefined)
    return { kind: "unclear", why: `the variable ${variable}: the ConfigMap ${name} is in ${only.file} and in ${another.file}` };
  const found = valueAt(only.value, ["data", variable]);
  return found?.kind === "scalar" ? { kind: "defined", scalar: found } : { kind: "undefined" };
}
