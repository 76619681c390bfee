import type { ObjectReference } from "../cluster-snapshot.ts";
import type { WindowState } from "../policy/maintenance-window.ts";
import type { ApprovalPoint, AttemptSettings } from "../policy/upgrade-policy.ts";
import type { AttemptInput, AttemptPhase, AttemptPlace, AttemptVerbs, ClosedGate } from "./attempt-types.ts";

/** What the next write, or going on, depends on. */
export interface GateContext {
  readonly cluster: ObjectReference;
  readonly settings: AttemptSettings;
  readonly verbs: AttemptVerbs;
  readonly attemptBefore: AttemptInput["attemptBefore"];
  /** The place that it still waits for. */
  readonly missingPlace: AttemptPlace | undefined;
  readonly window: WindowState;
  /** Before which of them something is about to begin. */
  readonly points: readonly ApprovalPoint[];
}

type Gate = (context: GateContext) => ClosedGate | undefined;

/** In the order in which they are told: what needs a person comes first, so that it is settled before the window opens. */
const GATES: readonly Gate[] = [paused, turn, approval, place, window];

/** Gates that do not let anything begin; the first is what it waits for. */
export function closedGates(context: GateContext): readonly ClosedGate[] {
  return GATES.reduce<readonly ClosedGate[]>((closed, gate) => {
    // A place is asked for by whoever could use it.
    const found = gate === place && closed.length > 0 ? undefined : gate(context);
    return found === undefined ? closed : [...closed, found];
  }, []);
}

/** What an attempt is that waits for a gate. */
export function phaseOf(gate: ClosedGate["gate"]): AttemptPhase {
  switch (gate) {
    case "paused":
      return "paused";
    case "turn":
    case "place":
      return "planning";
    case "approval":
      return "waiting-for-approval";
    case "window":
    case "exclusion":
      return "waiting-for-window";
    case "review":
      return "waiting-for-review";
    default:
      return gate satisfies never;
  }
}

function paused({ verbs, cluster }: GateContext): ClosedGate | undefined {
  if (!verbs.paused) return undefined;
  return {
    gate: "paused",
    message: "Paused by a person: no step is written, and pools are stopped between machines.",
    remedy: `To go on: \`capi-gitops resume ${cluster.name} -n ${cluster.namespace}\`.`,
    opensAt: undefined,
  };
}

function turn({ attemptBefore }: GateContext): ClosedGate | undefined {
  if (attemptBefore === undefined) return undefined;
  const { name, target } = attemptBefore;
  return {
    gate: "turn",
    message: `${name} is bringing the cluster to ${target}, and a cluster has one upgrade at a time.`,
    remedy: "It is this one's turn once that has ended. Cancel one of them if only the other is wanted.",
    opensAt: undefined,
  };
}

const BEGINNINGS: Readonly<Record<ApprovalPoint, string>> = {
  "control-plane": "Nobody has approved yet that the control plane is begun.",
  workers: "Nobody has approved yet that the workers are begun.",
};

function approval({ settings, verbs, points, cluster }: GateContext): ClosedGate | undefined {
  const missing = points.find((point) => settings.approval.includes(point) && !verbs.approved.includes(point));
  if (missing === undefined) return undefined;
  return {
    gate: "approval",
    message: BEGINNINGS[missing],
    remedy: `To approve: \`capi-gitops approve ${cluster.name} -n ${cluster.namespace}\`.`,
    opensAt: undefined,
  };
}

function place({ missingPlace }: GateContext): ClosedGate | undefined {
  if (missingPlace === undefined) return undefined;
  const { policyName, holders } = missingPlace;
  return {
    gate: "place",
    message: `Waits for a place under maxConcurrent of policy ${policyName}.${holders === undefined ? "" : ` Under way: ${holders}.`}`,
    remedy: "It is given one by itself when one of those ends; whoever was approved first comes first.",
    opensAt: undefined,
  };
}

function window({ window: state }: GateContext): ClosedGate | undefined {
  if (state.open) return undefined;
  return {
    gate: state.exclusion === undefined ? "window" : "exclusion",
    message: state.reason,
    remedy: state.opensAt === undefined ? "Change the schedule: no window opens any more." : undefined,
    opensAt: state.opensAt,
  };
}
