import { brotliDecompressSync } from "node:zlib";
import type { Schema } from "../api/resource-type.ts";
import { isFields } from "./compiled-schema.ts";

/** What scripts/bundle-crds.ts packs: definitions, and schemas that refer to those below them by number. */
export interface SchemaBundle<Definition> {
  readonly definitions: readonly Definition[];
  /** Schemas that are alike are one value. */
  schema(number: number): Schema;
}

export function unpackBundle<Definition>(packed: string): SchemaBundle<Definition> {
  const json = brotliDecompressSync(Buffer.from(packed, "base64")).toString();
  // The script that packs is its only author.
  const { definitions, nodes } = JSON.parse(json) as { readonly definitions: readonly Definition[]; readonly nodes: readonly Schema[] };
  const known: Schema[] = [];
  const schema = (number: number): Schema => (known[number] ??= Object.freeze(resolved(nodes[number]!)));

  function resolved(node: Schema): Schema {
    const { properties, items, additionalProperties, anyOf } = node;
    return {
      ...node,
      ...(isFields(properties)
        ? { properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, schema(Number(each))])) }
        : {}),
      ...(typeof items === "number" ? { items: schema(items) } : {}),
      ...(typeof additionalProperties === "number" ? { additionalProperties: schema(additionalProperties) } : {}),
      ...(Array.isArray(anyOf) ? { anyOf: anyOf.map((each) => schema(Number(each))) } : {}),
    };
  }

  return { definitions, schema };
}
