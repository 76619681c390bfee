import { byPriority } from "../api/discovery-documents.ts";
import { typeKey, type PrinterColumn, type ResourceType, type ServedVersion } from "../api/resource-type.ts";

/** The parts of a CustomResourceDefinition's spec that decide what is served; how the schema of a version is kept is its reader's business. */
export interface Definition<V extends DefinitionVersion> {
  readonly group: string;
  readonly scope: "Namespaced" | "Cluster";
  readonly names: {
    readonly kind: string;
    readonly plural: string;
    readonly singular?: string;
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  };
  readonly versions: readonly V[];
}

export interface DefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly subresources?: { readonly status?: object; readonly scale?: NonNullable<ResourceType["scale"]> };
}

/** The kind that a definition defines; where none is called the stored version, the first one is. */
export function resourceTypeOf<V extends DefinitionVersion>(
  { group, names, scope, versions }: Definition<V>,
  servedVersion: (version: V) => ServedVersion,
): ResourceType {
  const stored = versions.find(({ storage }) => storage) ?? versions[0]!;
  const scale = stored.subresources?.scale;
  return {
    key: typeKey(group, names.kind),
    group,
    kind: names.kind,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: scope === "Namespaced",
    versions: [...versions].sort((one, other) => byPriority(one.name, other.name)).map(servedVersion),
    storageVersion: stored.name,
    hasStatus: stored.subresources?.status !== undefined,
    ...(scale === undefined ? {} : { scale }),
  };
}
