import { GitError } from "./git-error.ts";

/** The rules of `git check-ref-format --branch` (refs.c, check_refname_format), without a process; nothing that could be read as an option passes. */
export function isBranchName(name: string): boolean {
  if (name === "" || name === "@" || name === "HEAD" || name.length > 240) return false;
  if (name.startsWith("-") || name.endsWith(".") || name.startsWith("refs/")) return false;
  if (name.includes("..") || name.includes("@{")) return false;
  // oxlint-disable-next-line no-control-regex -- control characters are among the rules
  if (/[\u0000- \u007f~^:?*[\\]/.test(name)) return false;
  return name.split("/").every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"));
}

/** Gives the name back, or throws a `configuration` GitError. */
export function branchName(name: string): string {
  if (isBranchName(name)) return name;
  throw new GitError("configuration", {
    seen: `${JSON.stringify(name)} is not the name of a Git branch`,
    meaning: "Nothing was fetched or pushed",
    remedy: "Give a name like main or upgrade/demo-v1.35.2: no spaces, no '..', no leading '-' or 'refs/'",
  });
}
