import type { Refusal } from "../refusal.ts";
import type { EditOptions } from "./change.ts";
import { describeIdentity, type ObjectIdentity } from "./object-identity.ts";
import type { RepositoryFiles } from "./repository-files.ts";
import type { ManifestSource, SourcedObject } from "./source.ts";

export type LocateResult =
  { readonly kind: "found"; readonly object: SourcedObject } | { readonly kind: "refused"; readonly refusal: Refusal };

/** The one place that declares the object. Two styles that both do, or none, are refusals. */
export async function locateObject(
  sources: readonly ManifestSource[],
  files: RepositoryFiles,
  wanted: ObjectIdentity,
  options: EditOptions,
): Promise<LocateResult> {
  const hints: string[] = [];
  let found: SourcedObject | undefined;
  let otherwise: Refusal | undefined;
  for (const source of sources) {
    const result = await source.locate(source.governs === undefined ? ungoverned(sources, files, options) : files, wanted, options);
    switch (result.kind) {
      case "refused":
        return result;
      case "absent":
        hints.push(...result.hints);
        otherwise ??= result.otherwise;
        break;
      case "found":
        if (found === undefined) found = result.object;
        else return { kind: "refused", refusal: twice(wanted, found, result.object) };
        break;
    }
  }
  return found === undefined
    ? { kind: "refused", refusal: otherwise ?? missing(wanted, options, hints) }
    : { kind: "found", object: found };
}

/** The files that no style builds something else from: a Kustomization's base or patch is not a declaration of its own. */
function ungoverned(sources: readonly ManifestSource[], files: RepositoryFiles, options: EditOptions): RepositoryFiles {
  const own = async (file: string): Promise<boolean> => {
    for (const source of sources) if ((await source.governs?.(files, file, options)) === true) return false;
    return true;
  };
  const ownOf = async (paths: readonly string[]): Promise<readonly string[]> => {
    const kept: string[] = [];
    for (const path of paths) if (await own(path)) kept.push(path);
    return kept;
  };
  return {
    list: async () => ownOf(await files.list()),
    read: (path) => files.read(path),
    ...(files.search === undefined ? {} : { search: async (literals, under) => ownOf((await files.search?.(literals, under)) ?? []) }),
  };
}

function missing(wanted: ObjectIdentity, { directory }: EditOptions, hints: readonly string[]): Refusal {
  const where = directory === undefined ? "the repository" : `${directory} of the repository`;
  return {
    reason: "ManifestNotFound",
    message: `No manifest in ${where} declares ${describeIdentity(wanted)}.${hints.length === 0 ? "" : ` It could come from ${hints.join(", ")}, which cannot be seen from here.`}`,
    remedy: "Check --repo, --base-branch and --path. If nothing in Git declares it, upgrade with --no-git.",
    ...(hints.length === 0 ? {} : { evidence: hints }),
  };
}

function twice(wanted: ObjectIdentity, a: SourcedObject, b: SourcedObject): Refusal {
  return {
    reason: "ManifestAmbiguous",
    message: `${describeIdentity(wanted)} is declared by ${a.where} and by ${b.where}. Only one of them can be what is applied.`,
    remedy: "Name the folder that is applied with --path, or remove the manifest that is not.",
    evidence: [a.where, b.where],
  };
}
