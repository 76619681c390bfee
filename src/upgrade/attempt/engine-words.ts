import type { Declaration } from "../upgrade-types.ts";
import type { DirectChange } from "../direct-change.ts";
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

/** For what the engine is to be asked to look at Git: a commit that it has not applied, or a direct change that it has not put back. Once each, and not where a look changes nothing. */
export function toRefreshFor(
  sync: SyncState | undefined,
  declarations: readonly Declaration[],
  { refreshedFor }: AttemptMemory,
  direct: DirectChange | undefined,
): string | undefined {
  if (sync === undefined || engineWaits(sync) || (sync.carriesCommit === true && direct === undefined)) return undefined;
  const commit = declarations.find(({ place, revision }) => place !== undefined && revision !== undefined)?.revision;
  // Both fit into what the object's status keeps of it.
  const asked = direct === undefined ? commit : `${direct.version} ${commit ?? ""}`.slice(0, 64);
  return asked === refreshedFor ? undefined : asked;
}
