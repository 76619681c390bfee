import { onceForEach } from "../manifests/once-for-each.ts";
import { NotTextError, type RepositoryFiles } from "../manifests/repository-files.ts";
import type { BlobStore } from "./blob-store.ts";
import { fileSearch } from "./file-search.ts";
import type { RunGit } from "./git-command.ts";
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

  return {
    listing,
    list: () => pathsOf(commit),
    read: async (path) => {
      const entry = (await listing()).get(path);
      return entry === undefined || !isRegularFile(entry) ? undefined : decodeText(path, await blobs.read(entry.id));
    },
    search: fileSearch({ commit, git, blobs, listing }),
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
