import { createHash } from "node:crypto";
import type { Refusal } from "../refusal.ts";
import type { TreeChange } from "./commit-writer.ts";
import { isRegularFile, type TreeListing } from "./tree-listing.ts";
import { unsafePath } from "./tree-path.ts";

export type TreeChanges =
  { readonly kind: "changes"; readonly changes: readonly TreeChange[] } | { readonly kind: "refused"; readonly refusal: Refusal };

/**
 * What an edit really changes in a tree: contents that are there already and deletions of nothing are left out, modes stay (a new file is 100644).
 * Refused: paths that are unsafe, that are a symlink or submodule, or that lead through something that is not a directory.
 */
export function treeChanges(files: ReadonlyMap<string, string | null>, listing: TreeListing): TreeChanges {
  const changes: TreeChange[] = [];
  for (const [path, content] of files) {
    const problem =
      unsafePath(path) ??
      (content !== null && /\p{Surrogate}/u.test(content) ? "its new content is not valid Unicode" : undefined) ??
      blocked(path, files, listing);
    if (problem !== undefined) return { kind: "refused", refusal: unsafe(path, problem) };
    const entry = listing.get(path);
    if (content === null ? entry !== undefined : entry?.id !== blobId(content, entry?.id.length))
      changes.push({ path, mode: entry?.mode ?? "100644", content });
  }
  return { kind: "changes", changes: [...changes].sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/** The id that git gives to a text (SHA-1, or SHA-256 in repositories of that kind). */
export function blobId(content: string, length = 40): string {
  const bytes = Buffer.from(content);
  return createHash(length === 64 ? "sha256" : "sha1")
    .update(`blob ${bytes.length}\0`)
    .update(bytes)
    .digest("hex");
}

function blocked(path: string, files: ReadonlyMap<string, string | null>, listing: TreeListing): string | undefined {
  const entry = listing.get(path);
  if (entry !== undefined) return isRegularFile(entry) ? undefined : "it is a symlink or submodule";
  if (files.get(path) === null) return undefined;
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
    const above = path.slice(0, at);
    if (typeof files.get(above) === "string") return `${above} is written as a file by the same change`;
    if (listing.has(above) && files.get(above) !== null) return `${above} is not a directory`;
  }
  for (const other of listing.keys()) {
    if (other.startsWith(`${path}/`) && files.get(other) !== null) return "it is a directory";
  }
  return undefined;
}

function unsafe(path: string, problem: string): Refusal {
  return {
    reason: "UnsafePath",
    message: `The change would write ${JSON.stringify(path)}, but ${problem}. Nothing was committed.`,
    remedy: "Write to a regular file inside the repository; follow a symlink to its target and name that.",
  };
}
