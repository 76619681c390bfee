import type { KubernetesObject } from "../../kubernetes/resource.ts";
import { clipped, defined } from "../api/bounded-text.ts";
import { conditionsOf, type Condition, type ObjectState } from "../api/conditions.ts";
import type { EventRecorder } from "../runtime/event-recorder.ts";
import type { Failure } from "../runtime/failure.ts";
import { forOperator } from "../../upgrade/attempt/operator-words.ts";
import { clusterOf } from "./cluster-upgrade/attempt-cache.ts";
import type { StatusWriter } from "./write-status.ts";

export interface FailureReport {
  readonly status: StatusWriter;
  readonly events: EventRecorder;
  readonly now: number;
}

/** What passes by itself is told only when it lasts. */
const patience = 4;

interface StatusBefore {
  readonly phase?: string;
  readonly conditions?: readonly Condition[];
}

/** Puts what went wrong with an object into its conditions and events; the rest of its status stays as it was. */
export async function reportFailure(object: KubernetesObject, failure: Failure, failures: number, report: FailureReport): Promise<void> {
  const { kind, reason, message, remedy } = failure;
  // The API server holds it to its schema.
  const before = (object["status"] ?? {}) as StatusBefore;
  const passes = kind === "transient" || kind === "unexpected";
  if (passes && failures < patience && !saysNothing(object, before, failure)) return;
  const text = remedy === undefined ? message : `${message} ${remedy}`;
  if (kind !== "waiting") report.events.record(object, { type: "Warning", reason, action: "Reconcile", note: text });
  const state: ObjectState = { state: kind === "stalled" ? "stalled" : "working", reason, message: text };
  const conditions = conditionsOf(state, before.conditions ?? [], object.metadata.generation ?? 0, report.now);
  const words = object.kind === "ClusterUpgrade" ? attemptWords(object, before, failure) : { message: clipped(text, 1_024) };
  await report.status.write(object, defined({ ...before, ...words, conditions }));
}

/** An upgrade that nobody could look at has an empty line in every list: that is told at once. Somebody else's write in between is no reason. */
function saysNothing({ kind }: KubernetesObject, { phase }: StatusBefore, { reason }: Failure): boolean {
  return kind === "ClusterUpgrade" && phase === undefined && reason !== "Conflict";
}

/** Where an upgrade is, as far as is known, and what to do; an undefined remedy takes away that of before. */
function attemptWords(object: KubernetesObject, { phase = "Pending" }: StatusBefore, { message, remedy }: Failure): object {
  const reader = { cluster: clusterOf(object), open: true };
  return {
    phase,
    message: clipped(forOperator(message, reader), 2_048),
    remedy: remedy === undefined ? undefined : clipped(forOperator(remedy, reader), 2_048),
  };
}
