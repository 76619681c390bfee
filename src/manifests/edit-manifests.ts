import type { Refusal } from "../refusal.ts";
import type { EditOptions, FieldPath, ManifestChange } from "./change.ts";
import type { ObjectIdentity } from "./object-identity.ts";
import { locateObject } from "./locate-object.ts";
import { overlayFiles } from "./memory-files.ts";
import type { RepositoryFiles } from "./repository-files.ts";
import { resolveChanges, type PlannedFile } from "./resolve-changes.ts";
import type { ManifestSource } from "./source.ts";
import { manifestSources } from "./sources.ts";
import { editFile } from "./yaml/edit-file.ts";

export type { EditOptions } from "./change.ts";

/** Where a field is declared, and what it says there. */
export interface Location {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** What the value passes on its way to the object, for people. */
  readonly through: readonly string[];
  readonly value: string;
}

export interface ChangedLine {
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

export type EditResult =
  | {
      readonly kind: "edited";
      /** Whole new texts, by path. */
      readonly files: ReadonlyMap<string, string>;
      readonly changed: readonly ChangedLine[];
      readonly newTemplates: readonly { readonly old: ObjectIdentity; readonly name: string }[];
    }
  /** The repository says all of it already. */
  | { readonly kind: "unchanged" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Where a field of a live object is declared, and its value. */
export async function locateField(
  files: RepositoryFiles,
  object: ObjectIdentity,
  path: FieldPath,
  options: EditOptions,
  sources: readonly ManifestSource[] = manifestSources,
): Promise<{ readonly kind: "found"; readonly location: Location } | { readonly kind: "refused"; readonly refusal: Refusal }> {
  const located = await locateObject(sources, files, object, options);
  if (located.kind === "refused") return located;
  const field = await located.object.field(path);
  if (field.kind === "refused") return field;
  const { file, line } = field.place;
  return { kind: "found", location: { file, line, through: field.through, value: field.value } };
}

/** The index of a list's entry with that `name` in the manifest of a live object; undefined where there is none. */
export async function locateEntry(
  files: RepositoryFiles,
  object: ObjectIdentity,
  path: FieldPath,
  name: string,
  options: EditOptions,
  sources: readonly ManifestSource[] = manifestSources,
): Promise<{ readonly kind: "found"; readonly index: number | undefined } | { readonly kind: "refused"; readonly refusal: Refusal }> {
  const located = await locateObject(sources, files, object, options);
  return located.kind === "refused" ? located : { kind: "found", index: located.object.entry(path, name) };
}

/**
 * Makes all changes in the text of the files that declare the objects, or none. Only the bytes of the values change. The result is proven twice: each file is
 * parsed again and must differ by exactly the intended values, and each style that builds objects from files must build exactly the intended differences.
 */
export async function editManifests(
  files: RepositoryFiles,
  changes: readonly ManifestChange[],
  options: EditOptions,
  sources: readonly ManifestSource[] = manifestSources,
): Promise<EditResult> {
  const resolved = await resolveChanges(sources, files, changes, options);
  if (resolved.kind === "refused") return resolved;
  const texts = new Map<string, string>();
  for (const { parsed, scalars, documents } of resolved.files) {
    const edited = editFile(parsed, scalars, documents);
    if (edited.kind === "refused") return edited;
    if (edited.text !== parsed.text) texts.set(parsed.file, edited.text);
  }
  if (texts.size === 0) return { kind: "unchanged" };
  const after = overlayFiles(files, texts);
  for (const source of sources) {
    const refusal = await source.verify?.(files, after, resolved.intended);
    if (refusal !== undefined) return { kind: "refused", refusal };
  }
  return { kind: "edited", files: texts, changed: changedLines(resolved.files), newTemplates: resolved.newTemplates };
}

function changedLines(files: readonly PlannedFile[]): readonly ChangedLine[] {
  return files.flatMap(({ parsed, scalars, documents, before }) => [
    ...scalars.map(({ place, to }, index) => ({ file: parsed.file, line: place.line, before: before[index] ?? "", after: to })),
    ...documents.map((edit) => {
      const document = edit.kind === "insert-document" ? edit.after : edit.document;
      const line = parsed.lineOf(parsed.documents[document]?.range?.[edit.kind === "remove-document" ? 0 : 1] ?? 0);
      if (edit.kind === "remove-document") return { file: parsed.file, line, before: "the old machine template", after: "" };
      const { kind, metadata } = edit.values[1] as { readonly kind: string; readonly metadata: { readonly name: string } };
      return { file: parsed.file, line, before: "", after: `new ${kind} ${metadata.name}` };
    }),
  ]);
}
