import type { Declaration } from "../upgrade-types.ts";
import { engineSays, type SyncState } from "../sync-state.ts";
import type { AttemptMemory } from "./attempt-types.ts";

/** States in which the engine does nothing until a person, or its own window, lets it. */
const WAITS_FOR_OTHERS: ReadonlySet<SyncState["state"]> = new Set(["suspended", "manual", "blocked-by-window"]);

/** What is declared is not applied because nobody lets the engine. Time that passes so is no standstill. */
export function engineWaits(sync: SyncState | undefined): boolean {
  return sync !== undefined && WAITS_FOR_OTHERS.has(sync.state);
}

/** What the engine says of a change that it has not brought to the cluster yet; undefined where that tells nothing new. */
export function engineWords(sync: SyncState | undefined): { readonly message: string; readonly remedy: string | undefined } | undefined {
  if (sync === undefined || sync.state === "synced" || sync.state === "unknown") return undefined;
  return { message: engineSays(sync), remedy: sync.remedy };
}

/** The commit that the engine is to be asked to look for: once each, and not where a look changes nothing. */
export function commitToRefreshFor(
  sync: SyncState | undefined,
  declarations: readonly Declaration[],
  { refreshedFor }: AttemptMemory,
): string | undefined {
  if (sync === undefined || sync.carriesCommit === true || engineWaits(sync)) return undefined;
  const commit = declarations.find(({ place, revision }) => place !== undefined && revision !== undefined)?.revision;
  return commit === refreshedFor ? undefined : commit;
}
