import { onceForSameReads } from "../once-for-same-reads.ts";
import { NotTextError, type FileReader, type RepositoryFiles } from "../repository-files.ts";
import { readTracked } from "./read-tracked.ts";
import { textAt, type TrackedMap } from "./tracked-value.ts";

export interface FoundDocument {
  readonly file: string;
  readonly document: number;
  readonly value: TrackedMap;
  /** Says which file and which content of it this is of; another one where either is another. */
  readonly madeOf: string;
}

/**
 * The documents (maps) that are wanted of all YAML files that contain the text. What cannot be read is left out: whoever applies it cannot read it either. A file is read again only when it
 * was changed.
 */
export function documentsWith(
  literal: string,
  wanted: (value: TrackedMap) => boolean,
): (files: RepositoryFiles) => Promise<readonly FoundDocument[]> {
  const documentsOf = onceForSameReads(
    (file: string) => file,
    async (files, file) => {
      const text = await readText(files, file);
      const read = text?.includes(literal) === true ? readTracked(file, text) : undefined;
      if (read?.kind !== "documents") return [];
      return read.documents.flatMap(({ index, value }) => (value.kind === "map" && wanted(value) ? [{ document: index, value }] : []));
    },
  );

  return async (files) => {
    const candidates = files.search === undefined ? await files.list() : await files.search([literal]);
    const ids = await files.contents?.ids();
    const manifests = candidates.filter((file) => /\.ya?ml$/.test(file));
    const found = await documentsOf(files, manifests);
    return manifests.flatMap((file, index) =>
      (found[index] ?? []).map((one) => ({ ...one, file, madeOf: `${file} ${ids?.at(file) ?? ""} ${one.document}` })),
    );
  };
}

export const findConfigMaps = documentsWith("ConfigMap", (value) => textAt(value, ["kind"]) === "ConfigMap");

export const findArgoApplications = documentsWith("argoproj.io/", (value) => textAt(value, ["kind"]) === "Application");

/** The file's text; a file that is not text counts as absent. */
export async function readText(files: FileReader, file: string): Promise<string | undefined> {
  try {
    return await files.read(file);
  } catch (error) {
    if (error instanceof NotTextError) return undefined;
    throw error;
  }
}
