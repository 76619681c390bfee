/** Paths inside the repository: '/'-separated, relative to its root, without `.` or `..`; the root itself is "". */

/** `path` seen from `directory`; undefined when it leaves the repository or is absolute. */
export function resolvePath(directory: string, path: string): string | undefined {
  if (path.startsWith("/")) return undefined;
  const steps = directory === "" ? [] : directory.split("/");
  for (const step of path.split("/")) {
    if (step === "" || step === ".") continue;
    if (step !== "..") steps.push(step);
    else if (steps.pop() === undefined) return undefined;
  }
  return steps.join("/");
}

export function directoryOf(file: string): string {
  const slash = file.lastIndexOf("/");
  return slash < 0 ? "" : file.slice(0, slash);
}

/** Whether `path` is `directory` or lies below it. */
export function isWithin(path: string, directory: string): boolean {
  return directory === "" || path === directory || path.startsWith(`${directory}/`);
}

/** What kustomize would fetch from the network: http(s), ssh, `git@host:`, `github.com/…`, `…?ref=…` (kustomize: git.NewRepoSpecFromURL). */
export function isRemote(path: string): boolean {
  return (
    /^(?:git::|[a-z][a-z0-9+.-]*:\/\/|[a-z][\w-]*@[^/]+:)/i.test(path) ||
    /^github\.com[/:]/i.test(path) ||
    /\?(?:.*&)?(?:ref|version|timeout|submodules)=/.test(path)
  );
}

/** For messages: the repository root is ".". */
export function showDirectory(directory: string): string {
  return directory === "" ? "." : directory;
}

/** The directory itself and all above it, the root included. */
export function ancestorsOf(directory: string): readonly string[] {
  const found = [directory];
  for (let at = directory; at !== ""; found.push(at)) at = directoryOf(at);
  return found;
}

/** The files below a directory, of a sorted list; a file of the directory's name is none. */
export function filesBelow(list: readonly string[], directory: string): readonly string[] {
  if (directory === "") return list;
  const prefix = `${directory}/`;
  // `0` comes right after `/`.
  return list.slice(firstFrom(list, prefix), firstFrom(list, `${directory}0`));
}

/** Whether a sorted list of files has any below the directory, or one of its name. */
export function hasFilesIn(list: readonly string[], directory: string): boolean {
  if (directory === "") return list.length > 0;
  return list[firstFrom(list, directory)] === directory || list[firstFrom(list, `${directory}/`)]?.startsWith(`${directory}/`) === true;
}

/** The index of the first that is `text` or comes after it. */
function firstFrom(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? "") < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
