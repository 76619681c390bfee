import type { ResourceType, Schema } from "../api/resource-type.ts";
import { resourceTypeOf, type Definition, type DefinitionVersion } from "./definition.ts";
import { isUnderstood } from "./validation-rules.ts";

interface WrittenVersion extends DefinitionVersion {
  readonly schema?: { readonly openAPIV3Schema?: Schema };
}

/**
 * A kind that somebody defined, as its CustomResourceDefinition says. Of its validation rules those of the forms that the sandbox knows hold; the others are not evaluated, so a real API server may
 * refuse what this one takes. One version is stored and served as it is: there is no conversion.
 */
export function typeOfDefinition(definition: { readonly [field: string]: unknown }): ResourceType {
  // Its own kind is built in, and not checked by a schema: whoever writes one takes care.
  return resourceTypeOf(definition["spec"] as Definition<WrittenVersion>, ({ name, served, schema, additionalPrinterColumns }) => ({
    name,
    served,
    ...(schema?.openAPIV3Schema === undefined ? {} : { schema: withKnownRules(schema.openAPIV3Schema) }),
    ...(additionalPrinterColumns === undefined ? {} : { printerColumns: additionalPrinterColumns }),
  }));
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
