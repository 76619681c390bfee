import { conditionsOf, flagAt, numberAt, recordsAt, textAt, timeAt, valueAt, wordsAt, type RawObject } from "../raw-object.ts";
import { failed, shortRevision, type SyncVerdict } from "../sync-words.ts";
import type { Application } from "./application.ts";
import { appliedRevision, attemptedRevision, comparedRevision } from "./revisions.ts";
import type { ClosedWindow } from "./sync-windows.ts";

const TRY_AGAIN =
  "Sync it by hand (`argocd app sync`) once the cause is gone: Argo CD does not try a revision again whose attempts are used up.";

/** What the status of an Application means, the most important first. `window`: that holds automatic syncs back now. */
export function applicationVerdict(application: Application, position: number | undefined, window: ClosedWindow | undefined): SyncVerdict {
  return (
    stopped(application) ??
    broken(application) ??
    underWay(application, position, window) ??
    (textAt(application.object, "status.sync.status") === "Synced"
      ? synced(application, position)
      : outOfSync(application, position, window))
  );
}

/** It does nothing at all. */
function stopped({ object, name }: Application): SyncVerdict | undefined {
  const deletedAt = timeAt(object, "metadata.deletionTimestamp");
  if (deletedAt !== undefined)
    return {
      state: "suspended",
      message: `${name} is being deleted: it applies nothing any more.`,
      remedy: "Declare the cluster through another Application first.",
      since: deletedAt,
    };
  if (wordsAt(object, "metadata.annotations")["argocd.argoproj.io/skip-reconcile"] === "true")
    return {
      state: "suspended",
      message: `${name} has the annotation argocd.argoproj.io/skip-reconcile: Argo CD does not look at it.`,
      remedy: "Take the annotation off.",
      since: undefined,
    };
  return undefined;
}

/** Argo CD cannot tell what should be there: repository, revision, path, rendering, project or destination. */
function broken({ object, name }: Application): SyncVerdict | undefined {
  const condition = conditionsOf(object).find(({ type }) => ["InvalidSpecError", "ComparisonError", "UnknownError"].includes(type));
  if (condition !== undefined)
    return failed(
      `${name} cannot compare Git with the cluster`,
      condition.message,
      condition.since,
      "See to what it names: the repository and its credentials, the revision, the path, what the manifests render to, or the API server.",
    );
  const status = textAt(object, "status.sync.status");
  if (status === "Synced" || status === "OutOfSync") return undefined;
  return {
    state: "unknown",
    message: `Argo CD has not looked at ${name} yet (sync status ${status ?? "absent"}).`,
    remedy: "If this lasts: is Argo CD's application-controller running, and does it look after this namespace?",
    since: undefined,
  };
}

function underWay(application: Application, position: number | undefined, window: ClosedWindow | undefined): SyncVerdict | undefined {
  const { object, name } = application;
  const operation = valueAt(object, "status.operationState");
  const phase = textAt(operation, "phase");
  if (phase !== "Running" && phase !== "Terminating") return undefined;
  const since = timeAt(operation, "startedAt");
  const message = textAt(operation, "message") ?? "";
  const revision = shortRevision(attemptedRevision(application, position));
  if (/blocked by sync window/i.test(message)) return blocked(application, window, since);
  const refused = refusedObjects(operation);
  // While it waits for the next attempt, an operation that failed still counts as running.
  if (refused !== undefined || (numberAt(operation, "retryCount") ?? 0) > 0 || /Retrying attempt #\d+/.test(message)) {
    const told = failed(`${name} could not apply ${revision} and tries again`, refused ?? message, since, "See to what it names.");
    return { ...told, ...newerWaits(application, position, told) };
  }
  return { state: "syncing", message: `${name} is applying ${revision}${message === "" ? "" : `: ${message}`}.`, remedy: undefined, since };
}

/** An operation keeps the revision that it began with through all its attempts, unless `spec.syncPolicy.retry.refresh` is set (Argo CD 3.2): what is pushed meanwhile waits. */
function newerWaits(application: Application, position: number | undefined, told: SyncVerdict): Partial<SyncVerdict> {
  const [compared, attempted] = [comparedRevision(application, position), attemptedRevision(application, position)];
  if (
    compared === undefined ||
    compared === attempted ||
    flagAt(application.object, "status.operationState.operation.retry.refresh") === true
  )
    return {};
  const { name } = application.ref;
  return {
    message: `${told.message} ${shortRevision(compared)}, which is newer, waits until the attempts at ${shortRevision(attempted)} are used up.`,
    remedy: `Wait, or end them with \`argocd app terminate-op ${name}\`; spec.syncPolicy.retry.refresh: true makes each attempt take the newest commit.`,
  };
}

function synced(application: Application, position: number | undefined): SyncVerdict {
  const { object, name, behaviour } = application;
  const operation = valueAt(object, "status.operationState");
  const remarks = [healedInWords(application), behaviour.automatic ? undefined : "Auto-sync is off: a newer commit waits for a person."];
  return {
    state: "synced",
    message: [
      `${name} has applied ${shortRevision(appliedRevision(application, position))}.`,
      ...remarks.filter((remark) => remark !== undefined),
    ].join(" "),
    remedy: undefined,
    since: timeAt(operation, "finishedAt"),
  };
}

function outOfSync(application: Application, position: number | undefined, window: ClosedWindow | undefined): SyncVerdict {
  const { object, name, behaviour } = application;
  const operation = valueAt(object, "status.operationState");
  const [compared, attempted] = [comparedRevision(application, position), attemptedRevision(application, position)];
  const since = timeAt(operation, "finishedAt");
  const phase = textAt(operation, "phase");
  const attemptFailed = phase === "Failed" || phase === "Error";
  if (attemptFailed && attempted === compared)
    return failed(
      `${name} could not apply ${shortRevision(attempted)}`,
      refusedObjects(operation) ?? textAt(operation, "message") ?? phase,
      since,
      TRY_AGAIN,
    );
  const refusal = conditionsOf(object).find(({ type }) => type === "SyncError");
  if (refusal !== undefined) return failed(`${name} does not apply ${shortRevision(compared)}`, refusal.message, refusal.since, TRY_AGAIN);
  const differing = differingObjects(object);
  if (differing.changed.length === 0 && differing.toPrune.length > 0 && !behaviour.prunes)
    return {
      state: "synced",
      message: `${name} has applied ${shortRevision(compared)}; what is not in Git any more stays, because it does not prune: ${differing.toPrune.join(", ")}.`,
      remedy: undefined,
      since,
    };
  if (!behaviour.automatic)
    return {
      state: "manual",
      message: `${name} knows ${shortRevision(compared)} and does not apply it: auto-sync is off.`,
      remedy: `Sync it by hand (\`argocd app sync ${application.ref.name}\`), or turn auto-sync on.`,
      since: undefined,
    };
  if (window !== undefined) return blocked(application, window, undefined);
  const changed = differing.changed.length === 0 ? "objects" : differing.changed.join(", ");
  if (phase === "Succeeded" && attempted === compared && appliedRevision(application, position) === compared)
    return drifted(application, compared, changed);
  return {
    state: "out-of-sync",
    message: `${name} knows ${shortRevision(compared)} and has not begun to apply it.`,
    remedy: undefined,
    since: undefined,
  };
}

/** Git has not moved since the last sync: the objects have. */
function drifted({ name, behaviour }: Application, revision: string | undefined, changed: string): SyncVerdict {
  const heals = behaviour.revertsDirectChanges;
  return {
    state: "out-of-sync",
    message: `${name} has applied ${shortRevision(revision)}, and since then ${changed} differs from Git: it was changed directly. ${heals ? "selfHeal puts that back." : "selfHeal is off, so it stays."}`,
    remedy: heals ? "Make the change in Git." : "Make the change in Git, or sync to put it back.",
    since: undefined,
  };
}

function blocked({ name }: Application, window: ClosedWindow | undefined, since: number | undefined): SyncVerdict {
  const until = window?.opensAt === undefined ? "" : ` until ${new Date(window.opensAt).toISOString()}`;
  return {
    state: "blocked-by-window",
    message: `${name} applies nothing${until}: ${window?.message ?? "a sync window of its project holds it back"}.`,
    remedy: "Wait for the window, or change the sync windows of the project.",
    since,
  };
}

/** What was refused, object by object; undefined when the operation tells none. */
function refusedObjects(operation: unknown): string | undefined {
  const refused = recordsAt(operation, "syncResult.resources").filter((result) => textAt(result, "status") === "SyncFailed");
  if (refused.length === 0) return undefined;
  return refused.map((result) => `${objectInWords(result)}: ${textAt(result, "message") ?? "no reason given"}`).join("; ");
}

/** selfHeal counts its attempts in the operation that it starts, and names what it puts back. */
export function healedInWords({ object }: Application): string | undefined {
  const operation = valueAt(object, "status.operationState");
  if (textAt(operation, "phase") !== "Succeeded") return undefined;
  if ((numberAt(operation, "operation.sync.autoHealAttemptsCount") ?? 0) === 0) return undefined;
  const objects = recordsAt(operation, "operation.sync.resources").map(
    (resource) => `${textAt(resource, "kind") ?? ""} ${textAt(resource, "name") ?? ""}`,
  );
  const at = timeAt(operation, "finishedAt");
  return `selfHeal put a direct change of ${objects.join(", ") || "its objects"} back${at === undefined ? "" : ` at ${new Date(at).toISOString()}`}.`;
}

function differingObjects(object: RawObject): { readonly changed: readonly string[]; readonly toPrune: readonly string[] } {
  const differing = recordsAt(object, "status.resources").filter((resource) => textAt(resource, "status") === "OutOfSync");
  const prunable = (resource: RawObject): boolean => flagAt(resource, "requiresPruning") === true;
  return {
    changed: differing.filter((resource) => !prunable(resource)).map(objectInWords),
    toPrune: differing.filter(prunable).map(objectInWords),
  };
}

function objectInWords(resource: RawObject): string {
  const [namespace, name] = [textAt(resource, "namespace"), textAt(resource, "name") ?? ""];
  return `${textAt(resource, "kind") ?? ""} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}
