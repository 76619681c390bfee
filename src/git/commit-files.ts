import { NotTextError, type RepositoryFiles } from "../manifests/repository-files.ts";
import type { BlobStore } from "./blob-store.ts";
import type { RunGit } from "./git-command.ts";
import { isRegularFile, listTree, type TreeListing } from "./tree-listing.ts";

/** The files of one commit, with what writing to it needs. */
export interface CommitFiles extends RepositoryFiles {
  readonly search: NonNullable<RepositoryFiles["search"]>;
  listing(): Promise<TreeListing>;
}

/** Never searched, so never downloaded: no manifest hides in them. */
const binary =
  /\.(?:png|jpe?g|gif|ico|webp|pdf|zip|gz|tgz|bz2|xz|zst|7z|jar|war|exe|dll|so|dylib|a|o|bin|iso|img|qcow2|mp4|mov|mp3|woff2?|ttf|eot|wasm|pyc|class)$/i;

export function commitFiles(commit: string, git: RunGit, blobs: BlobStore): CommitFiles {
  let listed: Promise<TreeListing> | undefined;
  const searches = new Map<string, Promise<readonly string[]>>();
  const listing = (): Promise<TreeListing> => (listed ??= listTree(git, commit));

  return {
    listing,
    list: async () =>
      [...(await listing())]
        .filter(([, entry]) => isRegularFile(entry))
        .map(([path]) => path)
        .sort(),
    read: async (path) => {
      const entry = (await listing()).get(path);
      return entry === undefined || !isRegularFile(entry) ? undefined : decodeText(path, await blobs.read(entry.id));
    },
    search: (literals, under = "") => {
      const folder = under.replace(/\/+$/, "");
      // Styles of declaring objects ask for the same things, before and after an edit.
      const key = JSON.stringify([folder, ...literals]);
      const known = searches.get(key) ?? searchFolder(literals, folder);
      searches.set(key, known);
      return known;
    },
  };

  async function searchFolder(literals: readonly string[], folder: string): Promise<readonly string[]> {
    const candidates = [...(await listing())].filter(
      ([path, entry]) => isRegularFile(entry) && !binary.test(path) && (folder === "" || path === folder || path.startsWith(`${folder}/`)),
    );
    if (candidates.length === 0 || literals.length === 0) return [];
    const { known, hits } = searchMemory(blobs, literals);
    const unknown = candidates.filter(([, { id }]) => !known.has(id));
    await blobs.ensure(unknown.map(([, { id }]) => id));
    if (unknown.length <= fewBlobs) {
      const contents = await Promise.all(unknown.map(([, { id }]) => blobs.read(id)));
      for (const [index, [, { id }]] of unknown.entries()) {
        known.add(id);
        if (literals.some((literal) => contents[index]?.includes(literal))) hits.add(id);
      }
    } else {
      const found = await grep(git, commit, literals, folder);
      for (const [path, { id }] of candidates) {
        known.add(id);
        if (found.has(path)) hits.add(id);
      }
    }
    return candidates
      .filter(([, { id }]) => hits.has(id))
      .map(([path]) => path)
      .sort();
  }
}

/** From one commit to the next few blobs change: what is known of the others needs no new search. Up to this many are read one by one. */
const fewBlobs = 64;

/** Searches that are remembered for a repository, the oldest are dropped: each may hold the ids of all its files. */
const mostMemories = 16;

interface SearchMemory {
  /** Blobs that were searched, and those among them that contain one of the texts. */
  readonly known: Set<string>;
  readonly hits: Set<string>;
}

const memories = new WeakMap<BlobStore, Map<string, SearchMemory>>();

function searchMemory(blobs: BlobStore, literals: readonly string[]): SearchMemory {
  const ofStore = memories.get(blobs) ?? new Map<string, SearchMemory>();
  memories.set(blobs, ofStore);
  const key = JSON.stringify(literals);
  const memory = ofStore.get(key) ?? { known: new Set<string>(), hits: new Set<string>() };
  ofStore.set(key, memory);
  const [oldest] = ofStore.keys();
  if (ofStore.size > mostMemories && oldest !== undefined) ofStore.delete(oldest);
  return memory;
}

/** What others get to see of them. */
export function asRepositoryFiles(files: CommitFiles): RepositoryFiles {
  return { list: () => files.list(), read: (path) => files.read(path), search: (literals, under) => files.search(literals, under) };
}

/** Strict UTF-8; a byte order mark stays, so that writing the text back changes nothing. */
function decodeText(path: string, content: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new NotTextError(path);
  }
}

async function grep(git: RunGit, commit: string, literals: readonly string[], folder: string): Promise<ReadonlySet<string>> {
  const patterns = literals.flatMap((literal) => ["-e", longestLine(literal)]);
  const { stdout } = await git(
    [
      "grep",
      "--files-with-matches",
      "--null",
      "--text",
      "--fixed-strings",
      "--no-color",
      "--full-name",
      ...patterns,
      commit,
      "--",
      ...(folder === "" ? [] : [folder]),
    ],
    {
      // 1: nothing found.
      accept: [0, 1],
    },
  );
  return new Set(
    stdout
      .toString("utf8")
      .split("\0")
      .map((name) => name.slice(commit.length + 1)),
  );
}

/** git grep looks at lines; a text of several lines is only where its longest line is. */
function longestLine(literal: string): string {
  return literal.split("\n").reduce((longest, line) => (line.length > longest.length ? line : longest), "");
}
