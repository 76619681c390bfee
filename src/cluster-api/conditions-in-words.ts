import type { ClusterSnapshot, ConditionSnapshot, ObjectReference } from "../upgrade/cluster-snapshot.ts";
import { nameOf } from "./views/object-meta.ts";
import { CLUSTER_WORDS } from "./words/cluster-words.ts";
import { MACHINE_WORDS } from "./words/machine-words.ts";
import { OWNER_WORDS } from "./words/owner-words.ts";
import { oneLine, type Standing, type WordRule } from "./words/word-rule.ts";

/** One condition that is not as it should be, told to a person. */
export interface Finding {
  readonly object: ObjectReference;
  readonly condition: ConditionSnapshot;
  readonly standing: Standing;
  /** `Machine demo/c1-md-0-x: its node has been draining for 3 min: PodDisruptionBudget default/web keeps default/web-1`. */
  readonly sentence: string;
  readonly remedy: string | undefined;
}

/** True is bad news for these (or only news); for all others False is. */
const NEGATIVE: ReadonlySet<string> = new Set(["RollingOut", "ScalingUp", "ScalingDown", "Remediating", "Deleting", "Paused", "Updating"]);

/** Sums of what other conditions say; a person is told the parts. */
const SUMMARIES: ReadonlySet<string> = new Set([
  "Available",
  "Ready",
  "ControlPlaneAvailable",
  "WorkersAvailable",
  "MachinesReady",
  "MachinesUpToDate",
  "ControlPlaneMachinesReady",
  "ControlPlaneMachinesUpToDate",
  "WorkerMachinesReady",
  "WorkerMachinesUpToDate",
]);

/** On the Cluster these are sums as well; on a control plane or a pool they are the news. */
const SUMMARIES_OF_CLUSTER: ReadonlySet<string> = new Set(["RollingOut", "ScalingUp", "ScalingDown", "Remediating"]);

const URGENCY: Readonly<Record<Standing, number>> = { failed: 0, blocked: 1, waiting: 2, moving: 3 };

/** What a condition means, or undefined when it is as it should be. A condition that no rule knows keeps the words of whoever set it. */
export function conditionInWords(object: ObjectReference, condition: ConditionSnapshot, now: number): Finding | undefined {
  const rule = rulesFor(object.kind).find((candidate) => fits(candidate, condition));
  if (rule === undefined && isAsItShouldBe(condition)) return undefined;
  const context = { object, condition, now };
  const words = rule === undefined ? unknownInWords(condition) : rule.say(context, rule.message?.exec(condition.message)?.groups ?? {});
  return {
    object,
    condition,
    standing: rule?.standing ?? "waiting",
    sentence: `${nameOf(object)}: ${words}`,
    remedy: rule?.remedy,
  };
}

/** Everything in a snapshot that holds, or moves, an upgrade: the most urgent first, one finding for one cause. */
export function findingsOf(snapshot: ClusterSnapshot): readonly Finding[] {
  const { controlPlane, pools, machines, observedAt } = snapshot;
  const sources = [snapshot, ...(controlPlane === undefined ? [] : [controlPlane]), ...pools, ...machines];
  const findings = sources.flatMap(({ ref, conditions }) => {
    const told = conditions.filter(({ type }) => !SUMMARIES.has(type) && !(ref.kind === "Cluster" && SUMMARIES_OF_CLUSTER.has(type)));
    return dropRepeats(told.flatMap((condition) => conditionInWords(ref, condition, observedAt) ?? []));
  });
  return findings.sort((a, b) => URGENCY[a.standing] - URGENCY[b.standing]);
}

/** `NodeReady` and `NodeHealthy` mostly say the same, and so do others: one sentence is said once. A machine that goes away has no other news. */
function dropRepeats(findings: readonly Finding[]): readonly Finding[] {
  const deleting = findings.find(({ object, condition }) => object.kind === "Machine" && condition.type === "Deleting");
  if (deleting !== undefined) return [deleting];
  return [...new Map(findings.map((finding) => [finding.sentence, finding])).values()];
}

function rulesFor(kind: string): readonly WordRule[] {
  if (kind === "Cluster") return CLUSTER_WORDS;
  return kind === "Machine" ? MACHINE_WORDS : OWNER_WORDS;
}

function fits(rule: WordRule, condition: ConditionSnapshot): boolean {
  return (
    rule.types.includes(condition.type) &&
    rule.status.includes(condition.status) &&
    (rule.reasons === undefined || rule.reasons.includes(condition.reason)) &&
    (rule.message === undefined || rule.message.test(condition.message))
  );
}

function isAsItShouldBe({ type, status }: ConditionSnapshot): boolean {
  return status === (NEGATIVE.has(type) ? "False" : "True");
}

function unknownInWords({ type, status, reason, message }: ConditionSnapshot): string {
  return `${type} is ${status} (${reason})${message === "" ? "" : `: ${oneLine(message)}`}`;
}
