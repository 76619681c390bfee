/** Names that a file system may take for `.git`: other case, NTFS short name, trailing dots, spaces or streams, HFS+ ignorable characters. */
const looksLikeDotGit = /^(?:\.git|git~\d+)[. ]*(?::.*)?$/i;
const ignorableOnHfs = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\u0000-\u001f\u007f]/;

/** Why a path may not be written into a tree, or undefined when it may. Stricter than git: also safe to check out on other systems. */
export function unsafePath(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (path.startsWith("/")) return "it is absolute";
  if (control.test(path)) return "it holds a control character";
  if (/\p{Surrogate}/u.test(path)) return "it is not valid Unicode";
  if (path.includes("\\")) return "it holds a backslash, which some systems take for a separator";
  if (Buffer.byteLength(path) > 4096) return "it is longer than 4096 bytes";
  for (const part of path.split("/")) {
    if (part === "") return "it holds an empty part";
    if (part === "." || part === "..") return `it holds "${part}"`;
    if (looksLikeDotGit.test(part.replaceAll(ignorableOnHfs, ""))) return `"${part}" means Git's own directory on some systems`;
  }
  return undefined;
}
