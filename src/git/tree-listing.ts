import type { RunGit } from "./git-command.ts";

export interface TreeEntry {
  readonly mode: string;
  readonly id: string;
}

/** Every entry of a commit's tree by path: files, symlinks (120000), submodules (160000). Paths that are not valid UTF-8 are left out. */
export type TreeListing = ReadonlyMap<string, TreeEntry>;

/** `git ls-tree`: reads trees only, no file contents. */
export async function listTree(git: RunGit, commit: string): Promise<TreeListing> {
  const { stdout } = await git(["ls-tree", "-r", "-z", "--full-tree", commit]);
  return parseTreeListing(stdout);
}

export function parseTreeListing(output: Buffer): TreeListing {
  const entries = new Map<string, TreeEntry>();
  for (const line of output.toString("utf8").split("\0")) {
    const tab = line.indexOf("\t");
    const path = line.slice(tab + 1);
    // U+FFFD: the path was not UTF-8 (or holds that very character), so it could not be written back.
    if (tab === -1 || path.includes("\ufffd")) continue;
    const [mode = "", , id = ""] = line.slice(0, tab).split(" ");
    entries.set(path, { mode, id });
  }
  return entries;
}

export function isRegularFile({ mode }: TreeEntry): boolean {
  return mode === "100644" || mode === "100755";
}
