import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { upgradePolicy } from "../testing/policies.ts";
import type { KnownAttempt } from "./known-attempt.ts";
import { holdersInWords, placeFor, placesOf, placesToGive } from "./places.ts";

function attempt(name: string, more: Partial<KnownAttempt> = {}): KnownAttempt {
  return {
    namespace: "demo",
    name,
    clusterName: name,
    policyName: "p",
    target: "v1.35.2",
    createdAt: 0,
    phase: "planning",
    begun: false,
    finishedAt: undefined,
    place: false,
    askedAt: undefined,
    ...more,
  };
}

const asks = (name: string, askedAt: number, more: Partial<KnownAttempt> = {}): KnownAttempt => attempt(name, { askedAt, ...more });
const has = (name: string, more: Partial<KnownAttempt> = {}): KnownAttempt => attempt(name, { place: true, ...more });

function given(
  attempts: readonly KnownAttempt[],
  maxConcurrent: number | undefined,
  unreadable: readonly string[] = [],
): readonly string[] {
  const input = { policies: [upgradePolicy("p", { maxConcurrent })], unreadable: new Set(unreadable) };
  const names = placesToGive({ ...input, attempts }).map(({ name }) => name);
  expect(placesToGive({ ...input, attempts: attempts.toReversed() }).map(({ name }) => name)).toEqual(names);
  return names;
}

describe("a place is given", () => {
  it.each<[string, readonly KnownAttempt[], number | undefined, readonly string[]]>([
    ["to whoever asks, where there is one", [asks("a", 1)], 1, ["a"]],
    ["to nobody who does not ask", [attempt("a"), attempt("b", { phase: "waiting-for-approval" })], 2, []],
    ["to whoever asked first", [asks("a", 2), asks("b", 1), asks("c", 3)], 2, ["b", "a"]],
    ["by name, of those who asked in the same second", [asks("b", 1), asks("a", 1), asks("c", 1, { namespace: "cade" })], 2, ["c", "a"]],
    ["first to one that has begun", [asks("a", 1), asks("b", 2, { begun: true })], 1, ["b"]],
    ["not while others have all of them", [asks("a", 1), has("b", { phase: "rolling", begun: true })], 1, []],
    [
      "not while one that has one waits for its window, or for people in the middle",
      [asks("a", 1), has("b", { phase: "waiting-for-window" })],
      1,
      [],
    ],
    ["when the one that had it has ended", [asks("a", 1), has("b", { phase: "proven", begun: true })], 1, ["a"]],
    ["not twice", [asks("a", 1, { place: true })], 2, []],
    ["not to one that has ended", [asks("a", 1, { phase: "cancelled" })], 2, []],
    ["to all, where the policy has no limit", [asks("a", 1), asks("b", 1)], undefined, ["a", "b"]],
    ["not beyond a limit that was lowered", [asks("a", 1), has("b"), has("c")], 1, []],
    ["to one of a policy that is gone", [asks("a", 1, { policyName: "gone" })], 1, ["a"]],
    ["to none that was made by hand: it needs none", [asks("a", 1, { policyName: undefined })], 1, []],
    ["whatever those of another policy have", [asks("a", 1), has("b", { policyName: "other" })], 1, ["a"]],
  ])("%s", (_, attempts, maxConcurrent, names) => {
    expect(given(attempts, maxConcurrent)).toEqual(names);
  });

  it("not while nobody knows how many the policy allows", () => {
    expect(given([asks("a", 1, { policyName: "broken" })], 1, ["broken"])).toEqual([]);
  });
});

it("those of a run that has ended mean nothing for the next", () => {
  expect(placeFor(undefined)).toBe("made");
  expect(placeFor(Date.parse("2026-03-01T10:00:00Z"))).toBe("2026-03-01T10:00:00.000Z");
});

it.each([
  [[], undefined],
  [["b", "a"], "demo/a, demo/b"],
  [["c", "b", "a"], "demo/a, demo/b, demo/c"],
  [["e", "d", "c", "b", "a"], "demo/a, demo/b, demo/c and 2 more"],
])("who has places, of %j: %s", (names, words) => {
  expect(holdersInWords(names.map((name) => has(name)))).toBe(words);
});

it("however attempts ask and end, no policy ever has more than it allows, and none asks in vain while there is a place", () => {
  const step = fc.record({ name: fc.constantFrom("a", "b", "c", "d", "e"), event: fc.constantFrom("ask", "begin", "end", "retry") });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), (steps, maxConcurrent) => {
      const attempts = new Map<string, KnownAttempt>();
      for (const [second, { name, event }] of steps.entries()) {
        const before = attempts.get(name) ?? attempt(name);
        const after: Record<typeof event, KnownAttempt> = {
          ask: before.place || before.phase === "timed-out" ? before : { ...before, askedAt: before.askedAt ?? second },
          begin: before.place && before.phase !== "timed-out" ? { ...before, phase: "rolling", begun: true } : before,
          end: { ...before, phase: "timed-out" },
          retry: before.phase === "timed-out" ? asks(name, second, { begun: before.begun }) : before,
        };
        attempts.set(name, after[event]);
        const all = [...attempts.values()];
        const now = placesToGive({ policies: [upgradePolicy("p", { maxConcurrent })], unreadable: new Set(), attempts: all });
        for (const each of now) attempts.set(each.name, { ...each, place: true, askedAt: undefined });
        const taken = placesOf("p", [...attempts.values()]).length;
        expect(taken).toBeLessThanOrEqual(maxConcurrent);
        const waiting = [...attempts.values()].filter(
          ({ askedAt, place, phase }) => askedAt !== undefined && !place && phase === "planning",
        );
        if (taken < maxConcurrent) expect(waiting).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});
