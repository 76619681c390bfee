import { describe, expect, it } from "vitest";
import { conditionWords, counted, isDeferred, listed, objectKey, objectName, sameObject } from "./cluster-words.ts";
import { condition, plainCluster, reference, topologyCluster } from "./testing/snapshots.ts";

describe("words", () => {
  it.each([
    [[], ""],
    [["a"], "a"],
    [["a", "b"], "a and b"],
    [["a", "b", "c"], "a, b and c"],
  ])("lists %j", (words, text) => expect(listed(words)).toBe(text));
  it.each([
    [0, "0 machines"],
    [1, "1 machine"],
    [2, "2 machines"],
  ])("counts %i", (count, text) => expect(counted(count, "machine")).toBe(text));
  it("names objects", () => {
    const cluster = reference("Cluster", "c1");
    expect(objectName(cluster)).toBe("Cluster demo/c1");
    expect(objectKey(cluster)).toBe("Cluster.cluster.x-k8s.io/demo/c1");
    for (const other of [{ kind: "X" }, { group: "x" }, { namespace: "x" }, { name: "x" }]) {
      expect(sameObject(cluster, { ...cluster, ...other })).toBe(false);
    }
    expect(sameObject(cluster, { ...cluster })).toBe(true);
  });
  it("puts conditions into words", () => {
    expect(conditionWords("Cluster demo/c1", condition("Ready", "False", "NotReady", "waits"))).toBe(
      "Cluster demo/c1 Ready=False NotReady: waits",
    );
    expect(conditionWords("Cluster demo/c1", condition("Ready", "True", "Ready"))).toBe("Cluster demo/c1 Ready=True Ready");
  });
});

// exp/topology/desiredstate/desired_state.go: isMachineDeploymentDeferred, isMachinePoolDeferred.
describe("isDeferred", () => {
  const entry = (name: string, mark: "" | "defer" | "hold" = "", kind: "MachineDeployment" | "MachinePool" = "MachineDeployment") => {
    return { name, kind, deferUpgrade: mark === "defer", holdUpgradeSequence: mark === "hold" };
  };
  it.each([
    ["none", [entry("a"), entry("b"), entry("c")], ""],
    ["defer: this one", [entry("a"), entry("b", "defer"), entry("c")], "b"],
    ["hold: this one and those after it", [entry("a"), entry("b", "hold"), entry("c")], "b c"],
    ["hold: none of another kind", [entry("x", "hold", "MachinePool"), entry("a"), entry("b"), entry("c")], ""],
  ])("%s", (_, pools, deferred) => {
    const snapshot = topologyCluster({ pools: [{ name: "a" }, { name: "b" }, { name: "c" }], topology: { pools } });
    expect(
      snapshot.pools
        .filter((pool) => isDeferred(snapshot, pool))
        .map(({ topologyName }) => topologyName)
        .join(" "),
    ).toBe(deferred);
  });
  it("is not said of a pool that the topology does not list, nor without a topology", () => {
    const listedNot = topologyCluster({ pools: [{ name: "z" }], topology: { pools: [entry("a", "hold")] } });
    expect(isDeferred(listedNot, listedNot.pools[0]!)).toBe(false);
    const foreign = topologyCluster({
      pools: [{ name: "a", overrides: { topologyName: undefined } }],
      topology: { pools: [entry("a", "defer")] },
    });
    expect(isDeferred(foreign, foreign.pools[0]!)).toBe(false);
    const plain = plainCluster({ pools: [{ overrides: { topologyName: "a" } }] });
    expect(isDeferred(plain, plain.pools[0]!)).toBe(false);
  });
});
