import { describe, expect, it } from "vitest";
import { planUpgrade } from "../upgrade/plan.ts";
import { plainCluster, topologyCluster } from "../upgrade/testing/snapshots.ts";
import type { UpgradePlan } from "../upgrade/upgrade-types.ts";
import { pullRequestBody, type ClusterFacts } from "./pull-request-body.ts";
import { markerOf, readMarker, withMarker } from "./pull-request-marker.ts";
import { rollingOf } from "./rollout-facts.ts";

function planOf(snapshot = topologyCluster({ controlPlanes: 1 }), target = "v1.35.2", via: readonly string[] = []): UpgradePlan {
  const result = planUpgrade(snapshot, { target, via });
  if (result.kind !== "plan") throw new Error("no plan");
  return result.plan;
}

function factsOf(more: Partial<ClusterFacts> = {}): ClusterFacts {
  const snapshot = topologyCluster({ controlPlanes: 1 });
  const plan = planOf(snapshot);
  const [step] = plan.steps;
  return {
    plan,
    step,
    changes: [{ place: "clusters/c1.yaml:14", before: "v1.34.0", after: "v1.35.2" }],
    rolling: rollingOf(snapshot, step!),
    checks: [
      { name: "API versions", result: "passed", message: "nothing that v1.35 removes is in use" },
      { name: "etcd backup", result: "warned", message: "the newest is 3 days old" },
    ],
    budgets: { kind: "asked", holding: ["shop/web allows no disruption (it needs 3 healthy pods and has 3)"] },
    estimate: { lowSeconds: 600, highSeconds: 5_400, basis: "the last 3 rollouts of this cluster" },
    ...more,
  };
}

it("tells all that a reviewer needs", () => {
  expect(pullRequestBody({ clusters: [factsOf()], links: [{ title: "Dashboard", url: "https://capi.example/c1?a=(b)" }] }))
    .toBe(`Cluster \`demo/c1\`: Kubernetes \`v1.34.0\` → \`v1.35.2\`.

## Plan

1. Cluster \`c1\`: \`v1.34.0\` → \`v1.35.2\` **(this one)**

## Changes

- \`clusters/c1.yaml:14\`: \`v1.34.0\` → \`v1.35.2\`

## What will roll

- KubeadmControlPlane c1-cp: 1 machine; a new one joins before an old one leaves (maxSurge 1)
- MachineDeployment c1-md-0: 2 machines; maxSurge 1, maxUnavailable 0

## How long

10 min to 1 h 30 min (the last 3 rollouts of this cluster).

## Risk

- KubeadmControlPlane demo/c1-cp has one machine. A second one joins first (maxSurge 1), then the old one leaves: the API stays up but for the moments in which etcd's leadership and the endpoint move from the old machine to the new one.
- A disruption budget can hold up the drain: shop/web allows no disruption (it needs 3 healthy pods and has 3)

## Checks

- ✅ API versions: nothing that v1.35 removes is in use
- ⚠️ etcd backup: the newest is 3 days old

## Links

- [Dashboard](https://capi.example/c1?a=%28b%29)

---

Merging starts the rollout. Closing without merging stops this upgrade; nothing is changed then. Commits on this branch by others are kept.
`);
});

it("says the same of the same, and leaves out what is not known", () => {
  expect(pullRequestBody({ clusters: [factsOf()], links: [] })).toBe(pullRequestBody({ clusters: [factsOf()], links: [] }));
  const bare = pullRequestBody({
    clusters: [factsOf({ changes: [], rolling: [], checks: [], budgets: { kind: "asked", holding: [] }, estimate: undefined })],
    links: [],
  });
  expect([...bare.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title)).toEqual(["Plan", "How long", "Risk"]);
});

it("has a part for each cluster of a batch", () => {
  const body = pullRequestBody({ clusters: [factsOf(), factsOf()], links: [] });
  expect(body.match(/^## `demo\/c1`$/gm)).toHaveLength(2);
  expect(body.match(/^### Plan$/gm)).toHaveLength(2);
});

describe("what others wrote", () => {
  const shown = (message: string): string =>
    pullRequestBody({ clusters: [factsOf({ checks: [{ name: "x", result: "failed", message }] })], links: [] });
  it.each([
    ["names nobody", "ask @platform-team", "ask @&#8203;platform-team"],
    ["refers to nothing", "see #12 and !7", "see #&#8203;12 and !&#8203;7"],
    ["is no markup", "<img src=x> **bold** [a](b)", String.raw`&lt;img src=x> \*\*bold\*\* \[a\](b)`],
    ["is one line, so no command of GitLab's", "fine\n/merge\n/approve", "fine /merge /approve"],
    ["ends no marker", "--> <!-- capi-gitops carries: x -->", "--> &lt;!&#8203;-- capi-gitops carries: x -->"],
  ])("%s", (_, message, expected) => {
    const body = shown(message);
    expect(body).toContain(`❌ x: ${expected}\n`);
    expect(readMarker(body).ids).toEqual([]);
  });

  it("ends no code", () => {
    const body = pullRequestBody({ clusters: [factsOf({ changes: [{ place: "a`b.yaml:1", before: "``", after: "x" }] })], links: [] });
    expect(body).toContain("- ``a`b.yaml:1``: ``` `` ``` → `x`");
  });
});

it("stays below what a forge takes", () => {
  const many = Array.from({ length: 400 }, () =>
    factsOf({ changes: Array.from({ length: 80 }, (_, at) => ({ place: `f${at}.yaml:1`, before: "a", after: "b" })) }),
  );
  const body = pullRequestBody({ clusters: many, links: [] });
  expect(body.length).toBeLessThan(61_000);
  expect(body).toContain("- … and 30 more");
});

describe("what rolls", () => {
  it.each([
    [
      "a topology that is chained",
      topologyCluster({ topology: { classVersions: ["v1.34.0", "v1.35.2", "v1.36.1"] } }),
      "v1.36.1",
      ["c1-cp 3 v1.35.2 v1.36.1", "c1-md-0 2 v1.36.1"],
    ],
    ["pools of others stay", topologyCluster({ pools: [{ overrides: { topologyName: undefined } }] }), "v1.35.2", ["c1-cp 3 v1.35.2"]],
    ["a control plane alone", plainCluster(), "v1.35.2", ["c1-cp 3 v1.35.2"]],
  ])("%s", (_, snapshot, target, expected) => {
    const [step] = planOf(snapshot, target).steps;
    expect(rollingOf(snapshot, step!).map(({ what, machines, through }) => [what.split(" ")[1], machines, ...through].join(" "))).toEqual(
      expected,
    );
  });

  it("one pool, in its way", () => {
    const snapshot = plainCluster({
      pools: [
        { name: "a" },
        { name: "b", kind: "MachinePool" },
        { name: "c", overrides: { strategy: "OnDelete" } },
        { name: "d", overrides: { maxSurge: "25%", maxUnavailable: "1" } },
      ],
    });
    const steps = planOf(snapshot).steps.slice(1);
    expect(steps.map((step) => rollingOf(snapshot, step).map(({ what, how }) => `${what}: ${how}`))).toEqual([
      ["MachineDeployment a: maxSurge 1, maxUnavailable 0"],
      ["MachinePool b: as its infrastructure provider does it"],
      ["MachineDeployment c: only when somebody deletes them (OnDelete)"],
      ["MachineDeployment d: maxSurge 25%, maxUnavailable 1"],
    ]);
  });
});

describe("the marker", () => {
  it("is read back, sorted, each id once", () => {
    const ids = ["b--x/cluster/b--x/v1.35.2", "a/cluster/a/v1", "a/cluster/a/v1"];
    const body = withMarker("Text.\n", { ids, withdrawn: false });
    expect(body).toBe("Text.\n\n<!-- capi-gitops carries: a/cluster/a/v1 b-%2Dx/cluster/b-%2Dx/v1.35.2 -->\n");
    expect(readMarker(body)).toEqual({ ids: ["a/cluster/a/v1", "b--x/cluster/b--x/v1.35.2"], withdrawn: false });
  });
  it("is one, however often it is set", () => {
    const body = withMarker(withMarker("Text.", { ids: ["a"], withdrawn: false }), { ids: ["a"], withdrawn: true });
    expect(body).toBe(`Text.\n\n${markerOf({ ids: ["a"], withdrawn: true })}\n`);
    expect(readMarker(body).withdrawn).toBe(true);
  });
  it("is none in another text", () => {
    expect(readMarker("Text. <!-- capi-gitops -->")).toEqual({ ids: [], withdrawn: false });
  });
});
