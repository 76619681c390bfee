import type { VariableChange } from "../../upgrade/class-variables.ts";
import type { VariableScope, WorkloadHealth } from "../../upgrade/cluster-snapshot.ts";
import type { AttemptMemory, AttemptPhase, TimelineEntry } from "../../upgrade/attempt/attempt-types.ts";
import type { DecideMemory, Pace } from "../../upgrade/decision.ts";
import type { Link, Proof, ProofLink, TemplateRotation, UpgradeStep } from "../../upgrade/upgrade-types.ts";
import { clipped, defined, timeText } from "./bounded-text.ts";
import type { ClusterUpgradeStatusMemory } from "./generated/cluster-upgrade.gen.ts";
import { readFields, type ObjectFields } from "./object-fields.ts";
import { readReference, referenceFields } from "./object-reference.ts";
import { domainWord, apiWord } from "./words.ts";

/**
 * What a restarted operator needs to go on as if it had not been gone, in `status.memory`. Proof, refusals and timeline are read back from the status itself, where people see them. All is
 * bounded; what does not fit is left out, which costs a new hold or a new estimate.
 */
export function memoryFields(memory: AttemptMemory): ClusterUpgradeStatusMemory {
  const { decide, ended } = memory;
  return defined({
    startedAt: timeText(memory.startedAt),
    retry: memory.retry,
    attemptBegun: memory.begun,
    clockStoppedAt: memory.clockStoppedAt === undefined ? undefined : timeText(memory.clockStoppedAt),
    refreshedFor: memory.refreshedFor,
    dismissedReview: memory.dismissedReview,
    placeAskedAt: memory.placeAskedAt === undefined ? undefined : timeText(memory.placeAskedAt),
    ...(decide === undefined ? {} : decideFields(decide)),
    ended:
      ended &&
      defined({
        phase: apiWord(ended.phase),
        message: clipped(ended.message, 2_048),
        remedy: ended.remedy === undefined ? undefined : clipped(ended.remedy, 2_048),
        at: timeText(ended.at),
      }),
  });
}

const mostObjects = 1_000;
const mostTemplates = 200;
const mostUids = 200;
const mostWorkloads = 200;

function decideFields(memory: DecideMemory): ClusterUpgradeStatusMemory {
  const { proof, baseline, pace, currentStep, replacedTemplates } = memory;
  return defined({
    stillSince: timeText(memory.stillSince),
    signature: memory.signature,
    heldSince: proof?.heldSince === undefined ? undefined : timeText(proof.heldSince),
    begun: memory.begun,
    stepsTotal: memory.stepsTotal,
    seen: firstOf(memory.seen, mostObjects),
    declared: firstOf(memory.declared, mostObjects),
    baseline: baseline && baselineFields(baseline),
    // Small, and read back by stepOf.
    currentStep,
    replacedTemplates: replacedTemplates.slice(-mostTemplates).map(referenceFields),
    pace: pace && paceFields(pace),
  });
}

function firstOf<T>(entries: Readonly<Record<string, T>>, count: number): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(entries).slice(0, count));
}

function baselineFields(baseline: readonly WorkloadHealth[]): Readonly<Record<string, number>> {
  const observed = baseline.filter(({ observed }) => observed);
  return firstOf(
    Object.fromEntries(observed.map(({ kind, namespace, name, available }) => [`${kind}/${namespace}/${name}`, available])),
    mostWorkloads,
  );
}

/** Half of a pace would be a wrong one. */
function paceFields({ initial, finished, rollingSince, lastFinishedAt }: Pace): ClusterUpgradeStatusMemory["pace"] {
  if (initial.length > mostUids || finished.length > mostUids) return undefined;
  return defined({
    initial,
    finished,
    rollingSince: rollingSince === undefined ? undefined : timeText(rollingSince),
    lastFinishedAt: lastFinishedAt === undefined ? undefined : timeText(lastFinishedAt),
  });
}

/** What `memoryFields` and the status tell; undefined where there is nothing, or nothing that can be read: then the attempt looks at everything anew. */
export function readMemory(object: unknown): AttemptMemory | undefined {
  const result = readFields(object, "UnreadableStatus", (root) => {
    const status = root.fields("status");
    const memory = status.fields("memory");
    const startedAt = memory.time("startedAt");
    if (startedAt === undefined) return undefined;
    return {
      startedAt,
      decide: memory.has("stillSince") ? readDecide(root, startedAt) : undefined,
      retry: memory.integer("retry", 0) ?? 0,
      begun: memory.flag("attemptBegun"),
      clockStoppedAt: memory.time("clockStoppedAt"),
      refreshedFor: memory.text("refreshedFor"),
      dismissedReview: memory.integer("dismissedReview", 0),
      placeAskedAt: memory.time("placeAskedAt"),
      ended: memory.has("ended") ? readEnded(status) : undefined,
      timeline: readTimeline(status),
    };
  });
  return result.kind === "read" ? result.value : undefined;
}

function readDecide(root: ObjectFields, startedAt: number): DecideMemory {
  const status = root.fields("status");
  const memory = status.fields("memory");
  return {
    startedAt,
    proof: readProof(status, root.fields("spec").text("targetVersion") ?? ""),
    baseline: memory.has("baseline") ? readBaseline(memory) : undefined,
    seen: memory.textMap("seen"),
    declared: memory.textMap("declared"),
    stillSince: memory.time("stillSince") ?? startedAt,
    signature: memory.text("signature") ?? "",
    begun: memory.flag("begun"),
    stepsTotal: memory.integer("stepsTotal", 0) ?? 0,
    currentStep: memory.has("currentStep") ? stepOf(memory.fields("currentStep")) : undefined,
    replacedTemplates: memory.items("replacedTemplates").map(readReference),
    pace: memory.has("pace") ? readPace(memory.fields("pace")) : undefined,
  };
}

export const links: readonly Link[] = [
  "committed",
  "applied",
  "carried",
  "observed",
  "control-plane",
  "workers",
  "kubelets",
  "api-server",
  "workloads",
  "held",
];
const linkStates: readonly ProofLink["state"][] = ["proven", "pending", "broken", "unknown", "not-applicable"];

/** Only as much as the next proof looks at: since when each link is in its state, and since when all has held. */
function readProof(status: ObjectFields, version: string): Proof {
  const found = status.items("proof").flatMap((item) => {
    const [link, state] = [domainWord(item.text("link"), links), domainWord(item.text("state"), linkStates)];
    const since = item.time("since");
    return link === undefined || state === undefined || since === undefined
      ? []
      : [{ link, state, since, evidence: item.text("evidence") ?? "" }];
  });
  return { version, links: found, verdict: "pending", heldSince: status.fields("memory").time("heldSince"), contradictions: [] };
}

function readBaseline(memory: ObjectFields): readonly WorkloadHealth[] {
  return memory.entries("baseline").flatMap(([key, available]) => {
    const [kind, namespace, name] = key.split("/");
    return kind === undefined || namespace === undefined || name === undefined || typeof available !== "number"
      ? []
      : [{ kind, namespace, name, desired: available, available, observed: true }];
  });
}

function readPace(pace: ObjectFields): Pace {
  return {
    initial: pace.texts("initial") ?? [],
    finished: pace.texts("finished") ?? [],
    rollingSince: pace.time("rollingSince"),
    lastFinishedAt: pace.time("lastFinishedAt"),
  };
}

function stepOf(step: ObjectFields): UpgradeStep {
  const common = { object: readReference(step.fields("object")), from: step.requiredText("from"), to: step.requiredText("to") };
  const kinds: Readonly<Record<string, UpgradeStep["kind"]>> = { topology: "topology", "control-plane": "control-plane", pool: "pool" };
  if (!step.has("kind")) step.requiredText("kind");
  const kind = step.choice<UpgradeStep["kind"]>("kind", kinds, "pool");
  if (kind === "topology")
    return {
      kind,
      ...common,
      controlPlaneThrough: step.texts("controlPlaneThrough") ?? [],
      workersThrough: step.texts("workersThrough") ?? [],
      ...(step.has("variables") ? { variables: step.items("variables").map(variableOf) } : {}),
    };
  return { kind, ...common, rotation: step.has("rotation") ? rotationOf(step.fields("rotation")) : undefined };
}

function variableOf(change: ObjectFields): VariableChange {
  const of = change.fields("of");
  const kinds: Readonly<Record<string, VariableScope["kind"]>> = {
    cluster: "cluster",
    "control-plane": "control-plane",
    MachineDeployment: "MachineDeployment",
    MachinePool: "MachinePool",
  };
  const kind = of.choice<VariableScope["kind"]>("kind", kinds, "cluster");
  return {
    variable: change.requiredText("variable"),
    of:
      kind === "MachineDeployment" || kind === "MachinePool"
        ? { kind, name: of.requiredText("name"), className: of.text("className") ?? "" }
        : { kind },
    path: change.keys("path"),
    value: change.text("value"),
    to: change.requiredText("to"),
  };
}

function rotationOf(rotation: ObjectFields): TemplateRotation {
  return {
    template: readReference(rotation.fields("template")),
    set: rotation.items("set").map((pin) => ({
      path: pin.keys("path"),
      value: pin.requiredText("value"),
      to: pin.requiredText("to"),
    })),
  };
}

function readEnded(status: ObjectFields): AttemptMemory["ended"] {
  const ended = status.fields("memory").fields("ended");
  const phase = domainWord(ended.text("phase"), attemptPhases);
  if (phase === undefined) return undefined;
  const refusals = status.items("refusals").map((refusal) => ({
    reason: refusal.requiredText("reason"),
    message: refusal.requiredText("message"),
    remedy: refusal.requiredText("remedy"),
  }));
  return { phase, message: ended.text("message") ?? "", remedy: ended.text("remedy"), refusals, at: ended.time("at") ?? 0 };
}

/** What people said has no phase: it is in an annotation, and not of the memory. */
function readTimeline(status: ObjectFields): readonly TimelineEntry[] {
  return status.items("timeline").flatMap((entry) => {
    const [at, phase] = [entry.time("at"), domainWord(entry.text("phase"), attemptPhases)];
    return at === undefined || phase === undefined ? [] : [{ at, phase, message: entry.text("message") ?? "" }];
  });
}

const phaseTable: Readonly<Record<AttemptPhase, true>> = {
  planning: true,
  "waiting-for-window": true,
  "waiting-for-approval": true,
  "waiting-for-review": true,
  paused: true,
  writing: true,
  delivering: true,
  rolling: true,
  holding: true,
  cancelling: true,
  proven: true,
  cancelled: true,
  superseded: true,
  refused: true,
  contradicted: true,
  "timed-out": true,
};
// The table has exactly the phases for keys.
export const attemptPhases = Object.keys(phaseTable) as readonly AttemptPhase[];
