import type { ClusterAddress } from "../../../cluster-api/fetch-cluster-objects.ts";
import type { Refusal } from "../../../refusal.ts";
import type { AttemptDecision } from "../../../upgrade/attempt/attempt-types.ts";
import { refusalForOperator, retryCommand } from "../../../upgrade/attempt/operator-words.ts";

export interface RefusedWrite {
  readonly refusal: Refusal;
  readonly cluster: ClusterAddress;
  readonly now: number;
}

/** The end of an attempt whose change the source did not take: a reverted commit, a manifest that cannot be edited, a webhook. `retry` begins it anew. */
export function refusedByWriter(decision: AttemptDecision, { refusal, cluster, now }: RefusedWrite): AttemptDecision {
  const told = refusalForOperator(refusal, { cluster, open: false });
  const { message } = told;
  const retry = retryCommand(cluster);
  const remedy = told.remedy.includes(retry) ? told.remedy : `${told.remedy} To try again: ${retry}.`;
  const refusals = [told];
  return {
    status: { ...decision.status, phase: "refused", message, remedy, refusals },
    actions: [],
    lookAgainAt: undefined,
    memory: {
      ...decision.memory,
      ended: { phase: "refused", message, remedy, refusals, at: now },
      timeline: [...decision.memory.timeline, { at: now, phase: "refused", message }],
    },
  };
}
