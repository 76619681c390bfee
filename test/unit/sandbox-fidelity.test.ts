import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allowedDifferences, judge, type AllowedDifference } from "../fidelity/allowed-differences.ts";
import type { Difference } from "../fidelity/compare.ts";
import { differencesOf, inWords } from "../fidelity/differences-of.ts";
import type { History } from "../fidelity/history.ts";
import { simulate } from "../fidelity/in-process-target.ts";
import { openDifferences } from "../fidelity/open-differences.ts";
import { recorded } from "../fidelity/recorded-scenarios.ts";
import { scenarios } from "../fidelity/scenarios.ts";

const known: readonly AllowedDifference[] = [...allowedDifferences, ...openDifferences];
const found = new Map<string, readonly Difference[]>();

/** The sandbox in virtual time against what real Cluster API did (recordings/): docs/sandbox-fidelity.md. */
describe("the sandbox does what real Cluster API did", () => {
  it.each(recorded)("$name", async ({ name, scenario }) => {
    const differences = await differencesOf(name, () => simulate(scenario));
    found.set(name, differences);
    expect(judge(differences, known).open.map(inWords)).toEqual([]);
  });

  it("in at least twenty scenarios", () => {
    expect(recorded.length).toBeGreaterThanOrEqual(20);
  });

  it("has no known difference that does not occur any more", ({ skip }) => {
    // Only where all scenarios ran: not with `-t`.
    if (found.size < recorded.length) skip();
    expect(judge([...found.values()].flat(), known).unused.map(({ what, reason }) => `${String(what)}: ${reason}`)).toEqual([]);
  });

  it("the same way for the same seed", async () => {
    const scenario = scenarios.find(({ name }) => name === "topology-wedge")!;
    const [one, other]: readonly History[] = [await simulate(scenario, 7), await simulate(scenario, 7)];
    expect(other).toEqual(one);
  });
});

describe("docs/sandbox-fidelity.md", () => {
  const text = readFileSync(new URL("../../docs/sandbox-fidelity.md", import.meta.url), "utf8").replaceAll(/\s+/g, " ");

  it("tells every known difference with its reason", () => {
    expect(known.map(({ reason }) => reason).filter((reason) => !text.includes(reason))).toEqual([]);
  });
});
