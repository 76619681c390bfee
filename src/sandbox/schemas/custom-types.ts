import { byPriority } from "../api/discovery-documents.ts";
import { typeKey, type PrinterColumn, type ResourceType, type ServedVersion } from "../api/resource-type.ts";
import { clusterApiCrds } from "./cluster-api-crds.ts";
import { ownCrds } from "./own-crds.ts";
import { unpackBundle, type SchemaBundle } from "./schema-bundle.ts";

interface Definition {
  readonly group: string;
  readonly names: {
    readonly kind: string;
    readonly plural: string;
    readonly singular: string;
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  };
  readonly scope: "Namespaced" | "Cluster";
  readonly versions: readonly {
    readonly name: string;
    readonly served: boolean;
    readonly storage: boolean;
    readonly additionalPrinterColumns?: readonly PrinterColumn[];
    readonly subresources?: { readonly status?: object; readonly scale?: NonNullable<ResourceType["scale"]> };
    readonly schema: number;
  }[];
}

let types: readonly ResourceType[] | undefined;
let own: readonly ResourceType[] | undefined;

/** Kinds of Cluster API v1.14 and of its Docker and in-memory providers, as their CRDs define them; schemas are made when they are asked for. */
export function clusterApiTypes(): readonly ResourceType[] {
  types ??= unpackedTypes(clusterApiCrds);
  return types;
}

/** The product's own kinds (config/crd), so that its operator runs on the sandbox as on a real cluster. */
export function ownTypes(): readonly ResourceType[] {
  own ??= unpackedTypes(ownCrds);
  return own;
}

function unpackedTypes(packed: string): readonly ResourceType[] {
  const bundle = unpackBundle<Definition>(packed);
  return bundle.definitions.map((definition) => resourceType(bundle, definition));
}

function resourceType(bundle: SchemaBundle<Definition>, { group, names, scope, versions }: Definition): ResourceType {
  const stored = versions.find(({ storage }) => storage)!;
  const scale = stored.subresources?.scale;
  return {
    key: typeKey(group, names.kind),
    group,
    kind: names.kind,
    plural: names.plural,
    singular: names.singular,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: scope === "Namespaced",
    versions: [...versions].sort((one, other) => byPriority(one.name, other.name)).map((version) => servedVersion(bundle, version)),
    storageVersion: stored.name,
    hasStatus: stored.subresources?.status !== undefined,
    ...(scale === undefined ? {} : { scale }),
  };
}

function servedVersion(bundle: SchemaBundle<Definition>, version: Definition["versions"][number]): ServedVersion {
  const { name, served, additionalPrinterColumns } = version;
  return {
    name,
    served,
    ...(additionalPrinterColumns === undefined ? {} : { printerColumns: additionalPrinterColumns }),
    get schema() {
      return bundle.schema(version.schema);
    },
  };
}
