/** A repository's URL as people and git may see it: without user name and password of http(s). An ssh user stays, it is part of the address. */
export function withoutUserinfo(url: string): string {
  return url.replace(/^(https?:\/\/)[^/]*@/i, "$1");
}

/** As Argo CD compares URLs (argo-cd util/git/git.go, NormalizeGitURL): case, `.git`, and `git@host:path` for `ssh://git@host/path` make no difference. */
export function comparableUrl(url: string): string {
  const lower = url.trim().toLowerCase();
  const ssh = /^(?:ssh:\/\/)?[^/:@]+@[^/:]+:/.test(lower) && !lower.startsWith("ssh://") ? lower.replace(":", "/") : lower;
  return ssh.replace(/\.git$/, "").replace(/^ssh:\/\//, "");
}

/** Path below the repository's root without `./`, slashes around it and `.`; empty for the root. */
export function repositoryPath(path: string | undefined): string {
  return (path ?? "")
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}
