import { byPriority } from "../api/discovery-documents.ts";
import { typeKey, type PrinterColumn, type ResourceType, type Schema } from "../api/resource-type.ts";
import { isUnderstood } from "./validation-rules.ts";

/** The parts of a CustomResourceDefinition that decide what is served. */
interface DefinitionSpec {
  readonly group: string;
  readonly scope: "Namespaced" | "Cluster";
  readonly names: {
    readonly kind: string;
    readonly plural: string;
    readonly singular?: string;
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  };
  readonly versions: readonly {
    readonly name: string;
    readonly served: boolean;
    readonly storage: boolean;
    readonly schema?: { readonly openAPIV3Schema?: Schema };
    readonly subresources?: { readonly status?: object; readonly scale?: NonNullable<ResourceType["scale"]> };
    readonly additionalPrinterColumns?: readonly PrinterColumn[];
  }[];
}

/**
 * A kind that somebody defined, as its CustomResourceDefinition says. Of its validation rules those of the forms that the sandbox knows hold; the others are not evaluated, so a real API server may
 * refuse what this one takes. One version is stored and served as it is: there is no conversion.
 */
export function typeOfDefinition(definition: { readonly [field: string]: unknown }): ResourceType {
  // Its own kind is built in, and not checked by a schema: whoever writes one takes care.
  const { group, scope, names, versions } = definition["spec"] as DefinitionSpec;
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
    versions: [...versions]
      .sort((one, other) => byPriority(one.name, other.name))
      .map(({ name, served, schema, additionalPrinterColumns }) => ({
        name,
        served,
        ...(schema?.openAPIV3Schema === undefined ? {} : { schema: withKnownRules(schema.openAPIV3Schema) }),
        ...(additionalPrinterColumns === undefined ? {} : { printerColumns: additionalPrinterColumns }),
      })),
    storageVersion: stored.name,
    hasStatus: stored.subresources?.status !== undefined,
    ...(scale === undefined ? {} : { scale }),
  };
}

const rulesField = "x-kubernetes-validations";

function withKnownRules<T>(node: T): T {
  if (Array.isArray(node)) return node.map(withKnownRules) as T;
  if (node === null || typeof node !== "object") return node;
  const entries = Object.entries(node).map(([field, value]: [string, unknown]): readonly [string, unknown] => {
    if (field !== rulesField || !Array.isArray(value)) return [field, withKnownRules(value)];
    return [field, (value as readonly { readonly rule: string }[]).filter(({ rule }) => isUnderstood(rule))];
  });
  return Object.fromEntries(entries) as T;
}
