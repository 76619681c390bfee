import { describe, expect, it } from "vitest";
import { changeOf, type PersonVerb } from "./person-verbs.ts";
import { readSaid, saidAnnotation, type Said } from "./said.ts";
import { byAge, upgradeSummary, type UpgradeSummary } from "./upgrade-summary.ts";

const upgrade = upgradeSummary({
  metadata: { namespace: "demo", name: "u" },
  spec: { clusterName: "c", targetVersion: "v1.35.2" },
  status: { phase: "Rolling", message: "It rolls." },
});
const approve = (more: { controlPlane?: boolean; workers?: boolean } = {}): PersonVerb => ({
  kind: "approve",
  controlPlane: false,
  workers: false,
  ...more,
});
const gates = (count: number): UpgradeSummary["waitingFor"] => Array.from({ length: count }, () => ({ gate: "Approval", message: "" }));
const each = { approval: "BeforeEach" };

describe("what is written", () => {
  it.each<readonly [string, PersonVerb, Partial<UpgradeSummary>, object, string]>([
    [
      "the one that it waits for",
      approve(),
      { ...each, waitingFor: gates(1) },
      { approved: ["ControlPlane"] },
      "approved the control plane",
    ],
    [
      "the next that it waits for",
      approve(),
      { ...each, waitingFor: gates(1), approved: ["ControlPlane"] },
      { approved: ["ControlPlane", "Workers"] },
      "approved the workers",
    ],
    [
      "both of a topology",
      approve(),
      { ...each, waitingFor: gates(2) },
      { approved: ["ControlPlane", "Workers"] },
      "approved the control plane and the workers",
    ],
    [
      "only workers are asked for",
      approve(),
      { approval: "BeforeWorkers", waitingFor: gates(1) },
      { approved: ["Workers"] },
      "approved the workers",
    ],
    ["ahead", approve({ workers: true }), each, { approved: ["Workers"] }, "approved the workers"],
    ["pause", { kind: "pause" }, {}, { paused: true }, "paused it"],
    ["resume", { kind: "resume" }, { paused: true }, { paused: false }, "resumed it"],
    ["cancel", { kind: "cancel" }, {}, { cancelled: true }, "cancelled it"],
    ["retry of a refused one", { kind: "retry" }, { phase: "Refused", retry: 1 }, { retry: 2 }, "asked for another try"],
    ["retry of a contradicted one", { kind: "retry" }, { phase: "Contradicted" }, { retry: 1 }, "asked for another try"],
    ["retry of one out of time", { kind: "retry" }, { phase: "TimedOut" }, { retry: 1 }, "asked for another try"],
    ["skip-soak", { kind: "skip-soak" }, { phase: "Holding" }, { skipSoak: true }, "skipped the soak"],
  ])("%s", (_, verb, state, spec, what) => {
    expect(changeOf(verb, { ...upgrade, ...state })).toEqual({ spec, what });
  });
});

describe("what is refused", () => {
  it.each<readonly [PersonVerb, Partial<UpgradeSummary>, string, string, string]>([
    [approve(), {}, "NoApprovalNeeded", "needs no approval (spec.approval is None)", "It is Rolling: It rolls."],
    [
      approve(),
      each,
      "NotWaitingForApproval",
      "waits for no approval at this moment",
      "It is Rolling: It rolls. To say yes ahead, name what: --control-plane or --workers.",
    ],
    [
      approve(),
      { ...each, approved: ["ControlPlane", "Workers"] },
      "AlreadyApproved",
      "has that approval already",
      "It is Rolling: It rolls.",
    ],
    [
      approve({ controlPlane: true }),
      { ...each, approved: ["ControlPlane"] },
      "AlreadyApproved",
      "has that approval already",
      "It is Rolling: It rolls.",
    ],
    [
      approve({ controlPlane: true }),
      { approval: "BeforeWorkers" },
      "NoApprovalNeeded",
      "asks nobody before the control plane (spec.approval is BeforeWorkers)",
      "It is Rolling: It rolls.",
    ],
    [
      approve(),
      { ...each, phase: "Proven" },
      "AlreadyEnded",
      "has ended (Proven), so there is nothing to approve",
      "Nothing needs to be done.",
    ],
    [{ kind: "pause" }, { paused: true }, "AlreadyPaused", "is paused already", "Go on with `capi-gitops resume`."],
    [
      { kind: "pause" },
      { phase: "Refused" },
      "AlreadyEnded",
      "has ended (Refused), so there is nothing to pause",
      "Try again with `capi-gitops retry`, once the cause is mended.",
    ],
    [{ kind: "resume" }, {}, "NotPaused", "is not paused", "It is Rolling: It rolls."],
    [{ kind: "resume" }, { phase: "" }, "NotPaused", "is not paused", "The operator has not looked at it yet."],
    [{ kind: "cancel" }, { cancelled: true }, "AlreadyCancelled", "is cancelled already", "It is Rolling: It rolls."],
    [
      { kind: "cancel" },
      { phase: "Superseded" },
      "AlreadyEnded",
      "has ended (Superseded), so there is nothing to cancel",
      "Nothing needs to be done.",
    ],
    [{ kind: "retry" }, {}, "StillUnderWay", "has not ended, so there is nothing to try again", "It is Rolling: It rolls."],
    [{ kind: "retry" }, { phase: "Proven" }, "NothingToRetry", "is proven", "Nothing needs to be done."],
    [
      { kind: "retry" },
      { phase: "Cancelled" },
      "NothingToRetry",
      "was given up, which cannot be taken back",
      "Make another ClusterUpgrade, or let its policy make one.",
    ],
    [
      { kind: "retry" },
      { phase: "Refused", cancelled: true },
      "NothingToRetry",
      "was given up, which cannot be taken back",
      "Make another ClusterUpgrade, or let its policy make one.",
    ],
    [{ kind: "skip-soak" }, { skipSoak: true }, "AlreadySkipped", "does not hold already", "It is Rolling: It rolls."],
  ])("%j of %j: %s", (verb, state, reason, what, remedy) => {
    const message = `The upgrade of cluster demo/c to v1.35.2 (ClusterUpgrade u) ${what}.`;
    expect(changeOf(verb, { ...upgrade, ...state })).toEqual({ reason, message, remedy });
  });
});

describe("who said what", () => {
  const said = (what: string, at: number): Said => ({ what, by: "jane", at });

  it("is kept in an annotation, the newest twenty", () => {
    let annotation: string | undefined;
    for (let number = 0; number < 30; number++) annotation = saidAnnotation(annotation, said(`said ${number}`, number * 1_000));
    const read = readSaid(annotation);
    expect(read).toHaveLength(20);
    expect(read.at(-1)).toEqual(said("said 29", 29_000));
  });

  it.each([undefined, "", "{", "{}", "[1]", '[{"what":1}]', '[{"what":"a","by":"b","at":"never"}]'])("%j tells nothing", (annotation) =>
    expect(readSaid(annotation)).toEqual([]),
  );

  it("is in the timeline before the operator has seen it, once", () => {
    const at = "2026-11-29T00:00:00Z";
    const annotation = saidAnnotation(undefined, { what: "paused it", by: "jane", at: Date.parse(at) });
    const object = (timeline: readonly object[]): object => ({
      metadata: { annotations: { "upgrades.clusterapi-gitops.io/said": annotation } },
      status: { timeline },
    });
    const entry = { at: Date.parse(at), phase: undefined, message: "paused it", by: "jane" };
    expect(upgradeSummary(object([])).timeline).toEqual([entry]);
    expect(upgradeSummary(object([{ at, message: "paused it", by: "jane" }])).timeline).toEqual([entry]);
  });
});

it("newest first; among equals by name, the last first", () => {
  const upgrades = [
    { ...upgrade, name: "a", createdAt: 1 },
    { ...upgrade, name: "b", createdAt: 2 },
    { ...upgrade, name: "c", createdAt: 2 },
  ];
  expect(byAge(upgrades).map(({ name }) => name)).toEqual(["c", "b", "a"]);
});
