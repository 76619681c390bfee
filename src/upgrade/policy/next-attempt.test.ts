import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AttemptPhase } from "../attempt/attempt-types.ts";
import { isEnd } from "../attempt/attempt-phases.ts";
import { attemptSettings, policyCluster, upgradePolicy } from "../testing/policies.ts";
import { attemptName } from "./attempt-name.ts";
import type { KnownAttempt } from "./known-attempt.ts";
import { nextAttempts, openInTurn, type NextAttempt, type NextAttemptInput } from "./next-attempt.ts";
import type { Release } from "./release.ts";
import type { UpgradePolicy } from "./upgrade-policy.ts";

const NOW = Date.parse("2026-03-01T00:00:00Z");
const HOUR = 3_600_000;

function releases(...versions: readonly string[]): readonly Release[] {
  return versions.map((version) => ({
    version,
    releasedAt: NOW - 100 * 24 * HOUR,
    endOfLifeAt: undefined,
    images: [],
    withdrawn: undefined,
  }));
}

const CATALOG = releases("v1.34.2", "v1.35.2", "v1.36.0");

function attempt(more: Partial<KnownAttempt> = {}): KnownAttempt {
  return {
    namespace: "demo",
    name: "c1-v1.35.2",
    clusterName: "c1",
    policyName: "p",
    target: "v1.35.2",
    createdAt: NOW - HOUR,
    phase: "planning",
    begun: false,
    finishedAt: undefined,
    place: true,
    askedAt: undefined,
    ...more,
  };
}

const POLICY = upgradePolicy("p");

function decide(more: Partial<NextAttemptInput> & { readonly policy?: Partial<UpgradePolicy> } = {}): readonly NextAttempt[] {
  const policies = [{ ...POLICY, ...more.policy }];
  return nextAttempts({ policies, clusters: [policyCluster()], attempts: [], releases: new Map([["p", CATALOG]]), now: NOW, ...more }).map(
    ({ next }) => next,
  );
}

function told(next: NextAttempt | undefined): string {
  switch (next?.kind) {
    case "begin":
      return `begin ${next.name}`;
    case "supersede":
      return `supersede ${next.attempt.name} by ${next.by ?? "nothing"}`;
    case "nothing":
      return next.reason;
    default:
      return "?";
  }
}

describe("a cluster", () => {
  it("is begun, with the settings of its policy", () => {
    const [next] = decide();
    expect(next).toEqual({
      kind: "begin",
      name: "c1-v1.35.2",
      policyName: "p",
      target: "v1.35.2",
      via: [],
      settings: POLICY.settings,
      place: true,
      why: "v1.35.2 is the newest eligible patch of v1.35, at most one minor behind the newest, released 2025-11-21.",
    });
  });

  it.each<readonly [what: string, more: Parameters<typeof decide>[0], expected: string]>([
    ["that no policy selects", { policies: [] }, "NoPolicy"],
    ["that is being deleted", { clusters: [policyCluster("c1", { deleting: true })] }, "ClusterDeleting"],
    ["that is paused", { clusters: [policyCluster("c1", { paused: true })] }, "ClusterPaused"],
    ["that is being created", { clusters: [policyCluster("c1", { initialized: false })] }, "ClusterNotInitialized"],
    ["that tells no version", { clusters: [policyCluster("c1", { version: undefined })] }, "ClusterVersionUnknown"],
    ["whose policy is suspended", { policy: { suspended: true } }, "Suspended"],
    ["whose catalog is not there", { releases: new Map() }, "CatalogMissing"],
    ["that is where it should be", { clusters: [policyCluster("c1", { version: "v1.35.2" })] }, "UpToDate"],
    ["with an attempt under way", { attempts: [attempt({ begun: true, phase: "rolling" })] }, "UnderWay"],
    ["with an attempt that nobody has looked at", { attempts: [attempt({ phase: undefined })] }, "UnderWay"],
    ["with one by hand", { attempts: [attempt({ policyName: undefined, target: "v1.34.9" })] }, "UnderWay"],
    ["with one of another policy that has begun", { attempts: [attempt({ policyName: "q", target: "v1.34.9", begun: true })] }, "UnderWay"],
    ["of the same name in another namespace", { attempts: [attempt({ namespace: "other" })] }, "begin c1-v1.35.2"],
    ["whose target moved before anything was written", { attempts: [attempt({ target: "v1.35.1", name: "a" })] }, "supersede a by v1.35.2"],
    [
      "whose target moved, waiting for approval",
      { attempts: [attempt({ target: "v1.35.1", name: "a", phase: "waiting-for-approval" })] },
      "supersede a by v1.35.2",
    ],
    ["whose target moved after something was written", { attempts: [attempt({ target: "v1.35.1", begun: true })] }, "UnderWay"],
    [
      "whose target moved while its policy is suspended",
      { attempts: [attempt({ target: "v1.35.1" })], policy: { suspended: true } },
      "UnderWay",
    ],
    [
      "that follows another policy now, which leads elsewhere",
      { attempts: [attempt({ target: "v1.36.0", policyName: "q", name: "a" })] },
      "supersede a by v1.35.2",
    ],
    [
      "whose target is avoided now",
      { attempts: [attempt({ name: "a" })], policy: { target: { ...POLICY.target, avoid: ["v1.35"] } } },
      "supersede a by nothing",
    ],
    ["that got there meanwhile", { attempts: [attempt()], clusters: [policyCluster("c1", { version: "v1.35.2" })] }, "UnderWay"],
    [
      "whose version cannot be told just now",
      { attempts: [attempt()], clusters: [policyCluster("c1", { version: undefined })] },
      "UnderWay",
    ],
    ["whose attempt was superseded", { attempts: [attempt({ phase: "superseded", target: "v1.35.1" })] }, "begin c1-v1.35.2-2"],
    ["whose attempt was superseded, and back again", { attempts: [attempt({ phase: "superseded" })] }, "begin c1-v1.35.2-2"],
    ["whose attempt was refused", { attempts: [attempt({ phase: "refused" })] }, "EndedBadly"],
    ["whose attempt by hand timed out", { attempts: [attempt({ phase: "timed-out", policyName: undefined })] }, "EndedBadly"],
    ["whose attempt was cancelled", { attempts: [attempt({ phase: "cancelled" })] }, "EndedBadly"],
    [
      "whose attempt for another target was contradicted",
      { attempts: [attempt({ phase: "contradicted", target: "v1.35.1", name: "a" })] },
      "begin c1-v1.35.2",
    ],
    [
      "that was proven at another version",
      { attempts: [attempt({ phase: "proven", target: "v1.34.2", begun: true, finishedAt: NOW - 1 })] },
      "begin c1-v1.35.2-2",
    ],
  ])("%s", (_, more, expected) => {
    expect(decide(more).map(told)).toEqual([expected]);
  });

  it.each<readonly [what: string, finishedAt: number | undefined, begun: boolean, expected: string]>([
    ["an hour ago", NOW - HOUR, true, "TooSoon"],
    ["a day ago", NOW - 24 * HOUR, true, "begin c1-v1.35.2"],
    ["a millisecond less", NOW - 24 * HOUR + 1, true, "TooSoon"],
    ["without a write", NOW - HOUR, false, "begin c1-v1.35.2"],
    ["at an unknown time", undefined, true, "begin c1-v1.35.2"],
  ])("whose last upgrade ended %s, at an interval of a day", (_, finishedAt, begun, expected) => {
    const attempts = [
      attempt({ phase: "proven", target: "v1.34.2", name: "a", begun, finishedAt }),
      attempt({ phase: "proven", target: "v1.33.1", name: "b", begun: true, finishedAt: NOW - 90 * HOUR }),
    ];
    const [next] = decide({ attempts, policy: { minimumIntervalSeconds: 24 * 3_600 } });
    expect(told(next)).toBe(expected);
    if (next?.kind === "nothing") expect(next.lookAgainAt).toBe((finishedAt ?? 0) + 24 * HOUR);
  });

  it("looks again when a release comes of age", () => {
    const young = [{ ...CATALOG[1]!, releasedAt: NOW - HOUR }];
    const [next] = decide({
      releases: new Map([["p", young]]),
      policy: { target: { channel: { kind: "rapid" }, minimumAgeSeconds: 7_200, avoid: [] } },
    });
    expect(next).toMatchObject({ kind: "nothing", reason: "UpToDate", lookAgainAt: undefined });
    const [patch] = decide({
      releases: new Map([["p", [{ ...CATALOG[1]!, version: "v1.34.3", releasedAt: NOW - HOUR }]]]),
      policy: { target: { channel: { kind: "patch" }, minimumAgeSeconds: 7_200, avoid: [] } },
    });
    expect(patch).toMatchObject({ kind: "nothing", reason: "TooYoung", lookAgainAt: NOW + HOUR });
  });

  it.each<readonly [Partial<KnownAttempt>, string]>([
    [
      { phase: "timed-out" },
      "c1-v1.35.2 ended as timed-out on the way to v1.35.2; that is not begun again by itself, only a newer target is. Once its cause is mended: `capi-gitops retry c1 -n demo`.",
    ],
    [
      { phase: "cancelled" },
      "c1-v1.35.2 ended as cancelled on the way to v1.35.2; that is not begun again by itself, only a newer target is. Delete it to let the policy begin again.",
    ],
    [{ policyName: undefined }, "c1-v1.35.2, made by hand, is under way to v1.35.2."],
  ])("tells what to do: %j", (more, message) => {
    expect(decide({ attempts: [attempt(more)] })).toMatchObject([{ kind: "nothing", message }]);
  });

  it.each<readonly [what: string, more: Parameters<typeof decide>[0], kind: NextAttempt["kind"], message: string]>([
    ["no policy", { policies: [] }, "nothing", "No policy selects Cluster demo/c1."],
    ["deletion", { clusters: [policyCluster("c1", { deleting: true })] }, "nothing", "Cluster demo/c1 is being deleted."],
    ["suspension", { policy: { suspended: true } }, "nothing", "Policy p is suspended: it begins nothing."],
    [
      "a pause",
      { clusters: [policyCluster("c1", { paused: true })] },
      "nothing",
      "Cluster demo/c1 is paused: Cluster API does nothing to it.",
    ],
    ["a beginning", { clusters: [policyCluster("c1", { initialized: false })] }, "nothing", "Cluster demo/c1 is still being created."],
    ["no catalog", { releases: new Map() }, "nothing", "The catalog of policy p is not there yet, so no version is known."],
    ["what a policy began", { attempts: [attempt({ begun: true })] }, "nothing", "c1-v1.35.2 is under way to v1.35.2."],
    [
      "an interval",
      {
        attempts: [attempt({ phase: "proven", target: "v1.34.2", begun: true, finishedAt: NOW - HOUR })],
        policy: { minimumIntervalSeconds: 24 * 3_600 },
      },
      "nothing",
      "The last upgrade was less than the policy's minimum interval ago; the next is begun Sun 2026-03-01 23:00 (UTC).",
    ],
    [
      "a target that moved",
      { attempts: [attempt({ target: "v1.35.1", name: "a" })] },
      "supersede",
      "a has written nothing yet, and policy p leads to v1.35.2 now: v1.35.2 is the newest eligible patch of v1.35, at most one minor behind the newest, released 2025-11-21.",
    ],
    [
      "a target that is none any more",
      { attempts: [attempt({ name: "a" })], policy: { target: { ...POLICY.target, avoid: ["v1.35"] } } },
      "supersede",
      "a has written nothing yet, and policy p no longer leads to v1.35.2: The policy avoids v1.35.2.",
    ],
    [
      "one made by hand beside that of a policy",
      { attempts: [attempt({ name: "a" }), attempt({ name: "hand", policyName: undefined, target: "v1.34.9" })] },
      "supersede",
      "hand, made by hand, goes before a, which has written nothing yet.",
    ],
    [
      "one that has begun beside a newer one",
      { attempts: [attempt({ name: "a", createdAt: NOW }), attempt({ name: "first", begun: true, target: "v1.35.1" })] },
      "supersede",
      "first goes before a, which has written nothing yet.",
    ],
  ])("tells of %s", (_, more, kind, message) => {
    expect(decide(more)).toMatchObject([{ kind, message }]);
  });

  it("two made by hand are left to their turn", () => {
    const attempts = ["a", "b"].map((name) => attempt({ name, policyName: undefined, target: "v1.34.9" }));
    expect(decide({ attempts }).map(told)).toEqual(["UnderWay"]);
  });

  it("one that has begun is not superseded by another that has", () => {
    const attempts = ["a", "b"].map((name) => attempt({ name, begun: true }));
    expect(decide({ attempts }).map(told)).toEqual(["UnderWay"]);
  });
});

describe("several clusters", () => {
  const clusters = ["c3", "c1", "c2"].map((name) => policyCluster(name));
  it("are begun in the order of their names, as many at once as the policy says", () => {
    expect(decide({ clusters, policy: { maxConcurrent: 2 } }).map(told)).toEqual(["begin c1-v1.35.2", "begin c2-v1.35.2", "Concurrency"]);
    const underWay = attempt({ clusterName: "c3", name: "c3-v1.35.2", phase: "waiting-for-approval" });
    expect(decide({ clusters, attempts: [underWay], policy: { maxConcurrent: 2 } }).map(told)).toEqual([
      "begin c1-v1.35.2",
      "Concurrency",
      "UnderWay",
    ]);
    expect(decide({ clusters, attempts: [{ ...underWay, phase: "proven" }], policy: { maxConcurrent: 1 } }).map(told)).toEqual([
      "begin c1-v1.35.2",
      "Concurrency",
      "Concurrency",
    ]);
    expect(decide({ clusters, attempts: [{ ...underWay, policyName: undefined }], policy: { maxConcurrent: 1 } }).map(told)).toEqual([
      "begin c1-v1.35.2",
      "Concurrency",
      "UnderWay",
    ]);
  });
});

describe("of a policy that asks before the control plane", () => {
  const clusters = ["c1", "c2", "c3"].map((name) => policyCluster(name));
  const asking = (more: Partial<UpgradePolicy> = {}): Partial<UpgradePolicy> => ({
    settings: attemptSettings({ approval: ["control-plane"] }),
    ...more,
  });
  const places = (more: Parameters<typeof decide>[0]): readonly string[] =>
    decide(more).map((next) => (next.kind === "begin" ? `${next.name} ${next.place ? "has" : "asks for"} a place` : told(next)));

  it("all are made, and ask for a place once they are approved: one that nobody approves holds up none", () => {
    expect(places({ clusters, policy: asking({ maxConcurrent: 1 }) })).toEqual([
      "c1-v1.35.2 asks for a place",
      "c2-v1.35.2 asks for a place",
      "c3-v1.35.2 asks for a place",
    ]);
    const rolling = attempt({ clusterName: "c3", name: "c3-v1.35.2", phase: "rolling", begun: true });
    expect(places({ clusters, attempts: [rolling], policy: asking({ maxConcurrent: 1 }) })).toEqual([
      "c1-v1.35.2 asks for a place",
      "c2-v1.35.2 asks for a place",
      "UnderWay",
    ]);
  });

  it("without a limit there is nothing to ask for", () => {
    expect(places({ clusters: clusters.slice(0, 1), policy: asking() })).toEqual(["c1-v1.35.2 has a place"]);
  });

  it("one that is asked only before the workers begins at once, and needs its place for that", () => {
    const policy = { settings: attemptSettings({ approval: ["workers"] }), maxConcurrent: 1 };
    expect(places({ clusters, policy })).toEqual(["c1-v1.35.2 has a place", "Concurrency", "Concurrency"]);
  });

  it("one without a place takes none", () => {
    const waiting = attempt({ clusterName: "c1", phase: "waiting-for-approval", place: false });
    expect(places({ clusters: clusters.slice(0, 2), attempts: [waiting], policy: { maxConcurrent: 1 } })).toEqual([
      "UnderWay",
      "c2-v1.35.2 has a place",
    ]);
  });
});

describe("a cluster that finds no place", () => {
  const taker = (more: Partial<KnownAttempt> = {}, clusterName = "c3"): KnownAttempt =>
    attempt({ clusterName, name: `${clusterName}-v1.35.2`, phase: "waiting-for-approval", ...more });
  const message = (attempts: readonly KnownAttempt[], maxConcurrent: number): unknown => {
    const names = [...new Set(["c9", ...attempts.map(({ clusterName }) => clusterName)])];
    const last = decide({ clusters: names.map((name) => policyCluster(name)), attempts, policy: { maxConcurrent } }).at(-1);
    return last?.kind === "nothing" && last.reason === "Concurrency" ? last.message : last;
  };

  it.each<readonly [what: string, attempts: readonly KnownAttempt[], maxConcurrent: number, expected: string]>([
    ["of what rolls, the number", [taker({ phase: "rolling", begun: true })], 1, "1 of at most 1 cluster of policy p are under way."],
    [
      "of what waits for a window, the number",
      [taker({ phase: "waiting-for-window" })],
      1,
      "1 of at most 1 cluster of policy p are under way.",
    ],
    [
      "of what nobody approved, its name and what to type",
      [taker()],
      1,
      "1 of at most 1 cluster of policy p are under way, and keep their places while they wait: demo/c3-v1.35.2 waits for approval. `capi-gitops approve c3 -n demo` lets it go on, `cancel` gives its place to the next.",
    ],
    [
      "of what somebody paused before it began",
      [taker({ phase: "paused" })],
      1,
      "1 of at most 1 cluster of policy p are under way, and keep their places while they wait: demo/c3-v1.35.2 is paused. `capi-gitops resume c3 -n demo` lets it go on, `cancel` gives its place to the next.",
    ],
    [
      "of what waits for the approval of its workers, the number: it has begun",
      [taker({ begun: true })],
      1,
      "1 of at most 1 cluster of policy p are under way.",
    ],
    [
      "of three, each by name",
      ["c2", "c4", "c3"].map((name) => taker({}, name)),
      3,
      "3 of at most 3 clusters of policy p are under way, and keep their places while they wait: demo/c2-v1.35.2 waits for approval, demo/c3-v1.35.2 waits for approval, demo/c4-v1.35.2 waits for approval. `capi-gitops approve c2 -n demo` lets it go on, `cancel` gives its place to the next.",
    ],
    [
      "of several, the first three by name",
      ["c5", "c2", "c4", "c3"].map((name) => taker({}, name)),
      4,
      "4 of at most 4 clusters of policy p are under way, and keep their places while they wait: demo/c2-v1.35.2 waits for approval, demo/c3-v1.35.2 waits for approval, demo/c4-v1.35.2 waits for approval, 1 more wait for people. `capi-gitops approve c2 -n demo` lets it go on, `cancel` gives its place to the next.",
    ],
  ])("is told, %s", (_, attempts, maxConcurrent, expected) => {
    expect(message(attempts, maxConcurrent)).toBe(expected);
    expect(message(attempts.toReversed(), maxConcurrent)).toBe(expected);
  });

  it("gets the place of one that is cancelled", () => {
    const clusters = ["c3", "c9"].map((name) => policyCluster(name));
    expect(decide({ clusters, attempts: [taker({ phase: "cancelled" })], policy: { maxConcurrent: 1 } }).map(told)).toEqual([
      "EndedBadly",
      "begin c9-v1.35.2",
    ]);
  });
});

describe("of open attempts of one cluster", () => {
  it("only the first in turn may write", () => {
    const attempts = [
      attempt({ name: "ended", phase: "proven", begun: true }),
      attempt({ name: "d-young", createdAt: 9 }),
      attempt({ name: "b-old", createdAt: 1 }),
      attempt({ name: "a-old", createdAt: 1 }),
      attempt({ name: "by hand", policyName: undefined, createdAt: 10 }),
      attempt({ name: "begun", begun: true, createdAt: 11 }),
    ];
    expect(openInTurn(attempts).map(({ name }) => name)).toEqual(["begun", "by hand", "a-old", "b-old", "d-young"]);
  });
});

describe("names of attempts", () => {
  it.each([
    ["demo", "v1.35.2", [], "demo-v1.35.2"],
    ["demo", "v1.35.2", ["demo-v1.35.2"], "demo-v1.35.2-2"],
    ["demo", "v1.35.2", ["demo-v1.35.2", "demo-v1.35.2-2"], "demo-v1.35.2-3"],
    ["demo", "v1.35.2+RKE2r1", [], "demo-v1.35.2-rke2r1"],
  ])("%s, %s, besides %j: %s", (clusterName, target, taken, expected) => {
    expect(attemptName(clusterName, target, new Set(taken))).toBe(expected);
  });

  it("of long clusters are names that Kubernetes takes, and tell them apart", () => {
    const [a, b] = ["a", "b"].map((last) => attemptName(`${"long-name.".repeat(20)}${last}`, "v1.35.2+rke2r1", new Set()));
    expect(a).not.toBe(b);
    for (const name of [a, b]) expect(name).toMatch(/^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])$/);
  });
});

describe("for any state", () => {
  const words = (next: NextAttempt): string => (next.kind === "nothing" && next.reason === "Concurrency" ? next.message : next.kind);
  const PHASES: readonly (AttemptPhase | undefined)[] = [
    undefined,
    "planning",
    "waiting-for-window",
    "waiting-for-approval",
    "paused",
    "rolling",
    "proven",
    "cancelled",
    "superseded",
    "refused",
    "timed-out",
  ];
  const state = fc.record({
    clusters: fc.uniqueArray(fc.constantFrom("c1", "c2", "c3", "c4"), { minLength: 1 }),
    attempts: fc.uniqueArray(
      fc.record({
        clusterName: fc.constantFrom("c1", "c2", "c3", "c4"),
        target: fc.constantFrom("v1.35.1", "v1.35.2", "v1.36.0"),
        phase: fc.constantFrom(...PHASES),
        policyName: fc.constantFrom("p", "q", undefined),
        begun: fc.boolean(),
        place: fc.boolean(),
        finishedAt: fc.constantFrom(undefined, NOW - HOUR, NOW - 100 * HOUR),
      }),
      { maxLength: 6, selector: ({ clusterName, target }) => `${clusterName}-${target}` },
    ),
    maxConcurrent: fc.constantFrom(undefined, 1, 2),
    suspended: fc.boolean(),
  });

  it("at most one attempt of a cluster is open, never more of a policy than it allows, and the order of what is given does not matter", () => {
    fc.assert(
      fc.property(state, ({ clusters, attempts, maxConcurrent, suspended }) => {
        const policies = [upgradePolicy("p", { maxConcurrent, suspended, minimumIntervalSeconds: 7_200 })];
        const known = attempts.map((each) => attempt({ ...each, name: `${each.clusterName}-${each.target}` }));
        const input: NextAttemptInput = {
          policies,
          clusters: clusters.map((name) => policyCluster(name)),
          attempts: known,
          releases: new Map([["p", CATALOG]]),
          now: NOW,
        };
        const verdicts = nextAttempts(input);
        expect(
          nextAttempts({ ...input, clusters: input.clusters.toReversed(), attempts: known.toReversed() }).map(({ next }) => words(next)),
        ).toEqual(verdicts.map(({ next }) => words(next)));
        const begun = verdicts.filter(({ next }) => next.kind === "begin");
        for (const { assignment, next } of begun) {
          const own = known.filter(({ clusterName }) => clusterName === assignment.cluster.name);
          expect(own.every(({ phase }) => isEnd(phase))).toBe(true);
          expect(own.some(({ target, phase }) => target === "v1.35.2" && ["refused", "timed-out", "cancelled"].includes(phase ?? ""))).toBe(
            false,
          );
          expect(own.some((each) => next.kind === "begin" && each.name === next.name)).toBe(false);
        }
        if (suspended) expect(begun).toEqual([]);
        const open = known.filter(({ policyName, phase, place }) => policyName === "p" && place && !isEnd(phase)).length;
        if (begun.length > 0 && maxConcurrent !== undefined) expect(open + begun.length).toBeLessThanOrEqual(maxConcurrent);
        for (const { next } of verdicts) if (next.kind === "supersede") expect(next.attempt).toMatchObject({ begun: false });
      }),
      { numRuns: 500 },
    );
  });
});
