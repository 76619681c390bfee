import { memoryFiles } from "../memory-files.ts";
import type { RepositoryFiles } from "../repository-files.ts";

/** States of one repository, in memory: what was worked out of one may be taken for another. An id is the text itself. */
export function repositoryStates(): (files: Readonly<Record<string, string>>) => RepositoryFiles {
  const repository = {};
  return (files) => ({
    ...memoryFiles(files),
    contents: {
      repository,
      ids: () => Promise.resolve({ at: (path) => (Object.hasOwn(files, path) ? files[path] : undefined), of: (text) => text }),
    },
  });
}
