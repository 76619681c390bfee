import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments, type Node, type Scalar } from "yaml";
import { recent } from "../recent.ts";
import { type Place, type Step, type Tracked, type TrackedMap } from "./tracked-value.ts";

/** One document of a file with its values and their places. */
export interface TrackedDocument {
  readonly index: number;
  readonly value: Tracked;
}

export type ReadResult =
  { readonly kind: "documents"; readonly documents: readonly TrackedDocument[] } | { readonly kind: "unreadable"; readonly why: string };

/** Text that is a value of another document: an inline patch. `place` is where that text is. */
export interface Embedding {
  readonly place: Place;
  /** Line of the file on which the text's first line is. */
  readonly firstLine: number;
}

/** Bases and components are read by each of their overlays. Some 30 bytes are kept for a character. */
const recentReads = recent<{ readonly text: string; readonly result: ReadResult }>(250_000);

/** What the file's documents are (`readDocuments`); the same objects for those who ask again soon. */
export function readTracked(file: string, text: string, embedding?: Embedding): ReadResult {
  if (embedding !== undefined) return readDocuments(file, text, embedding);
  const known = recentReads.get(file);
  if (known?.text === text) return known.result;
  const result = readDocuments(file, text);
  recentReads.set(file, text.length, { text, result });
  return result;
}

/**
 * Reads a file's documents (empty ones are left out, as kustomize does). Templates (`{{ }}`), duplicate keys and other errors make the
 * whole file unreadable: half a file proves nothing.
 */
function readDocuments(file: string, text: string, embedding?: Embedding): ReadResult {
  const lines = new LineCounter();
  // YAML 1.1, as Kubernetes reads it: `on` and `0644` are not strings.
  const parsed = parseAllDocuments(text, { version: "1.1", merge: false, keepSourceTokens: false, lineCounter: lines, logLevel: "silent" });
  const documents: TrackedDocument[] = [];
  for (const [index, document] of parsed.entries()) {
    const [error] = document.errors;
    if (error !== undefined)
      return {
        kind: "unreadable",
        why: `line ${lineOf(error.pos[0])}: ${error.message.split("\n")[0]!.replace(/ at line \d+, column \d+:?$/, "")}`,
      };
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) continue;
    try {
      documents.push({
        index,
        value: convert({ aliases: resolveAliases(document.contents), placeOf: placeIn(index), left: maximumNodes }, document.contents, []),
      });
    } catch (error) {
      if (!(error instanceof UnusableYaml)) throw error;
      return { kind: "unreadable", why: error.message };
    }
  }
  return { kind: "documents", documents };

  function lineOf(offset: number): number {
    return lines.linePos(offset).line + (embedding === undefined ? 0 : embedding.firstLine - 1);
  }

  function placeIn(document: number) {
    return (node: Node, path: readonly Step[]): Place => {
      const line = lineOf(node.range![0]);
      return embedding === undefined ? { file, document, path, line } : { ...embedding.place, line, inner: { document, path } };
    };
  }
}

class UnusableYaml extends Error {}

/** Aliases can make a small file very large; no manifest that a person wrote comes near. */
const maximumNodes = 200_000;

interface Reader {
  readonly aliases: ReadonlyMap<Node, Anchored>;
  readonly placeOf: (node: Node, path: readonly Step[]) => Place;
  left: number;
}

function convert(reader: Reader, node: unknown, path: readonly Step[], within: readonly Node[] = []): Tracked {
  if ((reader.left -= 1) < 0) throw new UnusableYaml("aliases make the document too large");
  if (isAlias(node)) {
    const target = reader.aliases.get(node);
    if (target === undefined) throw new UnusableYaml(`alias *${node.source} has no anchor`);
    if (within.includes(target.node)) throw new UnusableYaml(`alias *${node.source} contains itself`);
    return convert(reader, target.node, target.path, within);
  }
  if (isMap(node)) {
    const inside = [...within, node];
    const entries = new Map<string, Tracked>();
    let merged: TrackedMap | undefined;
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? keyText(pair.key) : undefined;
      if (key === undefined) throw new UnusableYaml("a map key is not a plain value");
      const value = pair.value === null ? nullScalar(reader, node, [...path, key]) : convert(reader, pair.value, [...path, key], inside);
      if (key === "<<" && isScalar(pair.key) && pair.key.type === "PLAIN") merged = mergeKey(value);
      else entries.set(key, value);
    }
    if (merged !== undefined) for (const [key, value] of merged.entries) if (!entries.has(key)) entries.set(key, value);
    return { kind: "map", entries };
  }
  if (isSeq(node)) {
    const inside = [...within, node];
    return { kind: "list", items: node.items.map((item, index) => convert(reader, item, [...path, index], inside)) };
  }
  if (!isScalar(node)) throw new UnusableYaml("a value is neither map, list nor scalar");
  const { value } = node;
  const text = typeof value === "string" ? value : (node.source ?? String(value));
  return { kind: "scalar", text, isNull: value === null, place: reader.placeOf(node, path) };
}

function nullScalar(reader: Reader, parent: Node, path: readonly Step[]): Tracked {
  return { kind: "scalar", text: "", isNull: true, place: reader.placeOf(parent, path) };
}

/** What `<<:` brings in: one map, or a list of maps of which the first that has a key wins. */
function mergeKey(value: Tracked): TrackedMap {
  const maps = value.kind === "list" ? value.items : [value];
  const entries = new Map<string, Tracked>();
  for (const map of maps) {
    if (map.kind !== "map") throw new UnusableYaml("a merge key (<<) does not bring in a map");
    for (const [key, entry] of map.entries) if (!entries.has(key)) entries.set(key, entry);
  }
  return { kind: "map", entries };
}

interface Anchored {
  readonly node: Node;
  readonly path: readonly Step[];
}

/** Which node each alias stands for, and where that is written: the last anchor of its name before it. */
function resolveAliases(root: Node): ReadonlyMap<Node, Anchored> {
  const anchors = new Map<string, Anchored>();
  const aliases = new Map<Node, Anchored>();
  walk(root, []);
  return aliases;

  function walk(node: unknown, path: readonly Step[]): void {
    if (isAlias(node)) {
      const anchored = anchors.get(node.source);
      if (anchored !== undefined) aliases.set(node, anchored);
      return;
    }
    if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, { node, path });
    if (isMap(node)) for (const { key, value } of node.items) walk(value, isScalar(key) ? [...path, keyText(key)] : path);
    else if (isSeq(node)) for (const [index, item] of node.items.entries()) walk(item, [...path, index]);
  }
}

function keyText(key: Scalar): string {
  return String(key.source ?? key.value);
}
