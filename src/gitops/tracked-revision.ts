import type { Refusal } from "../refusal.ts";

/** What an engine follows in a repository. */
export type TrackedRevision =
  /** `name` undefined: the branch that the remote's HEAD names. `sure`: false where a tag could have that name too. */
  | { readonly kind: "branch"; readonly name: string | undefined; readonly sure: boolean }
  | { readonly kind: "tag"; readonly name: string }
  | { readonly kind: "version-range"; readonly range: string }
  | { readonly kind: "commit"; readonly commit: string }
  /** `refs/pull/420/head` and the like. */
  | { readonly kind: "reference"; readonly name: string };

/**
 * Argo CD's `targetRevision` (argo-cd util/git/client.go, lsRemote): a commit; else the newest tag that a version or a range of versions allows; else a branch or tag
 * of that short or full name; else an abbreviated commit.
 */
export function argoRevision(text: string | undefined): TrackedRevision {
  if (text === undefined || text === "HEAD") return { kind: "branch", name: undefined, sure: true };
  if (/^[0-9a-f]{40}$/i.test(text)) return { kind: "commit", commit: text };
  const full = fullName(text);
  if (full !== undefined) return full;
  if (/[*<>=^~|]|(^|\.)[xX](\.|$)/.test(text)) return { kind: "version-range", range: text };
  if (/^v?\d+(\.\d+){1,2}([-+].*)?$/.test(text)) return { kind: "tag", name: text };
  // An abbreviated commit only if no branch has that name; seven letters from a to f alone are more likely a word.
  if (/^(?=.*\d)[0-9a-f]{7,39}$/.test(text)) return { kind: "commit", commit: text };
  return { kind: "branch", name: text, sure: false };
}

/** A GitRepository's `spec.ref`: commit before name before semver before tag before branch; `master` without any (source.toolkit.fluxcd.io, GitRepositoryRef). */
export function fluxRevision(ref: {
  readonly [field in "branch" | "tag" | "semver" | "name" | "commit"]: string | undefined;
}): TrackedRevision {
  if (ref.commit !== undefined) return { kind: "commit", commit: ref.commit };
  if (ref.name !== undefined) return fullName(ref.name) ?? { kind: "reference", name: ref.name };
  if (ref.semver !== undefined) return { kind: "version-range", range: ref.semver };
  if (ref.tag !== undefined) return { kind: "tag", name: ref.tag };
  return { kind: "branch", name: ref.branch ?? "master", sure: true };
}

function fullName(text: string): TrackedRevision | undefined {
  const [, kind, name] = /^refs\/(heads|tags)\/(.+)$/.exec(text) ?? [];
  if (kind === "heads" && name !== undefined) return { kind: "branch", name, sure: true };
  if (kind === "tags" && name !== undefined) return { kind: "tag", name };
  return text.startsWith("refs/") ? { kind: "reference", name: text } : undefined;
}

/** A commit on a branch changes nothing for an engine that does not follow a branch. `field`: `spec.source.targetRevision of Application argocd/capi`. */
export function refuseUnlessBranch(revision: TrackedRevision, field: string, repoURL: string): Refusal | undefined {
  if (revision.kind === "branch") return undefined;
  return {
    reason: "RevisionNotABranch",
    message: `${field} is ${revisionInWords(revision)} of ${repoURL}: a commit on a branch would not be applied.`,
    remedy: `Let ${field} name a branch, or do the upgrade by moving it to a commit that has the new version.`,
    evidence: [`${field}: ${revisionInWords(revision)}`],
  };
}

export function revisionInWords(revision: TrackedRevision): string {
  switch (revision.kind) {
    case "branch":
      return revision.name === undefined ? "the default branch (HEAD)" : `branch ${revision.name}`;
    case "tag":
      return `tag ${revision.name}`;
    case "version-range":
      return `the newest tag in ${revision.range}`;
    case "commit":
      return `commit ${revision.commit}`;
    case "reference":
      return `reference ${revision.name}`;
    default:
      return revision satisfies never;
  }
}

/** The commit in what Flux calls a revision: `main@sha1:<commit>`, `sha1:<commit>`; the older `main/<commit>`. */
export function fluxCommit(revision: string | undefined): string | undefined {
  return /(?:^|[@/:])(?:sha1:)?([0-9a-f]{40})$/.exec(revision ?? "")?.[1];
}
