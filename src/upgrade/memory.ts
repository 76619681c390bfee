import type { ObjectReference } from "./cluster-snapshot.ts";
import { objectKey, sameObject } from "./cluster-words.ts";
import type { Action, DecideInput, DecideMemory, Pace, UpgradePhase } from "./decision.ts";
import { compareVersions, parseVersion } from "./kubernetes-version.ts";
import type { Declaration, Proof, UpgradeStep } from "./upgrade-types.ts";
import { declaringObjects } from "./version-owner.ts";

/** What is known before this look is judged: what was remembered, and what this look adds to it. */
export function memoryBefore({ snapshot, declarations = [], baseline, previous, now }: DecideInput): DecideMemory {
  const watched = snapshot.workload.state === "reachable" ? snapshot.workload.workloads : undefined;
  const before = previous ?? emptyMemory(now);
  return {
    ...before,
    baseline: baseline ?? before.baseline ?? watched,
    seen: newestVersions(before.seen, declaringObjects(snapshot)),
    declared: newestVersions(
      before.declared,
      declarations.filter(({ place }) => place !== undefined),
    ),
  };
}

interface Look {
  readonly phase: UpgradePhase;
  readonly actions: readonly Action[];
  readonly currentStep: UpgradeStep | undefined;
  readonly proof: Proof;
  readonly pace: Pace;
  readonly signature: string;
  readonly stillSince: number;
  readonly stepsLeft: number;
}

const BEGUN: ReadonlySet<UpgradePhase> = new Set(["writing", "delivering", "rolling"]);

export function memoryAfter(before: DecideMemory, look: Look): DecideMemory {
  const { actions, currentStep, proof, pace, signature, stillSince, stepsLeft } = look;
  return {
    ...before,
    proof,
    pace,
    signature,
    stillSince,
    begun: before.begun || BEGUN.has(look.phase),
    stepsTotal: Math.max(before.stepsTotal, stepsLeft),
    currentStep: currentStep ?? before.currentStep,
    replacedTemplates: replacedTemplates(before.replacedTemplates, actions),
  };
}

function emptyMemory(now: number): DecideMemory {
  return {
    startedAt: now,
    proof: undefined,
    baseline: undefined,
    seen: {},
    declared: {},
    stillSince: now,
    signature: "",
    begun: false,
    stepsTotal: 0,
    currentStep: undefined,
    replacedTemplates: [],
    pace: undefined,
  };
}

/** The newest version of each object, by `objectKey`, of those that were known and those that are found now. */
export function newestVersions(
  known: Readonly<Record<string, string>>,
  found: readonly (Pick<Declaration, "object"> & { readonly version: string | undefined })[],
): Readonly<Record<string, string>> {
  const newest: Record<string, string> = { ...known };
  for (const { object, version } of found) {
    const key = objectKey(object);
    const parsed = parseVersion(version ?? "");
    const before = parseVersion(newest[key] ?? "");
    if (parsed !== undefined && (before === undefined || compareVersions(before, parsed) < 0)) newest[key] = parsed.text;
  }
  return newest;
}

function replacedTemplates(known: readonly ObjectReference[], actions: readonly Action[]): readonly ObjectReference[] {
  const retired = actions.flatMap((action) => (action.kind === "retire-template" ? [action.template] : []));
  const replaced = actions.flatMap((action) =>
    action.kind === "write" && action.step.kind !== "topology" && action.step.rotation !== undefined ? [action.step.rotation.template] : [],
  );
  const kept = known.filter((template) => !retired.some((other) => sameObject(template, other)));
  return [...kept, ...replaced.filter((template) => !kept.some((other) => sameObject(template, other)))];
}
