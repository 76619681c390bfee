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
