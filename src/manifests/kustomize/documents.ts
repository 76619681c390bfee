import { NotTextError, type RepositoryFiles } from "../repository-files.ts";
import { readTracked } from "./read-tracked.ts";
import type { TrackedMap } from "./tracked-value.ts";

export interface FoundDocument {
  readonly file: string;
  readonly document: number;
  readonly value: TrackedMap;
}

/** The documents (maps) of all YAML files that contain the text. What cannot be read is left out: whoever applies it cannot read it either. */
export async function documentsWith(files: RepositoryFiles, literal: string): Promise<readonly FoundDocument[]> {
  const candidates = files.search === undefined ? await files.list() : await files.search([literal]);
  const found: FoundDocument[] = [];
  for (const file of candidates) {
    if (!/\.ya?ml$/.test(file)) continue;
    const text = await readText(files, file);
    if (text === undefined || !text.includes(literal)) continue;
    const read = readTracked(file, text);
    if (read.kind === "documents")
      for (const { index, value } of read.documents) if (value.kind === "map") found.push({ file, document: index, value });
  }
  return found;
}

/** The file's text; a file that is not text counts as absent. */
export async function readText(files: RepositoryFiles, file: string): Promise<string | undefined> {
  try {
    return await files.read(file);
  } catch (error) {
    if (error instanceof NotTextError) return undefined;
    throw error;
  }
}
