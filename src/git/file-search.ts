import { onceForEach } from "../manifests/once-for-each.ts";
import type { RepositoryFiles } from "../manifests/repository-files.ts";
import type { BlobStore } from "./blob-store.ts";
import type { RunGit } from "./git-command.ts";
import { isRegularFile, type TreeEntry, type TreeListing } from "./tree-listing.ts";
import { isWord, wordIndex, type WordIndex } from "./word-index.ts";

export interface SearchedCommit {
  readonly commit: string;
  readonly git: RunGit;
  readonly blobs: BlobStore;
  readonly listing: () => Promise<TreeListing>;
}

/** Never searched, so never downloaded: no manifest hides in them. */
const binary =
  /\.(?:png|jpe?g|gif|ico|webp|pdf|zip|gz|tgz|bz2|xz|zst|7z|jar|war|exe|dll|so|dylib|a|o|bin|iso|img|qcow2|mp4|mov|mp3|woff2?|ttf|eot|wasm|pyc|class)$/i;

/** Searches the files of one commit. What was found in a blob is remembered by its id for the commits after: the hash of a content that never changes. */
export function fileSearch({ commit, git, blobs, listing }: SearchedCommit): NonNullable<RepositoryFiles["search"]> {
  const indexOf = onceForEach(indexFolder);
  // Styles of declaring objects ask for the same things, before and after an edit.
  const found = onceForEach((question: string) => {
    const [folder = "", ...literals] = JSON.parse(question) as string[];
    return searchFolder(literals, folder);
  });

  return async (literals, under = "", which = "anywhere") => {
    const folder = under.replace(/\/+$/, "");
    if (which !== "whole-words" || !literals.every(isWord) || !hasManyNames(blobs, literals))
      return found(JSON.stringify([folder, ...literals]));
    const index = await indexOf(folder);
    return [...new Set(literals.flatMap((word) => index.filesWith(word)))].sort();
  };

  async function candidatesIn(folder: string): Promise<readonly Candidate[]> {
    return [...(await listing())].filter(
      ([path, entry]) => isRegularFile(entry) && !binary.test(path) && (folder === "" || path === folder || path.startsWith(`${folder}/`)),
    );
  }

  async function searchFolder(literals: readonly string[], folder: string): Promise<readonly string[]> {
    const candidates = await candidatesIn(folder);
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
      const grepped = await grep(git, commit, literals, folder);
      for (const [path, { id }] of candidates) {
        known.add(id);
        if (grepped.has(path)) hits.add(id);
      }
    }
    return candidates
      .filter(([, { id }]) => hits.has(id))
      .map(([path]) => path)
      .sort();
  }

  async function indexFolder(folder: string): Promise<FolderIndex> {
    const paths = new Map<string, string[]>();
    for (const [path, { id }] of await candidatesIn(folder)) {
      const same = paths.get(id);
      if (same === undefined) paths.set(id, [path]);
      else same.push(path);
    }
    // These files stay in the index that holds them now, whichever one later commits go on with.
    const index = indexFor(blobs, (await listing()).size);
    const unknown = [...paths.keys()].filter((id) => !index.has(id));
    await blobs.ensure(unknown);
    for (let at = 0; at < unknown.length; at += fewBlobs) {
      const ids = unknown.slice(at, at + fewBlobs);
      const contents = await Promise.all(ids.map((id) => blobs.read(id)));
      for (const [position, content] of contents.entries()) index.add(ids[position] ?? "", content);
    }
    return { filesWith: (word) => index.blobsWith(word).flatMap((id) => paths.get(id) ?? []) };
  }
}

type Candidate = readonly [path: string, entry: TreeEntry];

interface FolderIndex {
  filesWith(word: string): readonly string[];
}

/** From one commit to the next few blobs change: what is known of the others needs no new search. So many are read at a time. */
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

/** One person's upgrade asks for a few names, which Git finds without our reading a file. A fleet asks for thousands, and each would be a process that reads all files. */
const fewNames = 8;

const names = new WeakMap<BlobStore, Set<string>>();

/** Takes note of the names that are looked for; true once they are many. */
function hasManyNames(blobs: BlobStore, asked: readonly string[]): boolean {
  const known = names.get(blobs) ?? new Set<string>();
  names.set(blobs, known);
  for (const name of asked) if (known.size <= fewNames) known.add(name);
  return known.size > fewNames;
}

const indexes = new WeakMap<BlobStore, WordIndex>();

/** The repository's index; a new one when half of the one that is there must be of files that are no more. `files`: how many a commit has now. */
function indexFor(blobs: BlobStore, files: number): WordIndex {
  const known = indexes.get(blobs);
  const index = known === undefined || known.size > 2 * files + fewBlobs ? wordIndex() : known;
  indexes.set(blobs, index);
  return index;
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
