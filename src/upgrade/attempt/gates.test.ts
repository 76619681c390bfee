import { describe, expect, it } from "vitest";
import type { WindowState } from "../policy/maintenance-window.ts";
import { attemptSettings } from "../testing/policies.ts";
import { reference } from "../testing/snapshots.ts";
import { closedGates, phaseOf, type GateContext } from "./gates.ts";

const open: WindowState = { open: true, closesAt: undefined, opensAt: undefined, reason: "", exclusion: undefined, refusal: undefined };
const closed: WindowState = { ...open, open: false, opensAt: 9, reason: "Outside of the maintenance windows." };

/** Nothing is in the way. */
const free: GateContext = {
  cluster: reference("Cluster", "demo"),
  settings: attemptSettings(),
  verbs: { approved: [], paused: false, cancelled: false, retry: 0, skipSoak: false },
  attemptBefore: undefined,
  missingPlace: undefined,
  window: open,
  points: ["control-plane"],
};
const asks: Partial<GateContext> = { settings: attemptSettings({ approval: ["control-plane", "workers"] }) };
const paused: Partial<GateContext> = { verbs: { ...free.verbs, paused: true } };
const place: Partial<GateContext> = { missingPlace: { policyName: "p", given: undefined, holders: "demo/a" } };

/** As docs/policies.md tells them. */
describe("a gate", () => {
  it.each<readonly [string, Partial<GateContext>, string, string | undefined, string]>([
    [
      "of a person who paused",
      paused,
      "Paused by a person: no step is written, and pools are stopped between machines.",
      "To go on: `capi-gitops resume demo -n demo`.",
      "paused",
    ],
    [
      "of another attempt",
      { attemptBefore: { name: "demo-v1.34.0", target: "v1.34.0" } },
      "demo-v1.34.0 is bringing the cluster to v1.34.0, and a cluster has one upgrade at a time.",
      "It is this one's turn once that has ended. Cancel one of them if only the other is wanted.",
      "planning",
    ],
    [
      "of an approval",
      asks,
      "Nobody has approved yet that the control plane is begun.",
      "To approve: `capi-gitops approve demo -n demo`.",
      "waiting-for-approval",
    ],
    [
      "of an approval of the workers",
      { ...asks, points: ["workers"] },
      "Nobody has approved yet that the workers are begun.",
      "To approve: `capi-gitops approve demo -n demo`.",
      "waiting-for-approval",
    ],
    [
      "of a place that others have",
      place,
      "Waits for a place under maxConcurrent of policy p. Under way: demo/a.",
      "It is given one by itself when one of those ends; whoever was approved first comes first.",
      "planning",
    ],
    [
      "of a place that nobody has",
      { missingPlace: { policyName: "p", given: undefined, holders: undefined } },
      "Waits for a place under maxConcurrent of policy p.",
      "It is given one by itself when one of those ends; whoever was approved first comes first.",
      "planning",
    ],
    ["of a window", { window: closed }, "Outside of the maintenance windows.", undefined, "waiting-for-window"],
    [
      "of windows that never open",
      { window: { ...closed, opensAt: undefined } },
      "Outside of the maintenance windows.",
      "Change the schedule: no window opens any more.",
      "waiting-for-window",
    ],
    [
      "of an exclusion",
      { window: { ...closed, exclusion: { name: "freeze", from: 0, until: 9, scope: "all" } } },
      "Outside of the maintenance windows.",
      undefined,
      "waiting-for-window",
    ],
  ])("%s is told, with what to do", (_, context, message, remedy, phase) => {
    const gates = closedGates({ ...free, ...context });
    expect(gates.map((gate) => [gate.message, gate.remedy, phaseOf(gate.gate)])).toEqual([[message, remedy, phase]]);
    expect(gates[0]?.opensAt).toBe(context.window?.opensAt);
  });

  it.each<readonly [string, Partial<GateContext>, readonly string[]]>([
    ["nothing is in the way", {}, []],
    ["it was approved", { ...asks, verbs: { ...free.verbs, approved: ["control-plane"] } }, []],
    ["only the other was approved", { ...asks, verbs: { ...free.verbs, approved: ["workers"] } }, ["approval"]],
    ["nothing is begun", { ...asks, points: [] }, []],
    [
      "people come first, and a place last of all but the window",
      { ...paused, ...asks, ...place, window: closed, verbs: { ...free.verbs, paused: true } },
      ["paused", "approval", "window"],
    ],
    ["a place is asked for while the window is closed", { ...place, window: closed }, ["place", "window"]],
    ["no place is asked for before the approval", { ...asks, ...place }, ["approval"]],
  ])("%s", (_, context, expected) => {
    expect(closedGates({ ...free, ...context }).map(({ gate }) => gate)).toEqual(expected);
  });

  it("of a pull request is a review that is waited for", () => {
    expect(phaseOf("review")).toBe("waiting-for-review");
  });
});
