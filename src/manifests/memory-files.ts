import type { ContentIds, FileContents, RepositoryFiles } from "./repository-files.ts";

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
      const before = await base.list();
      const names = new Set(before);
      const isSame = [...replaced].every(([path, text]) => names.has(path) === (text !== null));
      if (isSame) return before;
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
    ...(base.contents === undefined ? {} : { contents: overlayContents(base.contents, replaced) }),
  };
}

function overlayContents(base: FileContents, replaced: ReadonlyMap<string, string | null>): FileContents {
  return {
    repository: base.repository,
    ids: async (): Promise<ContentIds> => {
      const below = await base.ids();
      const own = new Map([...replaced].map(([path, text]) => [path, text === null ? undefined : below.of(text)]));
      return { at: (path) => (own.has(path) ? own.get(path) : below.at(path)), of: (text) => below.of(text) };
    },
  };
}
