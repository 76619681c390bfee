import { clipped, timeText } from "./bounded-text.ts";

/** A condition as Kubernetes has it (metav1.Condition). */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/**
 * The state of an object in the words of kstatus (sigs.k8s.io/cli-utils/pkg/kstatus): `ready`: as its spec wants it. `working`: on the way, or waiting for something that comes. `stalled`: it
 * will not become ready before somebody changes something.
 */
export interface ObjectState {
  readonly state: "ready" | "working" | "stalled";
  /** `UpperCamelCase`. */
  readonly reason: string;
  readonly message: string;
}

/** Ready always; Reconciling and Stalled only while they are true, as kstatus wants it. A condition keeps its time until its status changes. */
export function conditionsOf(
  { state, reason, message }: ObjectState,
  previous: readonly Condition[],
  generation: number,
  now: number,
  /** Others, which are there only while they are true. */
  more: readonly Pick<Condition, "type" | "reason" | "message">[] = [],
): readonly Condition[] {
  const condition = (type: string, status: Condition["status"], said = { reason, message }): Condition => {
    const before = previous.find((each) => each.type === type);
    return {
      type,
      status,
      reason: clipped(said.reason, 128),
      message: clipped(said.message, 4_096),
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : timeText(now),
      observedGeneration: generation,
    };
  };
  const others = more.map((each) => condition(each.type, "True", each));
  switch (state) {
    case "ready":
      return [condition("Ready", "True"), ...others];
    case "working":
      return [condition("Ready", "False"), condition("Reconciling", "True"), ...others];
    case "stalled":
      return [condition("Ready", "False"), condition("Stalled", "True"), ...others];
    default:
      return state satisfies never;
  }
}
