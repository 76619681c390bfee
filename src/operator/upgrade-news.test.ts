import { describe, expect, it } from "vitest";
import type { KubernetesObject } from "../kubernetes/resource.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { countUpgradeNews } from "./upgrade-news.ts";

const startedAt = "2026-03-01T00:00:00Z";
const finishedAt = "2026-03-01T01:00:00Z";

function upgrade(status: object | undefined): KubernetesObject {
  return {
    metadata: { namespace: "demo", name: "c1-v1.35.2" },
    spec: { clusterName: "c1", targetVersion: "v1.35.2", policyName: "prod" },
    ...(status === undefined ? {} : { status }),
  };
}

/** What is counted between two states, a line each. */
function counted(before: object | undefined, after: object): readonly string[] {
  const lines: string[] = [];
  const metrics: Pick<Metrics, "upgradeEnded" | "stepWritten" | "refused" | "contradicted"> = {
    upgradeEnded: ({ policy, outcome, seconds }) => void lines.push(`ended ${policy ?? "-"} ${outcome} ${seconds ?? "-"}`),
    stepWritten: (step) => void lines.push(`step ${step}`),
    refused: (reason) => void lines.push(`refused ${reason}`),
    contradicted: (reason) => void lines.push(`contradicted ${reason}`),
  };
  countUpgradeNews(metrics, upgrade(before), upgrade(after));
  return lines;
}

const pool = { object: { kind: "MachineDeployment", name: "md-0" }, to: "v1.35.2", startedAt };
const told = (...reasons: readonly string[]): object[] => reasons.map((reason) => ({ reason, message: "", remedy: "" }));

describe("what is counted of an upgrade", () => {
  it.each<readonly [what: string, before: object | undefined, after: object, expected: readonly string[]]>([
    ["that was made", undefined, { phase: "Planning" }, []],
    [
      "that is proven, from its first write on",
      { phase: "Holding" },
      { phase: "Proven", finishedAt, steps: [{ ...pool, state: "Done", commit: "c" }], memory: { begun: true } },
      ["step pool", "ended prod proven 3600"],
    ],
    ["that stays proven", { phase: "Proven", finishedAt }, { phase: "Proven", finishedAt, message: "again" }, []],
    ["that is refused before it wrote", { phase: "Planning" }, { phase: "Refused", finishedAt }, ["ended prod refused -"]],
    ["that times out", { phase: "Rolling" }, { phase: "TimedOut" }, ["ended prod timed-out -"]],
    ["that is cancelled", { phase: "Rolling" }, { phase: "Cancelled" }, ["ended prod cancelled -"]],
    ["that another takes the place of", { phase: "Planning" }, { phase: "Superseded" }, []],
    [
      "that somebody took back",
      { phase: "Rolling" },
      { phase: "Contradicted", contradictions: told("RevertedInGit") },
      ["contradicted RevertedInGit", "ended prod reverted -"],
    ],
    [
      "that is wedged",
      { phase: "Rolling" },
      { phase: "Contradicted", contradictions: told("Wedged") },
      ["contradicted Wedged", "ended prod failed -"],
    ],
    [
      "with a refusal that is new, and one that was there",
      { phase: "Planning", refusals: told("ClusterPaused") },
      { phase: "Planning", refusals: told("ClusterPaused", "PoolPaused", "PoolPaused") },
      ["refused PoolPaused"],
    ],
    ["whose step is about to be written", { phase: "Writing" }, { phase: "Writing", steps: [{ ...pool, state: "Writing" }] }, []],
    [
      "whose step was committed",
      { phase: "Writing", steps: [{ ...pool, state: "Writing" }] },
      { phase: "Delivering", steps: [{ ...pool, state: "Delivering", commit: "c" }] },
      ["step pool"],
    ],
    [
      "whose step goes on",
      { steps: [{ ...pool, state: "Delivering", commit: "c" }] },
      { steps: [{ ...pool, state: "Rolling", commit: "c" }] },
      [],
    ],
    [
      "whose step was written without Git",
      { steps: [{ ...pool, object: { kind: "Cluster", name: "c1" }, state: "Writing" }] },
      { steps: [{ ...pool, object: { kind: "Cluster", name: "c1" }, state: "Rolling" }] },
      ["step topology"],
    ],
    [
      "whose control plane was written",
      {},
      { steps: [{ ...pool, object: { kind: "KubeadmControlPlane", name: "c1" }, state: "Rolling" }] },
      ["step control-plane"],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(counted(before, after)).toEqual(expected);
  });
});
