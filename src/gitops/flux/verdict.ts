import type { GitSource } from "../engine.ts";
import { conditionsOf, flagAt, numberAt, recordsAt, textAt, type Condition, type RawObject } from "../raw-object.ts";
import { engineWords, failed, shortRevision, type SyncVerdict } from "../sync-words.ts";
import { fluxCommit } from "../tracked-revision.ts";

/** Reasons of `Ready=False` that come after everything was applied (kustomize-controller, reconcile: apply, prune, health checks). */
const AFTER_APPLYING: ReadonlySet<string> = new Set(["PruneFailed", "HealthCheckFailed", "HealthCheckCanceled"]);

/** What a GitRepository's status means for those who wait for a commit; undefined where it is well. */
export function repositoryVerdict(object: RawObject, { fetchedBy }: GitSource): SyncVerdict | undefined {
  const what = `GitRepository ${fetchedBy?.namespace ?? ""}/${fetchedBy?.name ?? ""}`;
  if (flagAt(object, "spec.suspend") === true)
    return {
      state: "suspended",
      message: `${what} is suspended: nothing new is fetched.`,
      remedy: resume("source git", fetchedBy),
      since: undefined,
    };
  const conditions = conditionsOf(object);
  const broken =
    conditions.find(({ type, status }) => type === "FetchFailed" && status === "True") ??
    conditions.find(({ type, status, reason }) => type === "Ready" && status === "False" && reason !== "Progressing");
  if (broken === undefined) return undefined;
  return failed(
    `${what} cannot be fetched (${broken.reason})`,
    broken.message,
    broken.since,
    "See to its URL, branch, credentials and the Git server.",
  );
}

export function kustomizationVerdict(object: RawObject, repository: RawObject | undefined, source: GitSource): SyncVerdict {
  const { name } = source;
  const early = suspendedOrStale(object, source, "kustomization");
  if (early !== undefined) return early;
  const ready = readyOf(object);
  const attempted = fluxCommit(textAt(object, "status.lastAttemptedRevision"));
  if (ready === undefined) return unseen(name);
  switch (ready.status) {
    case "True":
      return settled(object, repository, source, ready);
    case "False":
      return notReady(source, ready, attempted);
    default:
      return progressing(object, source, ready, attempted);
  }
}

/** Everything was applied, whether or not what was applied is healthy by now: that is not Flux's to prove. */
export function wasApplied(object: RawObject): boolean {
  const ready = readyOf(object);
  if (ready === undefined) return false;
  if (ready.status === "True" || AFTER_APPLYING.has(ready.reason)) return true;
  return runningHealthChecks(object) !== undefined;
}

function settled(object: RawObject, repository: RawObject | undefined, { name }: GitSource, ready: Condition): SyncVerdict {
  const applied = textAt(object, "status.lastAppliedRevision");
  const fetched = textAt(repository, "status.artifact.revision");
  if (fetched !== undefined && fetched !== applied)
    return {
      state: "out-of-sync",
      message: `${name} has applied ${shortRevision(fluxCommit(applied))}; ${shortRevision(fluxCommit(fetched))} is fetched and not begun yet.`,
      remedy: undefined,
      since: ready.since,
    };
  return { state: "synced", message: `${name} has applied ${shortRevision(fluxCommit(applied))}.`, remedy: undefined, since: ready.since };
}

function notReady({ name }: GitSource, ready: Condition, attempted: string | undefined): SyncVerdict {
  const revision = shortRevision(attempted);
  switch (ready.reason) {
    case "DependencyNotReady":
      return {
        state: "out-of-sync",
        message: `${name} waits for what it depends on: ${engineWords(ready.message)}.`,
        remedy: "See to the Kustomization that it names; this one goes on by itself.",
        since: ready.since,
      };
    case "ArtifactFailed":
      return failed(`${name} has no content to apply`, ready.message, ready.since, "See to its GitRepository and to spec.path.");
    case "BuildFailed":
      return failed(
        `${name} cannot build ${revision}`,
        ready.message,
        ready.since,
        "Correct it in Git: `flux build kustomization` shows the same.",
      );
    case "PruneFailed":
      return failed(
        `${name} has applied ${revision} and cannot delete what is not in Git any more`,
        ready.message,
        ready.since,
        "See to the objects that it names.",
      );
    case "HealthCheckFailed":
    case "HealthCheckCanceled":
      return {
        state: "syncing",
        message: `${name} has applied ${revision}; its own health check has not passed (${engineWords(ready.message)}), which says nothing about the upgrade.`,
        remedy: "Give spec.timeout more time than an upgrade takes, or do without spec.wait for clusters.",
        since: ready.since,
      };
    default:
      return failed(
        `${name} could not apply ${revision} and tries again`,
        ready.message,
        ready.since,
        "See to what it names; `flux reconcile kustomization` tries at once.",
      );
  }
}

function progressing(object: RawObject, { name }: GitSource, ready: Condition, attempted: string | undefined): SyncVerdict {
  const checks = runningHealthChecks(object);
  if (checks !== undefined)
    return {
      state: "syncing",
      message: `${name} has applied ${shortRevision(attempted)} and runs its health checks.`,
      remedy: undefined,
      since: ready.since,
    };
  const previous = recordsAt(object, "status.history")[0];
  const again =
    textAt(previous, "lastReconciledStatus") === "ReconciliationFailed" && fluxCommit(textAt(previous, "metadata.revision")) === attempted
      ? " again, after it was refused"
      : "";
  return { state: "syncing", message: `${name} is applying ${shortRevision(attempted)}${again}.`, remedy: undefined, since: ready.since };
}

export function helmReleaseVerdict(object: RawObject, source: GitSource): SyncVerdict {
  const { name } = source;
  const early = suspendedOrStale(object, source, "helmrelease");
  if (early !== undefined) return early;
  const ready = readyOf(object);
  if (ready === undefined) return unseen(name);
  if (ready.status === "True") return { state: "synced", message: `${name}: ${ready.message}`, remedy: undefined, since: ready.since };
  if (ready.status === "False")
    return failed(
      `${name} failed (${ready.reason})`,
      ready.message,
      ready.since,
      "See to what it names; `flux reconcile helmrelease --reset` tries again after retries are used up.",
    );
  return { state: "syncing", message: `${name} is at it: ${ready.message}`, remedy: undefined, since: ready.since };
}

function suspendedOrStale(object: RawObject, { name, appliedBy }: GitSource, command: string): SyncVerdict | undefined {
  if (flagAt(object, "spec.suspend") === true)
    return {
      state: "suspended",
      message: `${name} is suspended: it applies nothing.`,
      remedy: resume(command, appliedBy),
      since: undefined,
    };
  const [generation, observed] = [numberAt(object, "metadata.generation"), numberAt(object, "status.observedGeneration")];
  const stalled = conditionsOf(object).find(({ type, status }) => type === "Stalled" && status === "True");
  if (stalled !== undefined)
    return failed(`${name} is stalled and does not try again (${stalled.reason})`, stalled.message, stalled.since, "Correct its spec.");
  const ready = readyOf(object);
  if (ready === undefined || ready.status === "False" || generation === observed) return undefined;
  return { state: "syncing", message: `${name} was changed, and Flux is not through with that yet.`, remedy: undefined, since: undefined };
}

function runningHealthChecks(object: RawObject): Condition | undefined {
  return conditionsOf(object).find(
    ({ type, status, message }) => type === "Reconciling" && status === "True" && message.startsWith("Running health checks"),
  );
}

function readyOf(object: RawObject): Condition | undefined {
  return conditionsOf(object).find(({ type }) => type === "Ready");
}

function unseen(name: string): SyncVerdict {
  return {
    state: "unknown",
    message: `Flux has not looked at ${name} yet.`,
    remedy: "If this lasts: are Flux's controllers running, and do they look after this namespace?",
    since: undefined,
  };
}

function resume(command: string, ref: { readonly namespace: string; readonly name: string } | undefined): string {
  return `Resume it: \`flux resume ${command} ${ref?.name ?? ""} -n ${ref?.namespace ?? ""}\`.`;
}
