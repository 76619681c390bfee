import type { ManifestChange } from "../manifests/change.ts";
import { locateEntry, locateField, type EditOptions } from "../manifests/edit-manifests.ts";
import type { RepositoryFiles } from "../manifests/repository-files.ts";
import type { Refusal } from "../refusal.ts";
import type { UpgradeStep } from "../upgrade/upgrade-types.ts";
import { variableField } from "./variable-fields.ts";
import { templateNamePaths, versionPath } from "./version-fields.ts";

type Changes =
  { readonly kind: "changes"; readonly changes: readonly ManifestChange[] } | { readonly kind: "refused"; readonly refusal: Refusal };

/**
 * What a step means for the manifests: a topology's version, with the variables that hold its machine image; else the version together with the reference to a new machine template,
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
  if (step.kind === "topology") return withVariables(files, step, setVersion, options);
  if (step.rotation === undefined) return { kind: "changes", changes: [setVersion] };
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

/** Cluster API must see both at once: the new image alone would roll machines of the old version, the new version alone would boot them from the old image. */
async function withVariables(
  files: RepositoryFiles,
  { object, variables = [] }: Extract<UpgradeStep, { kind: "topology" }>,
  setVersion: ManifestChange,
  options: EditOptions,
): Promise<Changes> {
  const changes: ManifestChange[] = [];
  for (const change of variables) {
    const found = await variableField(object, change, (list, entry) => locateEntry(files, object, list, entry, options));
    if (found.kind === "refused") return found;
    const { value: from, to } = change;
    changes.push({ kind: "set-scalar", object, path: found.path, ...(from === undefined ? {} : { from }), to });
  }
  return { kind: "changes", changes: [setVersion, ...changes] };
}

/** The template's name without the content hash that an earlier rotation gave it, so that names do not grow. */
export function templateNamePrefix(name: string): string {
  return name.replace(/-[0-9a-f]{8}$/, "");
}
