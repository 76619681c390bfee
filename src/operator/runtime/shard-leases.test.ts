import { describe, expect, it } from "vitest";
import type { KubernetesObject } from "../../kubernetes/resource.ts";
import { testClock } from "../../kubernetes/testing/test-clock.ts";
import { parseClusterSelector } from "./cluster-selector.ts";
import { shardLeases, sharedClusters } from "./shard-leases.ts";
import { parseShard, shardAnnotation, shardWords, wholeFleet, type Shard } from "./shard.ts";

function lease(name: string, clusters: string | undefined, resourceVersion: string, holderIdentity = "somebody"): KubernetesObject {
  const annotations = clusters === undefined ? {} : { annotations: { [shardAnnotation]: clusters } };
  return { metadata: { name, namespace: "system", resourceVersion, ...annotations }, spec: { holderIdentity } };
}

/** What the API server has at each look. */
function scene(...looks: readonly (readonly KubernetesObject[] | Error)[]) {
  const clock = testClock();
  let asked = 0;
  const client = {
    list() {
      const items = looks[asked] ?? [];
      asked += 1;
      return items instanceof Error ? Promise.reject(items) : Promise.resolve({ items, resourceVersion: "1" });
    },
  };
  const leases = shardLeases({ client, clock, namespace: "system" });
  const look = async (afterSeconds: number): Promise<readonly string[]> => {
    clock.advance(afterSeconds * 1000);
    return (await leases.look()).shards.map(shardWords);
  };
  return { look, again: async () => (await leases.look()).lookAgainAt, asked: () => asked, clock };
}

describe("who works on what, by Leases", () => {
  it("is whoever renews, and said what is its own", async () => {
    const { look } = scene(
      [lease("a", "region=eu", "1"), lease("b", "2/5", "5"), lease("dead", "x", "9"), lease("policies", undefined, "3")],
      [
        lease("a", "region=eu", "2"),
        lease("b", "2/5", "6"),
        lease("dead", "x", "9"),
        lease("policies", undefined, "4"),
        lease("odd", "a b", "1"),
      ],
      [lease("a", "region=eu", "3", ""), lease("b", "2/5", "6"), lease("dead", "x", "9")],
    );
    expect(await look(0)).toEqual([]);
    expect(await look(20)).toEqual(["region in (eu)", "2/5"]);
    expect(await look(60)).toEqual([]);
  });

  it("is asked once a minute, and a little later where somebody is new", async () => {
    const { look, again, asked, clock } = scene([lease("a", "x", "1")], [lease("a", "x", "2")], [lease("a", "x", "3")]);
    await look(0);
    expect(await again()).toBe(clock.now() + 20_000);
    await look(19);
    expect(asked()).toBe(1);
    await look(1);
    expect([asked(), await again()]).toEqual([2, undefined]);
    await look(59);
    expect(asked()).toBe(2);
    await look(1);
    expect(asked()).toBe(3);
  });

  it("is as it was where Leases may not be read", async () => {
    const { look } = scene([lease("a", "x", "1")], [lease("a", "x", "2")], new Error("forbidden"));
    await look(0);
    expect(await look(20)).toEqual(["x"]);
    expect(await look(60)).toEqual(["x"]);
  });
});

describe("clusters that more than one works on", () => {
  const shard = (text: string): Shard => {
    const selector = parseClusterSelector(text);
    const byName = parseShard(text);
    if (byName === undefined && typeof selector === "string") throw new Error(selector);
    return byName ?? { ...wholeFleet, selector: selector as Exclude<typeof selector, string> };
  };
  const clusters = [
    { namespace: "f", name: "a", labels: { region: "eu", tier: "prod" } },
    { namespace: "f", name: "b", labels: { region: "us" } },
    { namespace: "f", name: "c", labels: {} },
  ];

  it.each<[readonly string[], readonly string[]]>([
    [[], []],
    [["region=eu"], []],
    [["region=eu", "region=us", "region notin (eu,us)"], []],
    [["region=eu", "tier=prod"], ["a: region in (eu) | tier in (prod)"]],
    [["region", "region=us", "!tier"], ["b: !tier | region | region in (us)"]],
    [["1/1", "region=us"], ["b: 1/1 | region in (us)"]],
    [["1/2", "2/2"], []],
    [["1/1", "1/1"], []],
  ])("of %j: %j", (texts, expected) => {
    expect(sharedClusters(texts.map(shard), clusters).map(({ name, shards }) => `${name}: ${shards.join(" | ")}`)).toEqual(expected);
  });

  it("by name in fives and in fours: some are", () => {
    const many = Array.from({ length: 400 }, (_, index) => ({ namespace: "f", name: `c${index}`, labels: {} }));
    expect(sharedClusters([shard("1/4"), shard("1/5")], many).length).toBeGreaterThan(0);
  });
});
