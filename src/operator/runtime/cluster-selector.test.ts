import { describe, expect, it } from "vitest";
import { parseClusterSelector } from "./cluster-selector.ts";
import { isMine, shardElection } from "./shard.ts";

const shardOf = (text: string) => {
  const selector = parseClusterSelector(text);
  if (typeof selector === "string") throw new Error(selector);
  return { index: 0, count: 1, selector };
};

/** As `kubectl get -l` selects (k8s.io/apimachinery/pkg/labels): a label that is missing is in no list. */
describe("a selector of clusters", () => {
  it.each<readonly [text: string, labels: Readonly<Record<string, string>>, selected: boolean]>([
    ["tier=prod", { tier: "prod" }, true],
    ["tier==prod", { tier: "prod" }, true],
    [" tier = prod ", { tier: "prod" }, true],
    ["tier=prod", { tier: "dev" }, false],
    ["tier=prod", {}, false],
    ["tier=", { tier: "" }, true],
    ["tier!=prod", { tier: "dev" }, true],
    ["tier!=prod", {}, true],
    ["tier!=prod", { tier: "prod" }, false],
    ["region in (eu, us)", { region: "us" }, true],
    ["region in (eu, us)", { region: "ap" }, false],
    ["region in (eu,us)", {}, false],
    ["region notin (eu,us)", { region: "ap" }, true],
    ["region notin (eu,us)", {}, true],
    ["region notin (eu,us)", { region: "eu" }, false],
    ["gpu", { gpu: "" }, true],
    ["gpu", {}, false],
    ["!gpu", {}, true],
    ["! gpu", { gpu: "1" }, false],
    ["example.com/tier=prod,region in (eu,us),!gpu", { "example.com/tier": "prod", region: "eu" }, true],
    ["example.com/tier=prod,region in (eu,us),!gpu", { "example.com/tier": "prod", region: "eu", gpu: "1" }, false],
  ])("%s, labels %j: %s", (text, labels, selected) => {
    expect(isMine(shardOf(text), { namespace: "fleet", name: "demo" }, labels)).toBe(selected);
  });

  it.each([
    ["", "it selects by nothing"],
    ["  ", "it selects by nothing"],
    ["tier=prod,", '"" is no requirement on a label'],
    ["a=b=c", '"a=b=c" is no requirement on a label'],
    ["tier in prod", '"tier in prod" is no requirement on a label'],
    ["tier in (prod", '"tier in (prod" is no requirement on a label'],
    ["tier > 3", '"tier > 3" is no requirement on a label'],
    ["-tier=prod", '"-tier" in "-tier=prod" is no label\'s key'],
    ["a/b/c=prod", '"a/b/c" in "a/b/c=prod" is no label\'s key'],
    ["tier=-prod", '"-prod" in "tier=-prod" is no label\'s value'],
    [`tier=${"x".repeat(64)}`, `"${"x".repeat(64)}" in "tier=${"x".repeat(64)}" is no label's value`],
  ])("%j is refused: %s", (text, why) => {
    expect(parseClusterSelector(text)).toBe(why);
  });

  it("has one Lease, however it is spelled, and no other has it", () => {
    const leases = ["tier=prod,!gpu", "!gpu, tier in (prod)", "tier=prod", "tier=dev", "region in (eu,us)", "region in (us, eu)"].map(
      (text) => shardElection(shardOf(text)).name,
    );
    expect(leases[1]).toBe(leases[0]);
    expect(leases[5]).toBe(leases[4]);
    expect(new Set(leases).size).toBe(4);
    for (const lease of leases) expect(lease).toMatch(/^capi-gitops-operator-[0-9a-f]{10}$/);
  });

  it("leaves a cluster that is not there to all: nothing can be written for it, and somebody must say so", () => {
    expect(isMine(shardOf("tier=prod"), { namespace: "fleet", name: "gone" }, undefined)).toBe(true);
  });
});
