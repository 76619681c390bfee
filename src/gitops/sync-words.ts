import { redactorFor } from "../git/redact.ts";
import type { Refusal } from "../refusal.ts";
import type { SyncState } from "../upgrade/sync-state.ts";
import { rejectionInWords } from "./rejection-in-words.ts";

/** What an engine says, before it is known whether our commit is in it. */
export interface SyncVerdict {
  readonly state: SyncState["state"];
  readonly message: string;
  readonly remedy: string | undefined;
  readonly since: number | undefined;
}

/** As much of an engine's own words as a status can bear. */
const MOST_CHARACTERS = 700;
const redact = redactorFor([]);

/** An engine's words on one line, without user names and passwords of URLs, and without the temporary files that Argo CD applies from. */
export function engineWords(text: string): string {
  const line = redact(text)
    .replaceAll(/error when (?:patching|creating|replacing) "[^"]*": /g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 1)}…` : line;
}

/** `failed`, with what the words mean where they are known. `otherwise`: what to do where they are not. */
export function failed(what: string, words: string, since: number | undefined, otherwise: string): SyncVerdict {
  const shown = engineWords(words);
  const rejection = rejectionInWords(shown) ?? rejectionInWords(words);
  const message = [`${what}: ${shown.replace(/\.$/, "")}.`, rejection?.meaning].filter((part) => part !== undefined).join(" ");
  return { state: "failed", message, remedy: rejection?.remedy ?? otherwise, since };
}

export function unreadState(engine: string, refusal: Refusal): SyncState {
  return {
    engine,
    state: "unknown",
    appliedRevision: undefined,
    attemptedRevision: undefined,
    carriesCommit: undefined,
    message: refusal.message,
    remedy: refusal.remedy,
    heals: false,
    healed: undefined,
    since: undefined,
  };
}

export function shortRevision(revision: string | undefined): string {
  return revision === undefined ? "an unknown revision" : /^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 12) : revision;
}
