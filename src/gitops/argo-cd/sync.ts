import type { SyncState } from "../../upgrade/sync-state.ts";
import { carriesCommit } from "../carries-commit.ts";
import type { EngineReads } from "../engine-access.ts";
import type { GitSource, SyncQuestion } from "../engine.ts";
import { unreadState } from "../sync-words.ts";
import { ARGO_GROUP, getApplication, type Application } from "./application.ts";
import { appliedRevision, attemptedRevision } from "./revisions.ts";
import { closedWindow, type ClosedWindow } from "./sync-windows.ts";
import { applicationVerdict, healedInWords } from "./verdict.ts";

/** How far Argo CD is with an Application. Its health is not looked at: it is `Healthy` while a control plane rolls, and while a revert is refused. */
export async function applicationSync(source: GitSource, reads: EngineReads, question: SyncQuestion): Promise<SyncState> {
  const found = await getApplication(source.appliedBy.name, source.appliedBy.namespace, reads);
  if (found.kind === "refused") return unreadState(source.name, found.refusal);
  const { application } = found;
  const applied = appliedRevision(application, source.position);
  return {
    engine: application.name,
    ...applicationVerdict(application, source.position, await windowOf(application, reads, question.now)),
    heals: application.behaviour.revertsDirectChanges,
    healed: healedInWords(application),
    appliedRevision: applied,
    attemptedRevision: attemptedRevision(application, source.position),
    carriesCommit: await carriesCommit(applied, question),
  };
}

/** A project that cannot be read is taken for one without windows: its Applications then are `out-of-sync`, which is true as well. */
async function windowOf(application: Application, reads: EngineReads, now: number): Promise<ClosedWindow | undefined> {
  if (!application.behaviour.automatic) return undefined;
  const { controllerNamespace: namespace, project: name } = application;
  const reading = await reads.get({ group: ARGO_GROUP, kind: "AppProject", namespace, name });
  return reading.gap === undefined ? closedWindow(application, reading.value, now) : undefined;
}
