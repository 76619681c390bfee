import type { ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import type { SyncState } from "../../upgrade/sync-state.ts";
import { carriesCommit } from "../carries-commit.ts";
import type { EngineReads } from "../engine-access.ts";
import type { GitSource, SyncQuestion } from "../engine.ts";
import { refuseUnread } from "../gaps.ts";
import { textAt, type RawObject } from "../raw-object.ts";
import { unreadState } from "../sync-words.ts";
import { fluxCommit } from "../tracked-revision.ts";
import { helmReleaseVerdict, kustomizationVerdict, repositoryVerdict, wasApplied } from "./verdict.ts";

/** How far Flux is with a source: its GitRepository first (nothing new without it), then what applies it. */
export async function fluxSync(source: GitSource, reads: EngineReads, question: SyncQuestion): Promise<SyncState> {
  const applier = await reads.get(source.appliedBy);
  if (applier.gap !== undefined) return unreadState(source.name, refuseUnread(applier.gap));
  const repository = source.fetchedBy === undefined ? undefined : await reads.get(source.fetchedBy);
  if (repository?.gap !== undefined) return unreadState(source.name, refuseUnread(repository.gap));
  const fetched = repository?.value;
  const revisions = revisionsOf(source.appliedBy, applier.value, fetched);
  const verdict =
    (fetched === undefined ? undefined : repositoryVerdict(fetched, source)) ??
    (source.appliedBy.kind === "HelmRelease"
      ? helmReleaseVerdict(applier.value, source)
      : kustomizationVerdict(applier.value, fetched, source));
  return {
    engine: source.name,
    ...verdict,
    ...revisions,
    heals: source.behaviour.revertsDirectChanges,
    healed: undefined,
    carriesCommit: await carriesCommit(revisions.appliedRevision, question),
  };
}

type Revisions = Pick<SyncState, "appliedRevision" | "attemptedRevision">;

function revisionsOf(ref: ObjectReference, applier: RawObject, repository: RawObject | undefined): Revisions {
  if (ref.kind === "HelmRelease") {
    // A HelmRelease tells chart versions; with reconcileStrategy Revision they end in the commit's first 12 letters: `0.1.0+4f5e6a7b8c9d.1`.
    const fetched = fluxCommit(textAt(repository, "status.artifact.revision"));
    const built = /\+([0-9a-f]{12})(?:\.\d+)?$/.exec(textAt(applier, "status.lastAttemptedRevision") ?? "")?.[1];
    const commit = built !== undefined && fetched?.startsWith(built) === true ? fetched : undefined;
    return { appliedRevision: wasApplied(applier) ? commit : undefined, attemptedRevision: commit };
  }
  const attempted = fluxCommit(textAt(applier, "status.lastAttemptedRevision"));
  return {
    appliedRevision: wasApplied(applier) ? attempted : fluxCommit(textAt(applier, "status.lastAppliedRevision")),
    attemptedRevision: attempted,
  };
}
