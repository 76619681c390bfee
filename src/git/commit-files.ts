import { onceForEach } from "../manifests/once-for-each.ts";
import { recent, type Recent } from "../manifests/recent.ts";
import { NotTextError, type ContentIds, type RepositoryFiles } from "../manifests/repository-files.ts";
import type { BlobStore } from "./blob-store.ts";
import { fileSearch } from "./file-search.ts";
import type { RunGit } from "./git-command.ts";
import { blobId } from "./tree-changes.ts";
import { isRegularFile, listTree, type TreeListing } from "./tree-listing.ts";

/** The files of one commit, with what writing to it needs. */
export interface CommitFiles extends RepositoryFiles {
  readonly search: NonNullable<RepositoryFiles["search"]>;
  listing(): Promise<TreeListing>;
}

export function commitFiles(commit: string, git: RunGit, blobs: BlobStore): CommitFiles {
  const listingOf = onceForEach((id: string) => listTree(git, id));
  const listing = (): Promise<TreeListing> => listingOf(commit);
  const pathsOf = onceForEach(async (id: string): Promise<readonly string[]> => regularPaths(await listingOf(id)));

  const idsOf = onceForEach(async (id: string): Promise<ContentIds> => contentIds(await listingOf(id)));

  const texts = recentTextsOf(blobs);

  async function textOf(path: string, id: string): Promise<string> {
    const known = texts.get(id);
    if (known !== undefined) return known;
    const text = decodeText(path, await blobs.read(id));
    texts.set(id, text.length, text);
    return text;
  }

  return {
    listing,
    list: () => pathsOf(commit),
    read: async (path) => {
      const entry = (await listing()).get(path);
      return entry === undefined || !isRegularFile(entry) ? undefined : textOf(path, entry.id);
    },
    search: fileSearch({ commit, git, blobs, listing }),
    // A text that is not committed yet has the id that it will have then: what was worked out of an edit to prove it holds for the commit.
    contents: { repository: blobs, ids: () => idsOf(commit) },
  };
}

/** By blob. What many manifests build on is read for each of them, and a manifest again for the edit and after the commit. */
const mostCharacters = 1_000_000;

const recentTexts = new WeakMap<BlobStore, Recent<string>>();

function recentTextsOf(blobs: BlobStore): Recent<string> {
  const texts = recentTexts.get(blobs) ?? recent<string>(mostCharacters);
  recentTexts.set(blobs, texts);
  return texts;
}

function contentIds(listing: TreeListing): ContentIds {
  const [first] = listing.values();
  return {
    at: (path) => {
      const entry = listing.get(path);
      return entry === undefined || !isRegularFile(entry) ? undefined : entry.id;
    },
    of: (text) => blobId(text, first?.id.length),
  };
}

function regularPaths(listing: TreeListing): readonly string[] {
  return [...listing]
    .filter(([, entry]) => isRegularFile(entry))
    .map(([path]) => path)
    .sort();
}

/** Strict UTF-8; a byte order mark stays, so that writing the text back changes nothing. */
function decodeText(path: string, content: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new NotTextError(path);
  }
}
