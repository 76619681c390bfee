import type { Refusal } from "../../refusal.ts";
import type { FieldPath } from "../change.ts";
import { innerPlace, spliceFor, type Splice } from "./edit-range.ts";
import { parseFile, type ParsedFile } from "./parsed-file.ts";
import type { Place } from "./place.ts";
import { differences, valueAt, valuesOf, withValueAt } from "./values.ts";

/** A scalar to set: the part of its text that `around` leaves becomes `to`. */
export interface ScalarEdit {
  readonly place: Place;
  readonly to: string;
}

/** A document to insert after another one, or take out. `values`: what is inserted, as YAML 1.1 and 1.2 read it. */
export type DocumentEdit =
  | { readonly kind: "insert-document"; readonly after: number; readonly text: string; readonly values: readonly unknown[] }
  | {
      readonly kind: "insert-item";
      readonly document: number;
      readonly list: FieldPath;
      readonly after: number;
      readonly splice: Splice;
      readonly values: readonly unknown[];
    }
  | { readonly kind: "remove-document"; readonly document: number };

export type FileEditResult = { readonly kind: "edited"; readonly text: string } | { readonly kind: "refused"; readonly refusal: Refusal };

/**
 * Edits a file by splices and then proves it: the new text is parsed again, in YAML 1.1 and 1.2, and must equal the old values with exactly the intended
 * changes. Otherwise nothing comes back but a refusal that names what else would have changed (an alias, a merge key, a value of another type).
 */
export function editFile(parsed: ParsedFile, scalars: readonly ScalarEdit[], documents: readonly DocumentEdit[] = []): FileEditResult {
  const splices = new Map<string, Splice>();
  for (const { place, to } of scalars) {
    const result = spliceFor(parsed, place, to);
    if (result.kind === "refused") return result;
    const { start, end, text } = result.splice;
    const [same, overlapping] = [
      splices.get(`${start}-${end}`),
      [...splices.values()].find((other) => start < other.end && other.start < end),
    ];
    if (overlapping !== undefined && (same === undefined || same.text !== text))
      return refused(parsed.file, "two changes want the same text to become different things", []);
    splices.set(`${start}-${end}`, result.splice);
  }
  const all = [...splices.values(), ...documents.map((edit) => documentSplice(parsed, edit))];
  const text = all
    .toSorted((a, b) => b.start - a.start || b.end - a.end)
    .reduce((done, splice) => done.slice(0, splice.start) + splice.text + done.slice(splice.end), parsed.text);
  return proven(parsed, text, scalars, documents);
}

function documentSplice({ text, documents }: ParsedFile, edit: DocumentEdit): Splice {
  if (edit.kind === "insert-item") return edit.splice;
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const range = documents[edit.kind === "insert-document" ? edit.after : edit.document]?.range ?? [0, 0, 0];
  if (edit.kind === "remove-document") return { start: edit.document === 0 ? 0 : range[0], end: range[2], text: "" };
  const lead = text.slice(0, range[1]).endsWith("\n") ? "" : eol;
  // At the very end of a file without a final newline the new document has none either.
  const body = lead === "" ? edit.text : edit.text.replace(/\r?\n$/, "");
  return { start: range[1], end: range[1], text: `${lead}---${eol}${body}` };
}

function proven(parsed: ParsedFile, text: string, scalars: readonly ScalarEdit[], documents: readonly DocumentEdit[]): FileEditResult {
  const again = parseFile(parsed.file, text);
  if (again.kind === "refused") return refused(parsed.file, "the result would not be valid YAML any more", [again.refusal.message]);
  const [before, after] = [valuesOrNone(parsed.text), valuesOrNone(text)];
  if (before === undefined || after === undefined)
    return refused(parsed.file, "its values cannot be read: an alias or a merge key leads nowhere", []);
  for (const [index, values] of before.entries()) {
    const wanted = intended(values, index, scalars, documents);
    if (wanted === undefined) return refused(parsed.file, "what it says now could not be followed", []);
    const other = differences(wanted, after[index]);
    if (other.length > 0)
      return refused(
        parsed.file,
        "more than the intended value would change",
        other.map(([document, ...path]) => `document ${Number(document) + 1}: ${path.join(".")}`),
      );
  }
  return { kind: "edited", text };
}

/** Undefined for documents that parse and still have no value: `<<: 1`, an alias of nothing. */
function valuesOrNone(text: string): ReturnType<typeof valuesOf> | undefined {
  try {
    return valuesOf(text);
  } catch {
    return undefined;
  }
}

/** The old values with the intended changes: the standard that the new text is held to. */
function intended(
  values: readonly unknown[],
  version: number,
  scalars: readonly ScalarEdit[],
  documents: readonly DocumentEdit[],
): readonly unknown[] | undefined {
  let wanted: unknown[] = [...values];
  try {
    for (const { place, to } of scalars) {
      const text = place.around === undefined ? to : `${place.around.before}${to}${place.around.after}`;
      const path = [place.document, ...place.path];
      wanted = withValueAt(wanted, path, place.inner === undefined ? text : innerText(wanted, path, place, to)) as unknown[];
    }
  } catch {
    return undefined;
  }
  // From the last document up, so that indices stay what they were.
  const position = (edit: DocumentEdit): number => (edit.kind === "insert-document" ? edit.after + 0.5 : edit.document);
  for (const edit of documents.toSorted((a, b) => position(b) - position(a))) {
    if (edit.kind === "remove-document") wanted.splice(edit.document, 1);
    else if (edit.kind === "insert-document") wanted.splice(edit.after + 1, 0, edit.values[version]);
    else wanted = withItem(wanted, edit, version) as unknown[];
  }
  return wanted;
}

function innerText(values: readonly unknown[], path: FieldPath, place: Place, to: string): string {
  const read = parseFile(place.file, String(valueAt(values, path)));
  if (read.kind === "refused" || place.inner === undefined) throw new Error("the patch is not YAML");
  const edited = editFile(read.parsed, [{ place: innerPlace(place, place.inner), to }]);
  if (edited.kind === "refused") throw new Error(edited.refusal.message);
  return edited.text;
}

function withItem(values: readonly unknown[], edit: Extract<DocumentEdit, { kind: "insert-item" }>, version: number): unknown {
  const path = [edit.document, ...edit.list];
  const list = valueAt(values, path) as readonly unknown[];
  return withValueAt(values, path, [...list.slice(0, edit.after + 1), edit.values[version], ...list.slice(edit.after + 1)]);
}

function refused(file: string, why: string, evidence: readonly string[]): FileEditResult {
  return {
    kind: "refused",
    refusal: {
      reason: "ManifestEditUnsafe",
      message: `${file} was not changed: ${why}${evidence.length === 0 ? "" : ` (${evidence.join("; ")})`}.`,
      remedy: "Write the value out where the object is declared instead of sharing it by an anchor or merge key, or change it by hand.",
      ...(evidence.length === 0 ? {} : { evidence }),
    },
  };
}
