import { createHash } from "node:crypto";
import type { Identity } from "../../git/commit-message.ts";
import type { CommitRecord, HistoryRange } from "../../git/history.ts";
import { blobId } from "../../git/tree-changes.ts";
import type { TreeListing } from "../../git/tree-listing.ts";

export interface MemoryCommit extends CommitRecord {
  readonly parent: string | undefined;
  /** Contents by path. */
  readonly files: ReadonlyMap<string, string>;
}

export interface NewMemoryCommit {
  readonly parent: string | undefined;
  readonly files: ReadonlyMap<string, string>;
  readonly author: Identity;
  readonly message: string;
  /** Epoch seconds. */
  readonly atSeconds: number;
}

/**
 * What is on the far side of `git push`, in memory: commits and branches of one repository, for simulations where a process for each git command would cost more than all the rest. Text
 * files only. Commit ids are made as git makes its own: of everything that the commit holds.
 */
export interface MemoryRemote {
  readonly url: string;
  readonly defaultBranch: string;
  tip(branch: string): string | undefined;
  commit(id: string): MemoryCommit;
  listing(id: string): TreeListing;
  /** As `git log`. */
  history(range: HistoryRange): readonly MemoryCommit[];
  /** Keeps a commit that no branch has. */
  write(commit: NewMemoryCommit): string;
  remove(branch: string): void;
  /** Compare and swap of a branch; false when it was not at `expected`. */
  move(branch: string, expected: string | undefined, commit: string): boolean;
  /** Somebody else's commit on top of the branch, at once. Null deletes. */
  commitOnTop(branch: string, author: Identity, message: string, files: Readonly<Record<string, string | null>>, atSeconds: number): string;
}

export function createMemoryRemote(
  files: Readonly<Record<string, string>>,
  {
    url = "memory://fleet.git",
    branch = "main",
    atSeconds,
  }: { readonly url?: string; readonly branch?: string; readonly atSeconds: number },
): MemoryRemote {
  const commits = new Map<string, MemoryCommit>();
  const branches = new Map<string, string>();
  const listings = new Map<string, TreeListing>();

  function commit(id: string): MemoryCommit {
    const found = commits.get(id);
    if (found === undefined) throw new Error(`there is no commit ${id}`);
    return found;
  }

  function write({ parent, files: contents, author, message, atSeconds: at }: NewMemoryCommit): string {
    const hash = createHash("sha1").update(JSON.stringify([parent, author, message, at]));
    for (const [path, content] of [...contents].sort(([one], [other]) => (one < other ? -1 : 1))) hash.update(`\0${path}\0${content}`);
    const id = hash.digest("hex");
    commits.set(id, {
      id,
      parent,
      files: contents,
      authorName: author.name,
      authorEmail: author.email,
      authoredAt: `${new Date(at * 1000).toISOString().slice(0, 19)}+00:00`,
      message,
    });
    return id;
  }

  function* ancestors(id: string | undefined): Generator<MemoryCommit> {
    for (let at = id; at !== undefined;) {
      const found = commit(at);
      yield found;
      at = found.parent;
    }
  }

  const remote: MemoryRemote = {
    url,
    defaultBranch: branch,
    tip: (name) => branches.get(name),
    commit,
    listing(id) {
      let listing = listings.get(id);
      if (listing === undefined) {
        listing = new Map([...commit(id).files].map(([path, content]) => [path, { mode: "100644", id: blobId(content) }]));
        listings.set(id, listing);
      }
      return listing;
    },
    history({ from, after, limit, paths = [] }) {
      const left = new Set([...ancestors(after)].map(({ id }) => id));
      const found: MemoryCommit[] = [];
      for (const each of ancestors(from)) {
        if (left.has(each.id) || found.length >= limit) break;
        const before = each.parent === undefined ? undefined : commit(each.parent).files;
        if (paths.length === 0 || paths.some((path) => before?.get(path) !== each.files.get(path))) found.push(each);
      }
      return found;
    },
    write,
    remove: (name) => void branches.delete(name),
    move(name, expected, id) {
      if (branches.get(name) !== expected) return false;
      branches.set(name, commit(id).id);
      return true;
    },
    commitOnTop(name, author, message, changes, at) {
      const parent = branches.get(name);
      const contents = new Map(parent === undefined ? [] : commit(parent).files);
      for (const [path, content] of Object.entries(changes)) {
        if (content === null) contents.delete(path);
        else contents.set(path, content);
      }
      const id = write({ parent, files: contents, author, message, atSeconds: at });
      branches.set(name, id);
      return id;
    },
  };
  remote.commitOnTop(branch, { name: "Somebody", email: "somebody@example.com" }, "The fleet\n", files, atSeconds);
  return remote;
}
