import type { ManifestChange } from "../manifests/change.ts";
import { locateField, type EditOptions } from "../manifests/edit-manifests.ts";
import type { RepositoryFiles } from "../manifests/repository-files.ts";
import type { Refusal } from "../refusal.ts";
import type { UpgradeStep } from "../upgrade/upgrade-types.ts";
import { templateNamePaths, versionPath } from "./version-fields.ts";

type Changes =
  { readonly kind: "changes"; readonly changes: readonly ManifestChange[] } | { readonly kind: "refused"; readonly refusal: Refusal };

/**
 * What a step means for the manifests: a topology's version alone; else the version together with the reference to a new machine template,
 * where the current one names the old version. All changes of a step are one commit.
 */
export async function manifestChanges(files: RepositoryFiles, step: UpgradeStep, options: EditOptions): Promise<Changes> {
  const setVersion: ManifestChange = {
    kind: "set-scalar",
    object: step.object,
    path: versionPath(step.object),
    from: step.from,
    to: step.to,
  };
  if (step.kind === "topology" || step.rotation === undefined) return { kind: "changes", changes: [setVersion] };
  const { template, set } = step.rotation;
  // The manifest's contract version may differ from the live object's: take the field that it has.
  let refusal: Refusal | undefined;
  for (const path of templateNamePaths(step.object)) {
    const found = await locateField(files, step.object, path, options);
    if (found.kind === "found") {
      const rotate: ManifestChange = {
        kind: "rotate-template",
        template,
        newNamePrefix: templateNamePrefix(template.name),
        set: set.map(({ path: field, value, to }) => ({ path: field, from: value, to })),
        repoint: [{ object: step.object, path }],
      };
      return { kind: "changes", changes: [rotate, setVersion] };
    }
    refusal ??= found.refusal;
  }
  return { kind: "refused", refusal: refusal! };
}

/** The template's name without the content hash that an earlier rotation gave it, so that names do not grow. */
export function templateNamePrefix(name: string): string {
  return name.replace(/-[0-9a-f]{8}$/, "");
}
