// `npm run generate`: our own kinds for the sandbox, from their CRDs (config/crd). src/sandbox/schemas/own-types.test.ts holds it to them.
import { pathToFileURL } from "node:url";
import { crdFiles } from "./crd-files.ts";
import { definitionFields, schemaTable, writeBundle, type Fields, type PackedDefinition } from "./schema-table.ts";

export function ownBundle(): { readonly definitions: readonly PackedDefinition[]; readonly nodes: readonly Fields[] } {
  const table = schemaTable();
  const definitions = crdFiles().map(({ definition }) => definitionFields(definition, table));
  return { definitions, nodes: table.nodes };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  writeBundle("scripts/bundle-own-crds.ts", "own-crds", "ownCrds", "From config/crd", ownBundle());
