import type { KubernetesObject } from "../../kubernetes/resource.ts";
import { clipped } from "../api/bounded-text.ts";
import { conditionsOf, type Condition, type ObjectState } from "../api/conditions.ts";
import type { EventRecorder } from "../runtime/event-recorder.ts";
import type { Failure } from "../runtime/failure.ts";
import type { StatusWriter } from "./write-status.ts";

export interface FailureReport {
  readonly status: StatusWriter;
  readonly events: EventRecorder;
  readonly now: number;
}

/** What passes by itself is told only when it lasts. */
const patience = 4;

/** Puts what went wrong with an object into its conditions and events; the rest of its status stays as it was. */
export async function reportFailure(object: KubernetesObject, failure: Failure, failures: number, report: FailureReport): Promise<void> {
  const { kind, reason, message, remedy } = failure;
  if ((kind === "transient" || kind === "unexpected") && failures < patience) return;
  const text = remedy === undefined ? message : `${message} ${remedy}`;
  if (kind !== "waiting") report.events.record(object, { type: "Warning", reason, action: "Reconcile", note: text });
  const state: ObjectState = { state: kind === "stalled" ? "stalled" : "working", reason, message: text };
  // The API server holds it to its schema.
  const before = (object["status"] ?? {}) as { readonly conditions?: readonly Condition[] };
  const conditions = conditionsOf(state, before.conditions ?? [], object.metadata.generation ?? 0, report.now);
  await report.status.write(object, { ...before, conditions, message: clipped(text, 1_024) });
}
