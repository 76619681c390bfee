import type { ResourceType, ServedVersion } from "../api/resource-type.ts";
import { clusterApiCrds } from "./cluster-api-crds.ts";
import { resourceTypeOf, type Definition, type DefinitionVersion } from "./definition.ts";
import { ownCrds } from "./own-crds.ts";
import { unpackBundle, type SchemaBundle } from "./schema-bundle.ts";

interface PackedVersion extends DefinitionVersion {
  /** Number of its schema in the bundle. */
  readonly schema: number;
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
  const bundle = unpackBundle<Definition<PackedVersion>>(packed);
  return bundle.definitions.map((definition) => resourceTypeOf(definition, (version) => servedVersion(bundle, version)));
}

function servedVersion(bundle: SchemaBundle<unknown>, version: PackedVersion): ServedVersion {
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
