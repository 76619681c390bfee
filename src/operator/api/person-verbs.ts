import type { Refusal } from "../../refusal.ts";
import { hasEnded, type UpgradeSummary } from "./upgrade-summary.ts";

/** What a person may say to a ClusterUpgrade by command. */
export type PersonVerb =
  | {
      readonly kind: "approve";
      /** Neither: what it waits for. */
      readonly controlPlane: boolean;
      readonly workers: boolean;
    }
  | { readonly kind: "pause" | "resume" | "cancel" | "retry" | "skip-soak" };

/** The change of the spec, and how it is told: `approved the workers`. */
export interface VerbChange {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly what: string;
}

const retried: ReadonlySet<string> = new Set(["Refused", "Contradicted", "TimedOut"]);

/** What a verb changes on an attempt in this state, or why it makes no sense there. */
export function changeOf(verb: PersonVerb, upgrade: UpgradeSummary): VerbChange | Refusal {
  switch (verb.kind) {
    case "approve":
      return approval(verb, upgrade);
    case "pause":
      if (upgrade.paused) return refusal("AlreadyPaused", upgrade, "is paused already", "Go on with `capi-gitops resume`.");
      return ended(upgrade, "pause") ?? { spec: { paused: true }, what: "paused it" };
    case "resume":
      if (!upgrade.paused) return refusal("NotPaused", upgrade, "is not paused", whereItIs(upgrade));
      return { spec: { paused: false }, what: "resumed it" };
    case "cancel":
      if (upgrade.cancelled) return refusal("AlreadyCancelled", upgrade, "is cancelled already", whereItIs(upgrade));
      return ended(upgrade, "cancel") ?? { spec: { cancelled: true }, what: "cancelled it" };
    case "retry":
      return retry(upgrade);
    case "skip-soak":
      if (upgrade.skipSoak) return refusal("AlreadySkipped", upgrade, "does not hold already", whereItIs(upgrade));
      return ended(upgrade, "skip") ?? { spec: { skipSoak: true }, what: "skipped the soak" };
    default:
      return verb satisfies never;
  }
}

type Point = "ControlPlane" | "Workers";
const names: Readonly<Record<Point, string>> = { ControlPlane: "the control plane", Workers: "the workers" };
const asked: Readonly<Record<string, readonly Point[]>> = {
  BeforeControlPlane: ["ControlPlane"],
  BeforeWorkers: ["Workers"],
  BeforeEach: ["ControlPlane", "Workers"],
};

function approval(verb: { readonly controlPlane: boolean; readonly workers: boolean }, upgrade: UpgradeSummary): VerbChange | Refusal {
  const over = ended(upgrade, "approve");
  if (over !== undefined) return over;
  const points = asked[upgrade.approval] ?? [];
  if (points.length === 0) return refusal("NoApprovalNeeded", upgrade, "needs no approval (spec.approval is None)", whereItIs(upgrade));
  const named = [...(verb.controlPlane ? (["ControlPlane"] as const) : []), ...(verb.workers ? (["Workers"] as const) : [])];
  const needless = named.find((point) => !points.includes(point));
  if (needless !== undefined)
    return refusal(
      "NoApprovalNeeded",
      upgrade,
      `asks nobody before ${names[needless]} (spec.approval is ${upgrade.approval})`,
      whereItIs(upgrade),
    );
  const open = points.filter((point) => !upgrade.approved.includes(point));
  const wanted = named.length > 0 ? named.filter((point) => open.includes(point)) : waitedFor(upgrade, open);
  if (wanted.length > 0)
    return { spec: { approved: [...upgrade.approved, ...wanted] }, what: `approved ${wanted.map((point) => names[point]).join(" and ")}` };
  if (named.length === 0 && open.length > 0)
    return refusal(
      "NotWaitingForApproval",
      upgrade,
      "waits for no approval at this moment",
      `${whereItIs(upgrade)} To say yes ahead, name what: ${open.map((point) => (point === "Workers" ? "--workers" : "--control-plane")).join(" or ")}.`,
    );
  return refusal("AlreadyApproved", upgrade, "has that approval already", whereItIs(upgrade));
}

/** A topology asks for both at once: then there is a gate for each. */
function waitedFor({ waitingFor }: UpgradeSummary, open: readonly Point[]): readonly Point[] {
  return open.slice(0, waitingFor.filter(({ gate }) => gate === "Approval").length);
}

function retry(upgrade: UpgradeSummary): VerbChange | Refusal {
  if (retried.has(upgrade.phase) && !upgrade.cancelled) return { spec: { retry: upgrade.retry + 1 }, what: "asked for another try" };
  if (!hasEnded(upgrade)) return refusal("StillUnderWay", upgrade, "has not ended, so there is nothing to try again", whereItIs(upgrade));
  return refusal(
    "NothingToRetry",
    upgrade,
    upgrade.phase === "Proven" ? "is proven" : "was given up, which cannot be taken back",
    upgrade.phase === "Proven" ? "Nothing needs to be done." : "Make another ClusterUpgrade, or let its policy make one.",
  );
}

function ended(upgrade: UpgradeSummary, verb: string): Refusal | undefined {
  if (!hasEnded(upgrade)) return undefined;
  const remedy = retried.has(upgrade.phase) ? "Try again with `capi-gitops retry`, once the cause is mended." : "Nothing needs to be done.";
  return refusal("AlreadyEnded", upgrade, `has ended (${upgrade.phase}), so there is nothing to ${verb}`, remedy);
}

function whereItIs({ phase, message }: UpgradeSummary): string {
  return phase === "" ? "The operator has not looked at it yet." : `It is ${phase}: ${message}`;
}

function refusal(reason: string, { namespace, name, cluster, to }: UpgradeSummary, what: string, remedy: string): Refusal {
  return { reason, message: `The upgrade of cluster ${namespace}/${cluster} to ${to} (ClusterUpgrade ${name}) ${what}.`, remedy };
}
