import { Scalar } from "yaml";
import type { Refusal } from "../../refusal.ts";
import { parseFile, scalarAt, type ParsedFile } from "./parsed-file.ts";
import type { Place } from "./place.ts";
import { isPlainSafe, scalarText } from "./scalar-text.ts";

/** Replace `[start, end)` (UTF-16 offsets) of the file's text. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export type SpliceResult = { readonly kind: "splice"; readonly splice: Splice } | { readonly kind: "refused"; readonly refusal: Refusal };

/** The splice that makes the scalar at `place` read `value`; for an inline patch, the part of the block literal that holds it. */
export function spliceFor(parsed: ParsedFile, place: Place, value: string): SpliceResult {
  const text = place.around === undefined ? value : `${place.around.before}${value}${place.around.after}`;
  const document = parsed.documents[place.document];
  const found = document === undefined ? undefined : scalarAt(document, place.path);
  const range = found?.scalar.range;
  if (found === undefined || range === undefined || range === null) return refused(place, "there is no single value there");
  const { scalar } = found;
  if (place.inner !== undefined) return innerSplice(parsed, place, scalar, place.inner, value);
  const part = place.around === undefined ? undefined : plainPart(parsed, scalar, range, place.around, value);
  if (part !== undefined) return { kind: "splice", splice: part };
  const written = scalarText(scalar, text);
  if (written.kind === "unsupported") return refused(place, written.why);
  // An empty value (`version:`) has no text of its own, and may have no space before it.
  const lead = range[0] === range[1] && !/\s/.test(parsed.text[range[0] - 1] ?? " ") ? " " : "";
  return { kind: "splice", splice: { start: range[0], end: range[1], text: lead + written.text } };
}

/** Within a plain scalar that is fine as it is, a part that is plain too needs no new quotes: `${K8S:=v1.35.2}`. */
function plainPart(
  parsed: ParsedFile,
  scalar: Scalar,
  [from, to]: readonly number[],
  around: NonNullable<Place["around"]>,
  value: string,
): Splice | undefined {
  const source = parsed.text.slice(from, to);
  if (scalar.type !== Scalar.PLAIN || !isPlainSafe(value) || !source.startsWith(around.before) || !source.endsWith(around.after))
    return undefined;
  return { start: (from ?? 0) + around.before.length, end: (to ?? 0) - around.after.length, text: value };
}

function innerSplice(parsed: ParsedFile, place: Place, outer: Scalar, inner: NonNullable<Place["inner"]>, value: string): SpliceResult {
  const text = String(outer.value);
  if (outer.type !== Scalar.BLOCK_LITERAL) return refused(place, "the patch around it is not written as a block literal (|)");
  const read = parseFile(place.file, text);
  if (read.kind === "refused") return read;
  const spliced = spliceFor(read.parsed, innerPlace(place, inner), value);
  if (spliced.kind === "refused") return spliced;
  const { start, end, text: replacement } = spliced.splice;
  const toOuter = literalOffsets(parsed.text, outer.range?.[0] ?? 0, text);
  const [from, to] = [toOuter(start), toOuter(end)];
  return to - from !== end - start
    ? refused(place, "it spans lines of the patch")
    : { kind: "splice", splice: { start: from, end: to, text: replacement } };
}

/** The place of a value in the text of an inline patch, by itself. */
export function innerPlace({ file, line, around }: Place, inner: NonNullable<Place["inner"]>): Place {
  return { file, line, ...inner, ...(around === undefined ? {} : { around }) };
}

/** Maps offsets in a block literal's value to offsets in the file: each line of the value stands after the same indentation. */
function literalOffsets(source: string, start: number, value: string): (offset: number) => number {
  const starts: number[] = [];
  let at = source.indexOf("\n", start) + 1;
  for (const line of value.split("\n")) {
    const stop = source.indexOf("\n", at);
    const full = source.slice(at, stop === -1 ? source.length : stop).replace(/\r$/, "");
    starts.push(at + full.length - line.length);
    at = stop === -1 ? source.length : stop + 1;
  }
  return (offset) => {
    const lines = value.slice(0, offset).split("\n");
    return (starts[lines.length - 1] ?? 0) + (lines.at(-1)?.length ?? 0);
  };
}

function refused(place: Place, why: string): SpliceResult {
  return {
    kind: "refused",
    refusal: {
      reason: "ManifestNotEditable",
      message: `${place.file}:${place.line} (${place.path.join(".")}) cannot be changed in place: ${why}.`,
      remedy: "Write the value on one line, with or without quotes, then run this again; or change it by hand.",
    },
  };
}
