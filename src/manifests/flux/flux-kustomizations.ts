import { documentsWith, findConfigMaps, type FoundDocument } from "../kustomize/documents.ts";
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
  /** Says which contents of which files all of this is of (`FoundDocument`). */
  readonly madeOf: string;
}

const findDocuments = documentsWith("kustomize.toolkit.fluxcd.io", isFluxKustomization);

/** All of the repository's, with their variables resolved as far as their sources are kept in the repository too. */
export async function findFluxKustomizations(files: RepositoryFiles): Promise<readonly FluxKustomization[]> {
  const kustomizations = await findDocuments(files);
  const needsConfigMaps = kustomizations.some(({ value }) => sourcesOf(value).length > 0);
  const configMaps = needsConfigMaps ? byName(await findConfigMaps(files)) : new Map<string, readonly FoundDocument[]>();
  return kustomizations.flatMap(({ file, value, madeOf }) => {
    const spec = valueAt(value, ["spec"]) as TrackedMap; // isFluxKustomization looked
    const directory = resolvePath("", wordAt(spec, ["path"]).replace(/^\/+/, ""));
    if (directory === undefined) return [];
    const namespace = wordAt(value, ["metadata", "namespace"]);
    const sources = sourcesOf(value).map((source) => ({ ...source, named: configMaps.get(source.name) ?? [] }));
    return [
      {
        file,
        namespace,
        name: wordAt(value, ["metadata", "name"]),
        directory,
        spec,
        substitutes: valueAt(spec, ["postBuild"])?.kind === "map",
        variables: variablesOf(spec, namespace, sources),
        madeOf: [madeOf, ...sources.flatMap(({ named }) => named.map((one) => one.madeOf))].join("\n"),
      },
    ];
  });
}

function byName(documents: readonly FoundDocument[]): ReadonlyMap<string, readonly FoundDocument[]> {
  const found = new Map<string, FoundDocument[]>();
  for (const document of documents) {
    const name = wordAt(document.value, ["metadata", "name"]);
    const same = found.get(name);
    if (same === undefined) found.set(name, [document]);
    else same.push(document);
  }
  return found;
}

function isFluxKustomization(value: TrackedMap): boolean {
  // A patch for one has no sourceRef, which every Flux Kustomization must have.
  return (
    wordAt(value, ["apiVersion"]).startsWith("kustomize.toolkit.fluxcd.io/") &&
    textAt(value, ["kind"]) === "Kustomization" &&
    valueAt(value, ["spec", "sourceRef"])?.kind === "map"
  );
}

/** An entry of `substituteFrom`. */
interface Source {
  readonly kind: string;
  readonly name: string;
  readonly optional: boolean;
}

interface ReadSource extends Source {
  /** The ConfigMaps of that name, in whatever namespace. */
  readonly named: readonly FoundDocument[];
}

function sourcesOf(kustomization: TrackedMap): readonly Source[] {
  return itemsOf(kustomization, "spec", "postBuild", "substituteFrom").map((item) => ({
    kind: wordAt(item, ["kind"]),
    name: wordAt(item, ["name"]),
    optional: textAt(item, ["optional"]) === "true",
  }));
}

/** `substitute` wins over `substituteFrom`, of which the last wins (fluxcd/pkg: LoadVariables). */
function variablesOf(spec: TrackedMap, namespace: string, sources: readonly ReadSource[]): Variables {
  const inline = valueAt(spec, ["postBuild", "substitute"]);
  return (variable) => {
    const own = inline?.kind === "map" ? inline.entries.get(variable) : undefined;
    if (own?.kind === "scalar") return { kind: "defined", scalar: own };
    for (const source of sources.toReversed()) {
      const definition = fromSource(source, variable, namespace);
      if (definition.kind !== "undefined") return definition;
    }
    return { kind: "undefined" };
  };
}

function fromSource({ kind, name, optional, named }: ReadSource, variable: string, namespace: string): Definition {
  if (kind !== "ConfigMap")
    return { kind: "unclear", why: `the variable ${variable}, which the ${kind} ${name} may define; it is not read` };
  const [only, another] = named.filter(({ value }) => ["", namespace].includes(wordAt(value, ["metadata", "namespace"])));
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
