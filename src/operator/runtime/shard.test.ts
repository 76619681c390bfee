import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMine, leadsPolicies, shardElection, parseShard } from "./shard.ts";

describe("shards", () => {
  it.each([
    ["1/1", { index: 0, count: 1 }],
    ["2/5", { index: 1, count: 5 }],
    ["5/5", { index: 4, count: 5 }],
    ["0/5", undefined],
    ["6/5", undefined],
    ["5", undefined],
    ["1/0", undefined],
    ["-1/5", undefined],
    ["1/5/7", undefined],
  ])("%s", (text, expected) => {
    expect(parseShard(text)).toEqual(expected);
  });

  it("every cluster belongs to exactly one", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer({ min: 1, max: 20 }), (namespace, name, count) => {
        const owners = Array.from({ length: count }, (_, index) => index).filter((index) =>
          isMine({ index, count }, { namespace, name }, {}),
        );
        expect(owners).toHaveLength(1);
      }),
    );
  });

  it("share the fleet about evenly", () => {
    const counts = [0, 0, 0, 0];
    for (let cluster = 0; cluster < 1000; cluster += 1) {
      const index = counts.findIndex((_, shard) =>
        isMine({ index: shard, count: 4 }, { namespace: "fleet", name: `cluster-${cluster}` }, {}),
      );
      counts[index]! += 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(200);
    expect(Math.max(...counts)).toBeLessThan(300);
  });

  it("only the first decides over policies, each has its lease", () => {
    expect([0, 1, 2].map((index) => leadsPolicies({ index, count: 3 }))).toEqual([true, false, false]);
    expect([shardElection({ index: 0, count: 1 }).name, shardElection({ index: 1, count: 5 }).name]).toEqual([
      "capi-gitops-operator",
      "capi-gitops-operator-2-of-5",
    ]);
  });
});
