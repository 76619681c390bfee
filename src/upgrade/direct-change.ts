import type { ClusterSnapshot, FieldOwner, ObjectReference } from "./cluster-snapshot.ts";
import { objectKey, objectName, sameObject } from "./cluster-words.ts";
import { sameVersion } from "./kubernetes-version.ts";
import type { SyncState } from "./sync-state.ts";
import type { Declaration } from "./upgrade-types.ts";
import { declaringObjects } from "./version-owner.ts";

/** Somebody changed the version of a live object, and the engine that applies its source puts that back by itself: nothing speaks against the upgrade for good. */
export interface DirectChange {
  readonly object: ObjectReference;
  readonly version: string;
  /** What Git declares, and the object is to have again. */
  readonly declared: string;
  /** In one sentence: who did what, and who mends it. */
  readonly message: string;
}

export interface DirectChangeInput {
  readonly snapshot: ClusterSnapshot;
  readonly declarations: readonly Declaration[];
  /** The newest version that each object was seen to declare in this run, by `objectKey`. */
  readonly seen: Readonly<Record<string, string>>;
  readonly sync?: SyncState | undefined;
}

/** Controllers that apply what Git declares; they may be late, which is no contradiction. */
const ENGINES = /^(argocd|argo-cd|kustomize-controller|helm-controller|flux|fluxcd)/;

export function isEngine({ manager }: FieldOwner): boolean {
  return ENGINES.test(manager);
}

/** States in which an engine does what it is there for, if not always with success. */
const AT_WORK: ReadonlySet<SyncState["state"]> = new Set(["synced", "syncing", "out-of-sync", "failed"]);

/**
 * Changes of live objects that the engine puts back. Whether it is refused in that is told by its state.
 *
 * Flux first makes what `kubectl` wrote its own, by a patch of `managedFields`, and applies after that (fluxcd/pkg `ssa/manager_apply.go`, `cleanupMetadata`): for a moment the
 * old version is there with Flux as its writer. An engine that has applied our commit does not write that version itself.
 */
export function changesThatHeal({ snapshot, declarations, seen, sync }: DirectChangeInput): readonly DirectChange[] {
  if (sync?.heals !== true || !AT_WORK.has(sync.state)) return [];
  return declaringObjects(snapshot).flatMap(({ object, version, owners: [owner] }): readonly DirectChange[] => {
    const declaration = declarations.find((other) => sameObject(other.object, object));
    if (version === undefined || owner === undefined || (isEngine(owner) && sync.carriesCommit !== true)) return [];
    if (declaration?.place === undefined || sameVersion(version, declaration.version)) return [];
    // What carried the version that Git declares has been applied; anything else may just be late.
    if (!sameVersion(seen[objectKey(object)], declaration.version)) return [];
    const who = isEngine(owner) ? undefined : owner.manager;
    const message = `${who ?? "Somebody"} set ${objectName(object)} to ${version}, directly; ${declaration.place} declares ${declaration.version}, and ${sync.engine} puts that back by itself. Nothing is to be done, unless ${who ?? "whoever did"} writes it again.`;
    return [{ object, version, declared: declaration.version, message }];
  });
}
