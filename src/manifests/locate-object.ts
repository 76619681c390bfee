import type { Refusal } from "../refusal.ts";
import type { EditOptions } from "./change.ts";
import { describeIdentity, type ObjectIdentity } from "./object-identity.ts";
import type { RepositoryFiles } from "./repository-files.ts";
import type { ManifestSource, SourcedObject } from "./source.ts";

export type LocateResult = { readonly kind: "found"; readonly object: SourcedObject } | { readonly kind: "refused"; readonly refusal: Refusal };

/** The one place that declares the object. Two styles that both do, or none, are refusals. */
export async function locateObject(sources: readonly ManifestSource[], files: RepositoryFiles, wanted: ObjectIdentity, options: EditOptions): Promise<LocateResult> {
  const hints: string[] = [];
  let found: SourcedObject | undefined;
  let otherwise: Refusal | undefined;
  for (const source of sources) {
    const result = await source.locate(files, wanted, options);
    switch (result.kind) {
      case "refused":
        return result;
      case "absent":
        hints.push(...result.hints);
        otherwise ??= result.otherwise;
        break;
      case "found":
        if (found === undefined) found = result.object;
        // The same document reached as a plain file and through a Kustomization is one declaration, the Kustomization's.
        else if (!sameDocument(found, result.object) && !(await isBuiltFrom(source, sources, files, result.object, options))) return { kind: "refused", refusal: twice(wanted, found, result.object) };
        break;
    }
  }
  return found === undefined ? { kind: "refused", refusal: otherwise ?? missing(wanted, options, hints) } : { kind: "found", object: found };
}

/** A plain match in a file that a Kustomization takes in under another identity (a patch, a base of somebody else) is not a second declaration. */
async function isBuiltFrom(
  source: ManifestSource,
  sources: readonly ManifestSource[],
  files: RepositoryFiles,
  object: SourcedObject,
  options: EditOptions,
): Promise<boolean> {
  const file = object.written?.file;
  if (file === undefined) return false;
  for (const other of sources) if (other !== source && (await other.governs?.(files, file, options)) === true) return true;
  return false;
}

function sameDocument(a: SourcedObject, b: SourcedObject): boolean {
  return (
    a.written !== undefined &&
    b.written !== undefined &&
    a.written.file === b.written.file &&
    a.written.document === b.written.document &&
    a.written.path.join("\0") === b.written.path.join("\0")
  );
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
