import type { SyncQuestion } from "./engine.ts";

/** Whether the applied revision has the commit that is waited for; undefined while that is not known. An engine may already be at a later commit than ours. */
export async function carriesCommit(applied: string | undefined, { commit, contains }: SyncQuestion): Promise<boolean | undefined> {
  if (commit === undefined || applied === undefined) return undefined;
  if (applied === commit) return true;
  return contains === undefined ? undefined : contains(applied, commit);
}
