import { describe, expect, it } from "vitest";
import type { AttemptPhase } from "../../../upgrade/attempt/attempt-types.ts";
import type { KnownAttempt } from "../../../upgrade/policy/known-attempt.ts";
import { policyCluster } from "../../../upgrade/testing/policies.ts";
import { readUpgradePolicy, type PolicyObject } from "../../api/read-upgrade-policy.ts";
import { planRound, type Round } from "./plan-round.ts";

const now = Date.parse("2026-03-01T00:00:00Z");

const read = readUpgradePolicy({
  apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
  kind: "UpgradePolicy",
  metadata: { name: "p", generation: 1 },
  spec: { clusters: {}, target: { channel: "Patch" } },
});
const policy = (read as { readonly value: PolicyObject }).value;

function roundWith(attempt: Partial<KnownAttempt>): Round {
  return planRound({
    policies: [policy],
    unreadable: new Set(),
    clusters: [policyCluster("c1", { version: "v1.34.0" })],
    attempts: [
      {
        namespace: "demo",
        name: "c1-v1.34.2",
        clusterName: "c1",
        policyName: "p",
        target: "v1.34.2",
        createdAt: now - 1000,
        phase: undefined,
        begun: false,
        finishedAt: undefined,
        place: true,
        askedAt: undefined,
        ...attempt,
      },
    ],
    releasesOf: () => [{ version: "v1.34.2", releasedAt: 0, endOfLifeAt: undefined, images: [], withdrawn: undefined }],
    now,
  });
}

/** As the UpgradePolicy's CRD describes `underWay` (being upgraded) and `waiting` (for an age, a window, a place, or a person). */
describe("what a policy's status counts an open upgrade as", () => {
  it.each<[AttemptPhase | undefined, boolean, string, string]>([
    [undefined, false, "under-way", "c1-v1.34.2 is Planning."],
    ["waiting-for-approval", false, "waiting", "c1-v1.34.2 is WaitingForApproval."],
    ["waiting-for-window", false, "waiting", "c1-v1.34.2 is WaitingForWindow."],
    ["waiting-for-review", false, "waiting", "c1-v1.34.2 is WaitingForReview."],
    ["paused", false, "waiting", "c1-v1.34.2 is Paused."],
    ["waiting-for-approval", true, "under-way", "c1-v1.34.2 is WaitingForApproval."],
    ["writing", false, "under-way", "c1-v1.34.2 is Writing."],
    ["rolling", true, "under-way", "c1-v1.34.2 is Rolling."],
  ])("%s, begun %s: %s", (phase, begun, state, message) => {
    expect(roundWith({ phase, begun }).facts.get("p")?.clusters).toMatchObject([{ name: "c1", target: "v1.34.2", state, message }]);
  });
});

it.each<[seconds: number, AttemptPhase | undefined, string]>([
  [599, undefined, "c1-v1.34.2 is Planning."],
  [
    600,
    undefined,
    "c1-v1.34.2 was made, and no operator has looked at it: see that one of them has this cluster by its --cluster-selector or --shard.",
  ],
  [600, "planning", "c1-v1.34.2 is Planning."],
])("an upgrade that was made %s s ago and is %s: %s", (seconds, phase, message) => {
  expect(roundWith({ phase, createdAt: now - seconds * 1000 }).facts.get("p")?.clusters).toMatchObject([{ message }]);
});
