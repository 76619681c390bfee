import type { Refusal } from "../refusal.ts";
import type { EditOptions } from "./change.ts";
import { describeIdentity, type ObjectIdentity } from "./object-identity.ts";
import { oncePerState } from "./once-for-each.ts";
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
    const result = await source.locate(source.governs === undefined ? await ungovernedBy(sources)(files) : files, wanted, options);
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

/** Of each list of styles; every look at a state of the repository asks for the same. */
const views = new WeakMap<readonly ManifestSource[], (files: RepositoryFiles) => Promise<RepositoryFiles>>();

function ungovernedBy(sources: readonly ManifestSource[]): (files: RepositoryFiles) => Promise<RepositoryFiles> {
  const view = views.get(sources) ?? oncePerState((files) => ungoverned(sources, files));
  views.set(sources, view);
  return view;
}

/** The files that no style builds something else from: a Kustomization's base or patch is not a declaration of its own. */
async function ungoverned(sources: readonly ManifestSource[], files: RepositoryFiles): Promise<RepositoryFiles> {
  const governs: ((file: string) => boolean)[] = [];
  for (const source of sources) if (source.governs !== undefined) governs.push(await source.governs(files));
  const isOwn = (file: string): boolean => !governs.some((governed) => governed(file));
  const search = files.search?.bind(files);
  return {
    list: async () => (await files.list()).filter(isOwn),
    read: (path) => files.read(path),
    ...(files.contents === undefined ? {} : { contents: files.contents }),
    ...(search === undefined ? {} : { search: async (...wanted) => (await search(...wanted)).filter(isOwn) }),
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
