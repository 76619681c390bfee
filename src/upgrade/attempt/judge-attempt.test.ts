import { describe, expect, it } from "vitest";
import type { ClusterSnapshot } from "../cluster-snapshot.ts";
import { attemptInput, controlPlaneRolls, reviewState, VERBS } from "../testing/attempts.ts";
import { attemptSettings } from "../testing/policies.ts";
import { plainCluster, topologyCluster } from "../testing/snapshots.ts";
import type { AttemptInput, AttemptStatus } from "./attempt-types.ts";
import { decideAttempt } from "./decide-attempt.ts";

const CLOSED = { timeZone: "UTC", windows: [{ cron: "0 5 30 2 *", durationSeconds: 60 }], exclusions: [] };
const beforeWorkers = { settings: attemptSettings({ approval: ["workers"] }) };
const paused = { verbs: { ...VERBS, paused: true } };

function statusOf(snapshot: ClusterSnapshot, more: Partial<AttemptInput>): AttemptStatus {
  return decideAttempt(attemptInput(snapshot, more)).status;
}

describe("an attempt's words", () => {
  it.each<readonly [what: string, snapshot: ClusterSnapshot, more: Partial<AttemptInput>, message: string, remedy: string | undefined]>([
    [
      "a pull request that is open",
      plainCluster(),
      { review: reviewState() },
      "Pull request #12 is open: waits for a review by platform-team.",
      "Review and merge https://forge.example/platform/clusters/pulls/12.",
    ],
    [
      "a pool that is held before the version is written",
      topologyCluster(),
      beforeWorkers,
      "Before the version is written MachineDeployment demo/c1-md-0 is held, so that no worker begins unapproved.",
      undefined,
    ],
    [
      "two of them",
      topologyCluster({ pools: [{ name: "md-0" }, { name: "md-1" }] }),
      beforeWorkers,
      "Before the version is written MachineDeployment demo/c1-md-0 and MachineDeployment demo/c1-md-1 are held, so that no worker begins unapproved.",
      undefined,
    ],
    [
      "a pause while the control plane rolls",
      controlPlaneRolls(),
      paused,
      "Paused by a person: no step is written, and pools are stopped between machines. The control plane that has begun is finished first. 1 of 5 machines run v1.35.2.",
      "To go on: `capi-gitops resume c1 -n demo`.",
    ],
    [
      "a pause before anything is written",
      plainCluster(),
      paused,
      "Paused by a person: no step is written, and pools are stopped between machines.",
      "To go on: `capi-gitops resume c1 -n demo`.",
    ],
  ])("%s", (_, snapshot, more, message, remedy) => {
    expect(statusOf(snapshot, more)).toMatchObject({ message, remedy });
  });

  it("a pull request that somebody closed: what it was, and how it is begun anew", () => {
    expect(statusOf(plainCluster(), { review: reviewState({ state: "closed" }) })).toMatchObject({
      phase: "refused",
      message: "Pull request #12 was closed without being merged: somebody does not want this change.",
      remedy: "Settle it with whoever closed it. To try again: `capi-gitops retry c1 -n demo`.",
      refusals: [
        {
          reason: "ReviewClosed",
          remedy: "Settle it with whoever closed it.",
          evidence: ["https://forge.example/platform/clusters/pulls/12"],
        },
      ],
    });
  });

  it.each([
    [["mp"], "MachinePool demo/c1-mp begins as soon as"],
    [["mp", "mq"], "MachinePool demo/c1-mp and MachinePool demo/c1-mq begin as soon as"],
  ])("pools that nobody can hold: %j", (names, words) => {
    const { phase, message, remedy } = statusOf(
      topologyCluster({ pools: names.map((name) => ({ kind: "MachinePool", name })) }),
      beforeWorkers,
    );
    expect(phase).toBe("refused");
    expect(message).toContain(`The workers need an approval of their own, and ${words} the control plane is through`);
    expect(remedy).toContain("Approve the workers now, drop the approval before workers, or defer the pool");
  });

  it("of several refusals one that no waiting changes is an end, whatever gate is closed", () => {
    const { phase, refusals } = statusOf(plainCluster({ version: "v1.36.0", overrides: { paused: true } }), {
      settings: attemptSettings({ schedule: CLOSED }),
    });
    expect(phase).toBe("refused");
    expect(refusals.map(({ reason }) => reason).sort()).toEqual(["ClusterPaused", "VersionDowngrade"]);
  });
});
