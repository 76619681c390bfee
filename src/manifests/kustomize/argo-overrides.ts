import type { RepositoryFiles } from "../repository-files.ts";
import { findArgoApplications } from "./documents.ts";
import { itemsOf } from "./kustomization.ts";
import { resolvePath } from "./repository-path.ts";
import { valueAt, wordAt, type Step } from "./tracked-value.ts";

/** Fields of an Application's `kustomize` that decide what a version or a name ends up as. */
const decisive = ["namePrefix", "nameSuffix", "namespace", "patches", "components"];

/** Argo CD Applications of this repository that change a kustomization on the way, by its directory: what they add is not followed. */
export async function findArgoOverrides(files: RepositoryFiles): Promise<ReadonlyMap<string, string>> {
  const overrides = new Map<string, string>();
  for (const { file, value } of await findArgoApplications(files)) {
    const sources: (readonly Step[])[] = [
      ["spec", "source"],
      ...itemsOf(value, "spec", "sources").map((_, index) => ["spec", "sources", index]),
    ];
    for (const source of sources) {
      const added = valueAt(value, [...source, "kustomize"]);
      const fields = added?.kind === "map" ? decisive.filter((field) => added.entries.has(field)) : [];
      const directory = resolvePath("", wordAt(value, [...source, "path"]));
      if (fields.length > 0 && directory !== undefined) {
        overrides.set(
          directory,
          `the Argo CD Application ${wordAt(value, ["metadata", "name"])} (${file}) adds ${fields.join(", ")}, which is not followed`,
        );
      }
    }
  }
  return overrides;
}
