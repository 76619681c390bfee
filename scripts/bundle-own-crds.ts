// `npm run generate`: our own kinds for the sandbox, from their CRDs (config/crd). src/sandbox/schemas/own-types.test.ts holds it to them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import {
  definitionFields,
  schemaTable,
  writeBundle,
  type CustomResourceDefinition,
  type Fields,
  type PackedDefinition,
} from "./schema-table.ts";

export function ownBundle(): { readonly definitions: readonly PackedDefinition[]; readonly nodes: readonly Fields[] } {
  const table = schemaTable();
  const files = readdirSync("config/crd").filter((file) => file.endsWith(".yaml"));
  const definitions = files.sort().map((file) => {
    // Ours, and applied to a real API server by test/e2e/api.e2e.test.ts.
    return definitionFields(parse(readFileSync(join("config/crd", file), "utf8")) as CustomResourceDefinition, table);
  });
  return { definitions, nodes: table.nodes };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  writeBundle("scripts/bundle-own-crds.ts", "own-crds", "ownCrds", "From config/crd", ownBundle());
