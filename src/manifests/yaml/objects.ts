import { isMap, isNode, isScalar, isSeq, type Node } from "yaml";
import type { ObjectIdentity } from "../object-identity.ts";
import { nodeAt, type ParsedFile } from "./parsed-file.ts";
import type { ObjectPlace } from "./place.ts";

/** A Kubernetes object in a file. `namespace` is empty where the manifest has none. */
export interface WrittenObject {
  readonly identity: ObjectIdentity;
  readonly apiVersion: string;
  readonly place: ObjectPlace;
  readonly line: number;
  readonly node: Node;
}

/** What a scalar says; names and kinds are strings, whatever they look like. */
export function scalarWords(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** All objects of a file, those inside `List` kinds included. What is not a Kubernetes object is passed over. */
export function objectsIn(parsed: ParsedFile): readonly WrittenObject[] {
  return parsed.documents.flatMap((document, index) =>
    document.contents === null ? [] : objectsBelow(parsed, document.contents, { file: parsed.file, document: index, path: [] }),
  );
}

function objectsBelow(parsed: ParsedFile, node: Node, place: ObjectPlace): readonly WrittenObject[] {
  if (!isMap(node)) return [];
  const text = (...path: string[]): string => {
    const found = nodeAt(parsed, { ...place, path: [...place.path, ...path] });
    return isScalar(found) ? scalarWords(found.value) : "";
  };
  const [kind, apiVersion] = [text("kind"), text("apiVersion")];
  if (kind === "" || apiVersion === "") return [];
  const items = kind.endsWith("List") ? nodeAt(parsed, { ...place, path: [...place.path, "items"] }) : undefined;
  if (isSeq(items)) {
    return items.items.flatMap((item, index) =>
      isNode(item) ? objectsBelow(parsed, item, { ...place, path: [...place.path, "items", index] }) : [],
    );
  }
  const group = apiVersion.slice(0, Math.max(0, apiVersion.indexOf("/")));
  const identity = { group, kind, namespace: text("metadata", "namespace"), name: text("metadata", "name") };
  return [{ identity, apiVersion, place, line: parsed.lineOf(node.range?.[0] ?? 0), node }];
}
