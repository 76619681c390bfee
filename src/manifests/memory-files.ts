import type { RepositoryFiles } from "./repository-files.ts";

/** Files that are held in memory: tests, and the state after an edit that is not written yet. */
export function memoryFiles(files: Readonly<Record<string, string>>): RepositoryFiles {
  const names = Object.keys(files).sort();
  return {
    list: () => Promise.resolve(names),
    read: (path) => Promise.resolve(Object.hasOwn(files, path) ? files[path] : undefined),
  };
}

/** `base` with some files replaced (null: taken out). */
export function overlayFiles(base: RepositoryFiles, replaced: ReadonlyMap<string, string | null>): RepositoryFiles {
  const search = base.search?.bind(base);
  return {
    list: async () => {
      const names = new Set(await base.list());
      for (const [path, text] of replaced)
        if (text === null) names.delete(path);
        else names.add(path);
      return [...names].sort();
    },
    read: async (path) => {
      const text = replaced.get(path);
      return text === undefined ? base.read(path) : (text ?? undefined);
    },
    ...(search === undefined
      ? {}
      : { search: async (literals, under, which) => [...new Set([...(await search(literals, under, which)), ...replaced.keys()])] }),
  };
}
