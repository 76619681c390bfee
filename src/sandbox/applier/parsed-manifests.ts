import { parseAllDocuments } from "yaml";
import type { GivenObject } from "../store/stored-object.ts";
import { objectsOf } from "./apply-object.ts";

export interface ParsedManifests {
  /** In the order of the text; nobody changes them. */
  readonly objects: readonly GivenObject[];
  /** What is wrong with a document, which is left out. */
  readonly errors: readonly string[];
}

/** Of most files of a commit the text is that of the commit before; in a simulation, also that of the cluster before. */
const known = new Map<string, ParsedManifests>();
const mostKnown = 64;

/** The objects of a YAML text, as an applier takes them: a document that cannot be read does not keep the others. */
export function parseManifests(text: string): ParsedManifests {
  const before = known.get(text);
  if (before !== undefined) return before;
  const objects: GivenObject[] = [];
  const errors: string[] = [];
  for (const document of parseAllDocuments(text, { version: "1.1", logLevel: "silent" })) {
    const [error] = document.errors;
    if (error === undefined) objects.push(...objectsOf(document.toJS()));
    else errors.push(error.message);
  }
  const [oldest] = known.keys();
  if (known.size >= mostKnown && oldest !== undefined) known.delete(oldest);
  const parsed = { objects, errors };
  known.set(text, parsed);
  return parsed;
}
