import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node, type Scalar } from "yaml";
import type { Refusal } from "../../refusal.ts";
import type { FieldPath } from "../change.ts";
import { readOnce } from "./read-once.ts";

export interface ParsedFile {
  readonly file: string;
  readonly text: string;
  readonly documents: readonly Document.Parsed[];
  /** 1-based line of an offset. */
  lineOf(offset: number): number;
}

export type ParseResult =
  { readonly kind: "parsed"; readonly parsed: ParsedFile } | { readonly kind: "refused"; readonly refusal: Refusal };

/** Parses all documents of a file, or says why it cannot be edited: invalid YAML, duplicate keys, a template language. */
export function parseFile(file: string, text: string): ParseResult {
  const { lines, documents } = documentsOf(text);
  const error = documents.flatMap((document) => document.errors)[0];
  if (error !== undefined) return { kind: "refused", refusal: notYaml(file, text, lines.linePos(error.pos[0]).line, error.message) };
  return { kind: "parsed", parsed: { file, text, documents, lineOf: (offset) => lines.linePos(offset).line } };
}

const documentsOf = readOnce((text) => {
  const lines = new LineCounter();
  return { lines, documents: parseAllDocuments(text, { keepSourceTokens: false, merge: true, lineCounter: lines, logLevel: "silent" }) };
});

function notYaml(file: string, text: string, line: number, message: string): Refusal {
  const templated = /\{\{|\{%|<%/.test(text);
  return {
    reason: templated ? "ManifestIsTemplate" : "ManifestNotYaml",
    message: `${file}:${line} cannot be read as YAML${templated ? ", it looks like a template" : ""}: ${message.split("\n")[0]}`,
    remedy: templated
      ? "Templates are not edited. Point --path at the manifests, or keep the version in a values file of the chart."
      : "Mend the file, then run this again.",
  };
}

/** A node reached by a path. `shared`: the way led through an alias or a merge key, so that other fields read the same text. */
export interface Reached {
  readonly node: Node;
  readonly shared: boolean;
}

/** The node at `path`, or undefined where the path leaves the document. */
export function reach(document: Document.Parsed, path: FieldPath): Reached | undefined {
  let node: Node | null | undefined = document.contents;
  let shared = false;
  const follow = (): void => {
    while (isAlias(node)) {
      shared = true;
      node = node.resolve(document);
    }
  };
  follow();
  for (const step of path) {
    if (isSeq(node) && typeof step === "number") {
      const item: unknown = node.items[step];
      node = isNode(item) ? item : undefined;
    } else if (isMap(node)) {
      const own: Node | undefined = valueOf(node, String(step));
      if (own === undefined) shared = true;
      node = own ?? merged(document, node, String(step));
    } else {
      return undefined;
    }
    follow();
  }
  return node === undefined || node === null ? undefined : { node, shared };
}

/** The node of an object or field; undefined where the file has none there. */
export function nodeAt({ documents }: ParsedFile, place: { readonly document: number; readonly path: FieldPath }): Node | undefined {
  const document = documents[place.document];
  return document === undefined ? undefined : reach(document, place.path)?.node;
}

/** The scalar at `path`; undefined for maps, lists and nothing. */
export function scalarAt(document: Document.Parsed, path: FieldPath): { readonly scalar: Scalar; readonly shared: boolean } | undefined {
  const reached = reach(document, path);
  return reached !== undefined && isScalar(reached.node) ? { scalar: reached.node, shared: reached.shared } : undefined;
}

function valueOf(map: { readonly items: readonly { readonly key: unknown; readonly value: unknown }[] }, key: string): Node | undefined {
  const pair = map.items.find((item) => isScalar(item.key) && String(item.key.value) === key && item.key.value !== "<<");
  return pair !== undefined && isNode(pair.value) ? pair.value : undefined;
}

/** A key that comes from `<<: *base`; the first source that has it wins. */
function merged(
  document: Document.Parsed,
  map: { readonly items: readonly { readonly key: unknown; readonly value: unknown }[] },
  key: string,
): Node | undefined {
  for (const { key: name, value } of map.items) {
    // With merge on, the key's value is a symbol; its source is what tells.
    if (!isScalar(name) || name.source !== "<<") continue;
    const sources = isSeq(value) ? value.items : [value];
    for (const source of sources) {
      const base = isAlias(source) ? source.resolve(document) : source;
      if (!isMap(base)) continue;
      const found = valueOf(base, key) ?? merged(document, base, key);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
