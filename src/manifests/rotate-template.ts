import { isMap, isSeq } from "yaml";
import type { Refusal } from "../refusal.ts";
import type { ManifestChange } from "./change.ts";
import { describeIdentity } from "./object-identity.ts";
import type { SourcedObject } from "./source.ts";
import { templateName } from "./template-name.ts";
import { editFile, type DocumentEdit } from "./yaml/edit-file.ts";
import { objectsIn } from "./yaml/objects.ts";
import { nodeAt, parseFile, type ParsedFile } from "./yaml/parsed-file.ts";
import { valueAt, valuesOf } from "./yaml/values.ts";

type Rotation = Extract<ManifestChange, { kind: "rotate-template" }>;

export type RotationResult =
  | {
      readonly kind: "rotated";
      readonly name: string;
      /** Undefined: the repository has the new template already. */ readonly edit: DocumentEdit | undefined;
    }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Fields that only the API server writes; a manifest that has them was copied from a cluster, and a copy of it could not be applied. */
const serverFields: readonly string[] = ["uid", "resourceVersion", "generation", "ownerReferences", "creationTimestamp", "managedFields"];

/** The new template's text: the old one's, comments and all, with the name and the given fields changed, to stand right after it. */
export function rotateTemplate(parsed: ParsedFile, source: SourcedObject, change: Rotation): RotationResult {
  const what = describeIdentity(change.template);
  const place = source.written;
  const node = place === undefined ? undefined : nodeAt(parsed, place);
  if (place === undefined || node?.range === undefined || node.range === null || !isMap(node)) {
    return refuse(what, `it is not written as a manifest in ${source.where}`, "Add the new template and its reference by hand.");
  }
  if (node.flow === true && place.path.length === 0 && parsed.file.endsWith(".json")) {
    return refuse(what, `${parsed.file} is JSON, which holds one object`, "Add the new template in a file of its own, by hand.");
  }
  const foreign = serverFields.filter((field) => nodeAt(parsed, { ...place, path: [...place.path, "metadata", field] }) !== undefined);
  if (foreign.length > 0) {
    return refuse(
      what,
      `its manifest in ${parsed.file} has metadata.${foreign.join(", metadata.")}, which only the API server may write`,
      "Remove these fields from the manifest, then run this again.",
    );
  }
  // Edit the old text in place, in a copy of the file, and cut the result out: its offsets before the edit are those of the copy's start.
  const line = parsed.lineOf(node.range[0]);
  const renamed = editFile(
    parsed,
    change.set.map(({ path, to }) => ({ place: { ...place, path: [...place.path, ...path], line }, to })),
  );
  if (renamed.kind === "refused") return renamed;
  const copy = parseFile(parsed.file, renamed.text);
  if (copy.kind === "refused") return copy;
  const made = valueAt(valuesOf(renamed.text)[1], [place.document, ...place.path]) as { readonly spec?: unknown };
  const name = templateName(change.newNamePrefix, made.spec);
  const existing = objectsIn(parsed).find(
    ({ identity }) => identity.kind === change.template.kind && identity.group === change.template.group && identity.name === name,
  );
  if (existing !== undefined) return { kind: "rotated", name, edit: undefined };
  const named = editFile(copy.parsed, [{ place: { ...place, path: [...place.path, "metadata", "name"], line: 1 }, to: name }]);
  if (named.kind === "refused") return named;
  const final = parseFile(parsed.file, named.text);
  if (final.kind === "refused") return final;
  return { kind: "rotated", name, edit: insertion(parsed, final.parsed, place) };
}

function insertion(parsed: ParsedFile, final: ParsedFile, place: NonNullable<SourcedObject["written"]>): DocumentEdit {
  const values = valuesOf(final.text).map((read) => valueAt(read, [place.document, ...place.path]));
  const range = nodeAt(final, place)?.range ?? [0, 0, 0];
  const eol = parsed.text.includes("\r\n") ? "\r\n" : "\n";
  if (place.path.length === 0) {
    const text = final.text
      .slice(commentStart(final.text, range[0], place.document === 0 ? 0 : (final.documents[place.document]?.range[0] ?? 0)), range[2])
      .replace(/(\r?\n)(#[^\n]*(\r?\n|$)|[ \t]*\r?\n)*$/, "$1");
    return { kind: "insert-document", after: place.document, text: text.endsWith("\n") ? text : text + eol, values };
  }
  const list = place.path.slice(0, -1);
  const index = Number(place.path.at(-1));
  const items = nodeAt(parsed, { ...place, path: list });
  const [start, end] = nodeAt(parsed, place)?.range ?? [0, 0];
  if (isSeq(items) && items.flow === true) {
    const text = final.text.slice(range[0], range[1]);
    return { kind: "insert-item", document: place.document, list, after: index, values, splice: { start: end, end, text: `, ${text}` } };
  }
  const lineStart = parsed.text.lastIndexOf("\n", start - 1) + 1;
  const lead = parsed.text.slice(lineStart, start);
  const body = final.text.slice(range[0], range[1]).replace(/\s+$/, "");
  const at = parsed.text.slice(0, end).replace(/\s+$/, "").length;
  return {
    kind: "insert-item",
    document: place.document,
    list,
    after: index,
    values,
    splice: { start: at, end: at, text: `${eol}${lead}${body}` },
  };
}

/** Where the comment lines right above an object begin. */
function commentStart(text: string, from: number, floor: number): number {
  let start = from;
  for (;;) {
    const previous = text.lastIndexOf("\n", start - 2) + 1;
    if (previous < floor || start === 0 || !text.startsWith("#", previous)) return start;
    start = previous;
  }
}

function refuse(what: string, why: string, remedy: string): RotationResult {
  return {
    kind: "refused",
    refusal: { reason: "TemplateNotCopyable", message: `${what} cannot be copied to a new machine template: ${why}.`, remedy },
  };
}
