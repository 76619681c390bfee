import type { Refusal } from "../refusal.ts";
import { versionsBetween } from "./chain-split.ts";
import { imageVariables } from "./class-variables.ts";
import type { ClusterSnapshot, ObjectReference } from "./cluster-snapshot.ts";
import { objectName, sameObject } from "./cluster-words.ts";
import { stepUnderWay } from "./current-step.ts";
import type { Action, DecideInput, Decision, DecideMemory, UpgradePhase } from "./decision.ts";
import { changesThatHeal } from "./direct-change.ts";
import { ownFlight } from "./flight.ts";
import { compareVersions, parseVersion, sameVersion, versionOf, versionRange } from "./kubernetes-version.ts";
import { cureForLostParts, machineWithoutParts } from "./lost-parts.ts";
import { memoryAfter, memoryBefore } from "./memory.ts";
import { planUpgrade } from "./plan.ts";
import { estimateSeconds, machineProgress, paceAfter, replacementsLeft, signatureOf } from "./progress.ts";
import { proveUpgrade } from "./proof/prove-upgrade.ts";
import { isTransient } from "./refusals/refusal-table.ts";
import { openWords, poolRollout } from "./rollout.ts";
import { stepsOf } from "./steps.ts";
import type { Declaration, PlanResult, Proof, UpgradeStep } from "./upgrade-types.ts";

export type { Action, DecideInput, DecideMemory, Decision, MachineLine } from "./decision.ts";

/** How soon to look again while something is under way, in milliseconds. */
const LOOK_AGAIN_MILLISECONDS = 5_000;

/** What comes of a look, before it is told. */
interface Verdict {
  readonly phase: UpgradePhase;
  readonly message: string;
  readonly actions: readonly Action[];
  readonly currentStep: UpgradeStep | undefined;
  readonly refusals: readonly Refusal[];
  readonly remedy?: string;
}

/**
 * What to do about one cluster, from what is observed alone: the same input gives the same decision. At most one step is under way at any time, and the next is written
 * only when everything before it has settled.
 */
export function decide(input: DecideInput): Decision {
  const { snapshot, request, now } = input;
  const before = memoryBefore(input);
  const plan = planUpgrade(snapshot, request);
  const proof = proveUpgrade({
    snapshot,
    version: request.target,
    through: versionsThrough(input),
    declarations: input.declarations,
    sync: input.sync,
    baseline: before.baseline,
    previous: before.proof,
    seen: before.seen,
    declared: before.declared,
    holdSeconds: request.holdSeconds,
    now,
  });
  const signature = signatureOf(snapshot, input.declarations);
  const found = verdictOf(input, before, plan, proof);
  // Time in which all is well is no standstill.
  const stillSince = signature === before.signature && found.phase !== "holding" ? before.stillSince : now;
  const verdict = timedOut(found, input, proof, stillSince);
  const left = stepsLeft(verdict, plan, input);
  const rolling = verdict.phase === "rolling" || verdict.phase === "delivering";
  const pace = paceAfter(before.pace, snapshot, rolling, now);
  const planned = plan.kind === "plan" ? plan.plan : undefined;
  const memory = memoryAfter(before, { ...verdict, proof, pace, signature, stillSince, stepsLeft: left });
  return {
    status: {
      phase: verdict.phase,
      message: verdict.message,
      ...(verdict.remedy === undefined ? {} : { remedy: verdict.remedy }),
      plan: planned,
      currentStep: verdict.currentStep,
      stepsDone: memory.stepsTotal - left,
      stepsTotal: memory.stepsTotal,
      proof,
      refusals: verdict.refusals,
      contradictions: proof.contradictions,
      progress: machineProgress(snapshot, request.target),
      estimateSeconds: estimateSeconds(pace, replacementsLeft(snapshot, planned), now),
    },
    actions: verdict.actions,
    lookAgainAt: lookAgainAt(verdict.phase, proof, request.holdSeconds, now),
    memory,
  };
}

function verdictOf(input: DecideInput, before: DecideMemory, plan: PlanResult, proof: Proof): Verdict {
  const { snapshot, request, declarations = [] } = input;
  const [contradiction] = proof.contradictions;
  if (contradiction !== undefined) return verdict("contradicted", `${contradiction.message} ${contradiction.remedy}`);
  const [direct] = changesThatHeal({ snapshot, declarations, seen: before.seen, sync: input.sync });
  if (direct !== undefined) return verdict("delivering", direct.message);
  const flight = ownFlight(snapshot, request);
  const currentStep = flight === undefined ? undefined : asWritten(before, stepUnderWay(snapshot, flight));
  if (plan.kind === "refused") return refused(plan.refusals, before.begun || isPartlyUpgraded(input), input.patient === true, currentStep);
  if (flight !== undefined) {
    return verdict("rolling", `${objectName(flight.object)} is on its way to ${flight.version}: ${flight.open[0] ?? ""}.`, { currentStep });
  }
  const [step] = plan.kind === "plan" ? plan.plan.steps : [];
  if (step === undefined) return settled(input, before, proof);
  const unavailable = unavailablePools(input);
  if (unavailable !== undefined) return verdict(before.begun ? "rolling" : "planning", `Waiting before the next step: ${unavailable}.`);
  return next(step, declarations);
}

/** Pools that are through with a step of this upgrade, but for the availability of their machines. */
function unavailablePools({ snapshot, request }: DecideInput): string | undefined {
  const between = versionsBetween(snapshot, request);
  for (const pool of snapshot.pools) {
    if (pool.version === undefined || (pool.version !== request.target && !between.includes(pool.version))) continue;
    const rollout = poolRollout(snapshot, pool, pool.version);
    if (!rollout.settled) return `${objectName(pool.ref)}: ${openWords(rollout)}`;
  }
  return undefined;
}

/** Everything before it has settled: the step is written, unless the source declares it already. */
function next(step: UpgradeStep, declarations: readonly Declaration[]): Verdict {
  const declared = declarations.find(({ object }) => sameObject(object, step.object));
  if (declared?.version === step.to && declared.place !== undefined) {
    const message = `${declared.place} declares ${step.to}; ${objectName(step.object)} does not carry it yet (${step.from}).`;
    return verdict("delivering", message, { currentStep: step });
  }
  const ahead = parseVersion(declared?.version ?? "");
  if (declared?.place !== undefined && ahead !== undefined && compareVersions(ahead, versionOf(step.to)) > 0)
    return declaredAhead(step, declared);
  const message = `${objectName(step.object)} is to go from ${step.from} to ${step.to}.`;
  return verdict("writing", message, { currentStep: step, actions: [{ kind: "write", step }] });
}

function declaredAhead(step: UpgradeStep, { version, place }: Declaration): Verdict {
  const refusal: Refusal = {
    reason: "DeclaredAhead",
    message: `${place ?? "The source"} declares ${version} already, while ${objectName(step.object)} is at ${step.from} and must go to ${step.to} first.`,
    remedy: `Find out why ${version} is not applied, or set the source back to ${step.from}, then ask again.`,
    evidence: [
      `${place ?? "the source"} declares ${version}`,
      `${objectName(step.object)} is at ${step.from}`,
      `the next step is to ${step.to}`,
    ],
  };
  return verdict("refused", refusal.message, { refusals: [refusal] });
}

/** No step is left and nothing is under way: the proof decides. */
function settled(input: DecideInput, before: DecideMemory, proof: Proof): Verdict {
  const { request, snapshot, declarations = [] } = input;
  const retired = retiredTemplates(input, before);
  const open = proof.links.find(({ state }) => state !== "proven" && state !== "not-applicable");
  if (retired.length > 0 && (open === undefined || open.link === "held")) {
    const message = `Nothing refers to ${retired.map(objectName).join(", ")} any more.`;
    return verdict("writing", message, { actions: retired.map((template) => ({ kind: "retire-template", template })) });
  }
  if (open === undefined)
    return verdict("proven", `${objectName(snapshot.ref)} is at ${request.target}, proven and held for ${request.holdSeconds} s.`);
  if (open.link === "held") return verdict("holding", open.evidence);
  const other = declarations.find(({ place, version }) => place !== undefined && !sameVersion(version, request.target));
  if (open.link === "committed" && other !== undefined) return declaredOtherwise(other, input);
  return verdict("rolling", `Waiting for ${open.link}: ${open.evidence}`);
}

/** Templates that this run or an earlier one replaced, and that nothing refers to any more. */
function retiredTemplates({ request, snapshot, formerTemplates = [] }: DecideInput, { replacedTemplates }: DecideMemory) {
  if (request.retireOldTemplates !== true) return [];
  const former = formerTemplates.filter((template) => !replacedTemplates.some((other) => sameObject(other, template)));
  return [...replacedTemplates, ...former].filter((template) => !isReferredTo(snapshot, template));
}

/** The cluster is at the target and its source is not: whoever applies it would take the cluster back. One scalar is brought up; anything more is for a person to settle. */
function declaredOtherwise({ object, version, place }: Declaration, { snapshot, request }: DecideInput): Verdict {
  const { topology } = snapshot;
  const { target } = request;
  const declared = parseVersion(version);
  if (topology !== undefined && declared !== undefined && compareVersions(declared, versionOf(target)) < 0) {
    // What the cluster has in variables for the images is declared with it: the older image would be applied, else.
    const variables = imageVariables(snapshot, request.images).map(({ variable, of, path, value }) => ({
      variable,
      of,
      path,
      value: undefined,
      to: value,
    }));
    const step: UpgradeStep = {
      kind: "topology",
      object,
      from: version,
      to: target,
      controlPlaneThrough: [],
      workersThrough: [],
      ...(variables.length === 0 ? {} : { variables }),
    };
    return verdict("writing", `${objectName(object)} is at ${target}; ${place ?? "its source"} still declares ${version}.`, {
      currentStep: step,
      actions: [{ kind: "write", step }],
    });
  }
  const refusal: Refusal = {
    reason: "DeclaredOtherwise",
    message: `${objectName(object)} is at ${target}, and ${place ?? "its source"} declares ${version}: whoever applies that would change the cluster again.`,
    remedy: `Bring ${place ?? "the source"} in line with the cluster (version, and the machine template that goes with it), or ask for ${version}.`,
    evidence: [`${place ?? "the source"} declares ${version}`, `${objectName(object)} is at ${target}`],
  };
  return verdict("refused", refusal.message, { refusals: [refusal] });
}

/** What passes by itself is waited for once the upgrade has begun; anything else is an end. */
function refused(refusals: readonly Refusal[], begun: boolean, patient: boolean, currentStep: UpgradeStep | undefined): Verdict {
  const [first] = refusals;
  const message = first?.message ?? "";
  if ((begun || patient) && refusals.every(isTransient))
    return verdict(begun ? "rolling" : "planning", `Waiting before the next step: ${message}`, { refusals, currentStep });
  return verdict("refused", message, { refusals, currentStep });
}

const WAITING: ReadonlySet<UpgradePhase> = new Set(["planning", "writing", "delivering", "rolling"]);

/** Nothing has moved for too long: name what blocks, and what to do. */
function timedOut(found: Verdict, { request, snapshot, now, patient }: DecideInput, proof: Proof, stillSince: number): Verdict {
  const stillSeconds = Math.floor((now - stillSince) / 1000);
  if (!WAITING.has(found.phase) || stillSeconds < request.stallSeconds) return found;
  const open = proof.links.find(({ state }) => state !== "proven" && state !== "not-applicable");
  const what =
    open === undefined || found.phase !== "rolling" || saysWhatFor(found)
      ? found.message
      : `${found.message} ${open.link}: ${open.evidence}`;
  const remedy = cureForStandstill(found.phase, snapshot);
  const message = `Nothing has moved for ${stillSeconds} s. ${what}`;
  // Who types commands is told all in one text; who reads an object has a field for it, and another way to go on.
  if (patient === true) return { ...found, phase: "timed-out", actions: [], message, remedy };
  const again = found.phase === "delivering" ? "" : " Once that is out of the way, run the same command again; it goes on from here.";
  return { ...found, phase: "timed-out", actions: [], message: `${message} ${remedy}${again}` };
}

function cureForStandstill(phase: UpgradePhase, snapshot: ClusterSnapshot): string {
  if (phase === "delivering") return "See whether whoever applies the source is working, or is waiting for an approval.";
  const lost = machineWithoutParts(snapshot);
  if (lost !== undefined) return cureForLostParts(lost);
  return `See what it waits for: \`capi-gitops describe ${snapshot.ref.name} -n ${snapshot.ref.namespace}\`.`;
}

/** It waits for something else than a step, and its message says for what. */
function saysWhatFor({ currentStep, refusals }: Verdict): boolean {
  return currentStep === undefined || refusals.length > 0;
}

function stepsLeft({ currentStep, phase }: Verdict, plan: PlanResult, { snapshot, request }: DecideInput): number {
  const waits = plan.kind === "refused" && plan.refusals.every(isTransient);
  const planned = plan.kind === "plan" ? plan.plan.steps : waits ? stepsOf(snapshot, request) : [];
  const underWay = currentStep !== undefined && !planned.includes(currentStep) && phase !== "proven" ? 1 : 0;
  return planned.length + underWay;
}

/** The step as it was written, where it is known; a chain's versions are no longer all in the cluster. */
function asWritten({ currentStep }: DecideMemory, found: UpgradeStep): UpgradeStep {
  return currentStep !== undefined && sameObject(currentStep.object, found.object) && currentStep.to === found.to ? currentStep : found;
}

/** Somebody, perhaps a former run of this same command, has brought a part of the cluster there. */
export function isPartlyUpgraded({ snapshot, request }: Pick<DecideInput, "snapshot" | "request">): boolean {
  const { topology, controlPlane, pools } = snapshot;
  const versions = [topology?.version, controlPlane?.version, ...pools.map(({ version }) => version)];
  const known = versions.filter((version) => version !== undefined);
  const between = versionsBetween(snapshot, request);
  return known.some((version) => between.includes(version) || (version === request.target && new Set(known).size > 1));
}

/** Versions that the cluster may be at on the way, but for the one that its oldest machines still have. */
function versionsThrough({ snapshot: { topology, machines }, request: { via } }: DecideInput): readonly string[] {
  const from = versionRange(machines.map(({ version }) => version))?.lowest;
  return [...via, ...(topology?.classVersions ?? [])].filter((version) => version !== from);
}

function isReferredTo({ machines, controlPlane, pools }: ClusterSnapshot, { name }: ObjectReference): boolean {
  return (
    machines.some(({ template }) => template === name) ||
    [...(controlPlane === undefined ? [] : [controlPlane]), ...pools].some(({ machineTemplate }) => machineTemplate?.ref.name === name)
  );
}

function lookAgainAt(phase: UpgradePhase, { heldSince }: Proof, holdSeconds: number, now: number): number | undefined {
  switch (phase) {
    case "planning":
    case "writing":
    case "delivering":
    case "rolling":
      return now + LOOK_AGAIN_MILLISECONDS;
    case "holding":
      return Math.min(now + LOOK_AGAIN_MILLISECONDS, (heldSince ?? now) + holdSeconds * 1000);
    case "proven":
    case "refused":
    case "contradicted":
    case "timed-out":
      return undefined;
    default:
      return phase satisfies never;
  }
}

function verdict(phase: UpgradePhase, message: string, more: Partial<Verdict> = {}): Verdict {
  return { phase, message, actions: [], currentStep: undefined, refusals: [], ...more };
}
