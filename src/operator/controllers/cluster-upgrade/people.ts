import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import type { AttemptDecision, AttemptPhase } from "../../../upgrade/attempt/attempt-types.ts";
import { apiWord } from "../../api/words.ts";
import type { EventRecorder } from "../../runtime/event-recorder.ts";
import type { ClusterUpgrade } from "../../api/generated/cluster-upgrade.gen.ts";
import type { NotificationEvent } from "../../api/settings.ts";
import type { Log } from "../../../telemetry/log.ts";

/** Tells people what happened to an attempt: events, the log, notifications. Never fails a pass. */
export interface People {
  /** Gives the keys of all that they have been told, for the status. `owedMilliseconds`: something was not delivered yet, and is to be tried again then. */
  tell(
    object: KubernetesObject,
    decision: AttemptDecision,
  ): { readonly notified: readonly string[]; readonly owedMilliseconds: number | undefined };
  /** Of an attempt that is gone, or whose status has all that was told. */
  forget(object: Pick<KubernetesObject, "metadata">): void;
}

/** Sends a notification; true once it was delivered, until then it is asked again. */
export type Notify = (object: KubernetesObject, kind: NotificationEvent, key: string, decision: AttemptDecision) => boolean;

export interface PeopleOptions {
  readonly events: EventRecorder;
  readonly log: Log;
  readonly notify: Notify;
}

/** A look for what was not delivered yet; a receiver that stays away is no reason to look at a cluster every few seconds. */
const firstPauseMilliseconds = 5_000;
const longestPauseMilliseconds = 300_000;

const warnings: ReadonlySet<AttemptPhase> = new Set(["refused", "contradicted", "timed-out"]);

export function people({ events, log, notify }: PeopleOptions): People {
  /** What was told last of each attempt, and what has been delivered: the status that is read may lag behind. */
  const told = new Map<string, { readonly phase: AttemptPhase; readonly keys: readonly string[]; readonly tries: number }>();
  return {
    tell(object, decision) {
      const { metadata, spec, status: previous } = object as unknown as ClusterUpgrade;
      const { phase, message, remedy } = decision.status;
      const uid = metadata.uid ?? metadata.name;
      const before = told.get(uid);
      const isNew = before === undefined ? previous?.phase !== apiWord(phase) : before.phase !== phase;
      const notified = [...new Set([...(previous?.notified ?? []), ...(before?.keys ?? [])])];
      told.set(uid, { phase, keys: notified, tries: before?.tries ?? 0 });
      if (isNew) {
        const note = remedy === undefined ? message : `${message} ${remedy}`;
        events.record(object, { type: warnings.has(phase) ? "Warning" : "Normal", reason: apiWord(phase), action: "Upgrade", note });
        const fields = {
          cluster: `${metadata.namespace ?? ""}/${spec.clusterName}`,
          upgrade: metadata.name,
          phase: apiWord(phase),
          why: message,
        };
        if (warnings.has(phase)) log.warn("upgrade changed its phase", fields);
        else log.info("upgrade changed its phase", fields);
      }
      const kind = notificationFor(decision);
      if (kind === undefined) return { notified, owedMilliseconds: undefined };
      // Each step has a review of its own.
      const about = kind === "waiting-for-review" ? `/${decision.status.stepsDone}` : "";
      const key = `${kind}/${decision.memory.retry}${about}`;
      if (notified.includes(key)) return { notified, owedMilliseconds: undefined };
      if (!notify(object, kind, key, decision)) {
        const tries = before?.tries ?? 0;
        told.set(uid, { phase, keys: notified, tries: tries + 1 });
        return { notified, owedMilliseconds: Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** tries) };
      }
      told.set(uid, { phase, keys: [...notified, key], tries: 0 });
      return { notified: [...notified, key], owedMilliseconds: undefined };
    },
    forget: ({ metadata }) => void told.delete(metadata.uid ?? metadata.name),
  };
}

/** What people are told of an end must have reached them before the attempt is let be; after so long it is let be nevertheless. */
const owedMilliseconds = 3_600_000;

/** Whether somebody may still have to be told of an attempt that has ended. */
export function isOwed(object: KubernetesObject, now: number): boolean {
  const { spec, status } = object as unknown as ClusterUpgrade;
  const { phase, finishedAt, memory, notified = [] } = status ?? {};
  if ((spec.notifications ?? []).length === 0 || phase === "Superseded") return false;
  const kind = phase === "Proven" ? "done" : phase === "Contradicted" ? "reverted" : phase === "Cancelled" ? "cancelled" : "stuck";
  const told = notified.includes(`${kind}/${memory?.retry ?? 0}`);
  return !told && finishedAt !== undefined && now - Date.parse(finishedAt) < owedMilliseconds;
}

/** What people are told of; each once for each run of the attempt. */
function notificationFor({ status, memory }: AttemptDecision): NotificationEvent | undefined {
  switch (status.phase) {
    case "waiting-for-approval":
    case "waiting-for-review":
    case "cancelled":
      return status.phase;
    case "writing":
    case "delivering":
    case "rolling":
      return memory.decide?.begun === true ? "started" : undefined;
    case "proven":
      return "done";
    case "contradicted":
      return "reverted";
    case "refused":
    case "timed-out":
      return "stuck";
    case "planning":
    case "waiting-for-window":
    case "paused":
    case "holding":
    case "cancelling":
    case "superseded":
      return undefined;
    default:
      return status.phase satisfies never;
  }
}
