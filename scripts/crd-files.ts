// Our CRDs, for the scripts that make something of them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { CustomResourceDefinition } from "./schema-table.ts";

export const crdFolder = "config/crd";

/** By file name; what else is in the folder (a kustomization) is passed over. */
export function crdFiles(): readonly { readonly file: string; readonly definition: CustomResourceDefinition }[] {
  return readdirSync(crdFolder)
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .map((file) => ({ file, definition: parse(readFileSync(join(crdFolder, file), "utf8")) as unknown }))
    .filter((each): each is { file: string; definition: CustomResourceDefinition } => isDefinition(each.definition));
}

/** Ours, and applied to a real API server by test/e2e/api.e2e.test.ts: a look at the kind is enough. */
function isDefinition(value: unknown): value is CustomResourceDefinition {
  return (value as CustomResourceDefinition | null)?.kind === "CustomResourceDefinition";
}
