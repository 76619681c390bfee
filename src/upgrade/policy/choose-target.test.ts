import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareVersions, parseVersion, versionOf } from "../kubernetes-version.ts";
import { chooseTarget, type TargetChoice, type TargetInput } from "./choose-target.ts";
import type { Release } from "./release.ts";
import type { TargetRule } from "./upgrade-policy.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-03-01T00:00:00Z");

function release(version: string, ageDays: number | "unknown" = 100, more: Partial<Release> = {}): Release {
  return {
    version,
    releasedAt: ageDays === "unknown" ? undefined : NOW - ageDays * DAY,
    endOfLifeAt: undefined,
    images: [],
    withdrawn: undefined,
    ...more,
  };
}

function rule(channel: "patch" | "stable" | "rapid" | `v${string}`, more: Partial<TargetRule> = {}): TargetRule {
  const kind = channel.startsWith("v") ? { kind: "pinned" as const, version: channel } : { kind: channel as "patch" | "stable" | "rapid" };
  return { channel: kind, minimumAgeSeconds: 3 * 86_400, avoid: [], ...more };
}

function choose(
  clusterVersion: string | undefined,
  given: TargetRule,
  releases: readonly (string | Release)[],
  more: Partial<TargetInput> = {},
): TargetChoice {
  const known = releases.map((each) => (typeof each === "string" ? release(each) : each));
  return chooseTarget({
    rule: given,
    releases: known,
    clusterVersion,
    classVersions: undefined,
    templateKinds: ["AWSMachineTemplate"],
    now: NOW,
    ...more,
  });
}

function imageless(version: string, templateKind = "AWSMachineTemplate"): Release {
  return { ...release(version), missingImages: [{ templateKind, why: "no source lists one" }] };
}

function told(choice: TargetChoice): string {
  return choice.kind === "none" ? choice.reason : [...choice.via, choice.version].join(" → ");
}

describe("channels", () => {
  // https://learn.microsoft.com/azure/aks/auto-upgrade-cluster: "if a cluster is running version 1.17.7, and versions 1.17.9, 1.18.4, 1.18.6, and 1.19.1 are available".
  const AKS = ["v1.17.7", "v1.17.9", "v1.18.4", "v1.18.6", "v1.19.1"];
  // Kubernetes in spring 2026, in no order.
  const TODAY = ["v1.36.1", "v1.33.9", "v1.35.0", "v1.35.4", "v1.34.2", "v1.34.10", "v1.34.9", "v1.36.0"];
  const cases: readonly (readonly [
    channel: Parameters<typeof rule>[0],
    from: string,
    releases: readonly (string | Release)[],
    expected: string,
  ])[] = [
    ["patch", "v1.17.7", AKS, "v1.17.9"],
    ["stable", "v1.17.7", AKS, "v1.18.6"],
    // AKS goes to 1.18.6 first and to 1.19.1 after; one attempt of ours goes both ways.
    ["rapid", "v1.17.7", AKS, "v1.18.6 → v1.19.1"],
    ["stable", "v1.18.6", AKS, "UpToDate"],
    ["rapid", "v1.18.6", AKS, "v1.19.1"],
    ["rapid", "v1.19.1", AKS, "UpToDate"],
    // A cluster that is ahead of the channel gets patches, as in GKE's channels: never an older minor.
    ["stable", "v1.19.0", AKS, "v1.19.1"],
    ["stable", "v1.19.1", AKS, "UpToDate"],
    ["patch", "v1.34.2", TODAY, "v1.34.10"],
    ["stable", "v1.34.2", TODAY, "v1.35.4"],
    ["rapid", "v1.34.2", TODAY, "v1.35.4 → v1.36.1"],
    ["stable", "v1.33.9", TODAY, "v1.34.10 → v1.35.4"],
    ["rapid", "v1.33.9", TODAY, "v1.34.10 → v1.35.4 → v1.36.1"],
    ["patch", "v1.34.11", TODAY, "UpToDate"],
    ["rapid", "v1.37.0", TODAY, "UpToDate"],
    ["patch", "v1.36.0-rc.1", TODAY, "v1.36.1"],
    ["v1.35.0", "v1.34.2", TODAY, "v1.35.0"],
    ["v1.36.0", "v1.34.2", TODAY, "v1.35.4 → v1.36.0"],
    ["v1.34.5", "v1.34.2", [], "v1.34.5"],
    ["v1.36.0-rc.1", "v1.35.4", TODAY, "v1.36.0-rc.1"],
    ["v1.34.2", "v1.34.2", TODAY, "UpToDate"],
    ["v1.34.2", "v1.34.9", TODAY, "PinnedOlder"],
    ["v1.36.0", "v1.33.0", ["v1.35.4", "v1.36.0"], "MinorMissing"],
    ["v1.35", "v1.34.2", TODAY, "InvalidPin"],
    ["v2.35.1", "v1.34.2", TODAY, "InvalidPin"],
    ["patch", "v1.34.2", [], "UpToDate"],
    ["rapid", "v1.34.2", ["v1.36.1", "latest"], "MinorMissing"],
    // As far as it goes.
    ["rapid", "v1.33.2", ["v1.34.1", "v1.36.1"], "v1.34.1"],
  ];
  it.each(cases)("%s of %s, with %j: %s", (channel, from, releases, expected) => {
    expect(told(choose(from, rule(channel), releases))).toBe(expected);
  });

  it("tells why", () => {
    expect(choose("v1.34.2", rule("stable"), TODAY)).toMatchObject({
      why: "v1.35.4 is the newest eligible patch of v1.35, at most one minor behind the newest, released 2025-11-21.",
    });
    expect(choose("v1.33.2", rule("rapid"), ["v1.34.1", "v1.36.1"])).toMatchObject({
      why: "v1.34.1 is the newest eligible patch of v1.34, released 2025-11-21; v1.36, which the channel leads to, cannot be reached.",
    });
    expect(choose("v1.34.2", rule("patch"), TODAY)).toMatchObject({ why: "v1.34.10 is the newest patch of v1.34, released 2025-11-21." });
    expect(choose("v1.34.2", rule("v1.34.5"), TODAY)).toMatchObject({ why: "v1.34.5 is pinned by the policy." });
  });

  it.each([[undefined], ["latest"]])("waits for the cluster's own version: %s", (version) => {
    expect(told(choose(version, rule("rapid"), TODAY))).toBe("ClusterVersionUnknown");
  });
});

describe("what is not gone to", () => {
  const cases: readonly (readonly [
    what: string,
    channel: Parameters<typeof rule>[0],
    from: string,
    more: Partial<TargetRule>,
    releases: readonly (string | Release)[],
    classVersions: readonly string[] | undefined,
    expected: string,
  ])[] = [
    ["too young", "patch", "v1.34.1", {}, [release("v1.34.2", 2)], undefined, "TooYoung"],
    ["old enough to the millisecond", "patch", "v1.34.1", {}, [release("v1.34.2", 3)], undefined, "v1.34.2"],
    ["too young, and an older one is there", "patch", "v1.34.1", {}, [release("v1.34.3", 2), "v1.34.2"], undefined, "v1.34.2"],
    ["a newest minor that is too young is none yet", "rapid", "v1.34.1", {}, ["v1.35.1", release("v1.36.0", 1)], undefined, "v1.35.1"],
    [
      "and does not make the one before it stable",
      "stable",
      "v1.34.1",
      {},
      ["v1.34.2", "v1.35.1", release("v1.36.0", 1)],
      undefined,
      "v1.34.2",
    ],
    ["a minor on the way that is too young", "v1.36.0", "v1.34.1", {}, [release("v1.35.0", 1), "v1.36.0"], undefined, "TooYoung"],
    ["a pin needs no age", "v1.34.2", "v1.34.1", {}, [release("v1.34.2", 0)], undefined, "v1.34.2"],
    ["of unknown age", "patch", "v1.34.1", {}, [release("v1.34.2", "unknown")], undefined, "AgeUnknown"],
    [
      "of unknown age, where age does not matter",
      "patch",
      "v1.34.1",
      { minimumAgeSeconds: 0 },
      [release("v1.34.2", "unknown")],
      undefined,
      "v1.34.2",
    ],
    ["avoided", "patch", "v1.34.1", { avoid: ["v1.34.2"] }, ["v1.34.2"], undefined, "Avoided"],
    ["avoided, and another", "patch", "v1.34.1", { avoid: ["v1.34.3"] }, ["v1.34.2", "v1.34.3"], undefined, "v1.34.2"],
    ["a minor that is avoided, at the end", "rapid", "v1.34.1", { avoid: ["v1.36"] }, ["v1.35.1", "v1.36.0"], undefined, "v1.35.1"],
    ["a minor that is avoided, on the way", "rapid", "v1.34.1", { avoid: ["v1.35"] }, ["v1.35.1", "v1.36.0"], undefined, "Avoided"],
    [
      "a minor that is avoided still is the newest",
      "stable",
      "v1.34.1",
      { avoid: ["v1.36"] },
      ["v1.35.1", "v1.36.0"],
      undefined,
      "v1.35.1",
    ],
    [
      "a vendor's builds of a version that is avoided",
      "patch",
      "v1.34.1+rke2r1",
      { avoid: ["v1.34.2"] },
      ["v1.34.2+rke2r1", "v1.34.2+rke2r2"],
      undefined,
      "Avoided",
    ],
    [
      "one build that is avoided, and another",
      "patch",
      "v1.34.1+rke2r1",
      { avoid: ["v1.34.2+rke2r2"] },
      ["v1.34.2+rke2r2", "v1.34.3+rke2r1"],
      undefined,
      "v1.34.3+rke2r1",
    ],
    ["another major version", "rapid", "v1.34.1", {}, ["v2.34.2", "v2.35.0"], undefined, "UpToDate"],
    [
      "a vendor who names itself in the version",
      "patch",
      "v1.34.1-eks-1abc",
      {},
      ["v1.34.9", "v1.34.2-eks-22def", "v1.34.3-gke.1"],
      undefined,
      "v1.34.2-eks-22def",
    ],
    ["builds of the same vendor, whatever their numbers", "patch", "v1.34.1+rke2r9", {}, ["v1.34.2+rke2r10"], undefined, "v1.34.2+rke2r10"],
    ["v1.3 avoids no v1.34", "patch", "v1.34.1", { avoid: ["v1.3", "v1.34.20"] }, ["v1.34.2"], undefined, "v1.34.2"],
    ["an avoided pin", "v1.34.2", "v1.34.1", { avoid: ["v1.34.2"] }, ["v1.34.2"], undefined, "Avoided"],
    ["withdrawn", "patch", "v1.34.1", {}, [release("v1.34.2", 50, { withdrawn: "etcd data loss" })], undefined, "Withdrawn"],
    [
      "a withdrawn newest minor is none",
      "stable",
      "v1.34.1",
      {},
      ["v1.34.2", "v1.35.0", release("v1.36.0", 50, { withdrawn: "bad" })],
      undefined,
      "v1.34.2",
    ],
    ["a withdrawn pin", "v1.34.2", "v1.34.1", {}, [release("v1.34.2", 50, { withdrawn: "etcd data loss" })], undefined, "Withdrawn"],
    [
      "two things at once: the one that passes first",
      "patch",
      "v1.34.1",
      { avoid: ["v1.34.2"] },
      [release("v1.34.2", 1)],
      undefined,
      "TooYoung",
    ],
    ["not in the class", "patch", "v1.34.1", {}, ["v1.34.2"], ["v1.34.1"], "NotInClusterClass"],
    ["the newest that the class has", "patch", "v1.34.1", {}, ["v1.34.2", "v1.34.3"], ["v1.34.1", "v1.34.2"], "v1.34.2"],
    ["a pin that the class has not", "v1.34.3", "v1.34.1", {}, ["v1.34.3"], ["v1.34.1", "v1.34.2"], "NotInClusterClass"],
    [
      "a class is walked by its last of each minor",
      "rapid",
      "v1.34.1",
      {},
      ["v1.35.1", "v1.35.2", "v1.36.0"],
      ["v1.34.1", "v1.35.1", "v1.35.2", "v1.36.0"],
      "v1.35.2 → v1.36.0",
    ],
    [
      "which then must be eligible",
      "rapid",
      "v1.34.1",
      { avoid: ["v1.35.2"] },
      ["v1.35.1", "v1.35.2", "v1.36.0"],
      ["v1.34.1", "v1.35.1", "v1.35.2", "v1.36.0"],
      "Avoided",
    ],
    ["a minor that the class leaves out", "rapid", "v1.34.1", {}, ["v1.35.1", "v1.36.0"], ["v1.34.1", "v1.36.0"], "NotInClusterClass"],
    ["another vendor's builds", "patch", "v1.34.1", {}, ["v1.34.2+rke2r1", "v1.34.3-eks-abc123", "v1.34.4-rc.1"], undefined, "UpToDate"],
    [
      "upstream's, for a vendor's cluster",
      "patch",
      "v1.34.1+rke2r1",
      {},
      ["v1.34.3", "v1.34.2+rke2r2", "v1.34.2+k3s1"],
      undefined,
      "v1.34.2+rke2r2",
    ],
    [
      "another build of the same version, of which nobody can tell that it is newer",
      "patch",
      "v1.34.1+rke2r1",
      {},
      ["v1.34.1+rke2r2"],
      undefined,
      "UpToDate",
    ],
    [
      "a minor that gets no patches any more, at the end",
      "rapid",
      "v1.34.1",
      {},
      ["v1.34.2", release("v1.35.1", 300, { endOfLifeAt: NOW - DAY })],
      undefined,
      "v1.34.2",
    ],
    [
      "such a minor on the way",
      "rapid",
      "v1.34.1",
      {},
      [release("v1.35.1", 300, { endOfLifeAt: NOW - DAY }), "v1.36.0"],
      undefined,
      "v1.35.1 → v1.36.0",
    ],
    [
      "a version without an image, where an older one has it",
      "patch",
      "v1.34.1",
      {},
      ["v1.34.2", imageless("v1.34.3")],
      undefined,
      "v1.34.2",
    ],
    [
      "a version without an image for another kind",
      "patch",
      "v1.34.1",
      {},
      [imageless("v1.34.2", "DockerMachineTemplate")],
      undefined,
      "v1.34.2",
    ],
    ["one minor behind the newest, which has no image", "stable", "v1.34.1", {}, ["v1.35.0", imageless("v1.36.0")], undefined, "v1.35.0"],
    ["such a minor, pinned", "v1.35.1", "v1.34.1", {}, [release("v1.35.1", 300, { endOfLifeAt: NOW - DAY })], undefined, "v1.35.1"],
    ["a patch of such a minor", "patch", "v1.34.1", {}, [release("v1.34.2", 300, { endOfLifeAt: NOW - DAY })], undefined, "v1.34.2"],
  ];
  it.each(cases)("%s", (_, channel, from, more, releases, classVersions, expected) => {
    expect(told(choose(from, rule(channel, more), releases, { classVersions }))).toBe(expected);
  });

  it.each<readonly [string, () => TargetChoice, string]>([
    [
      "an image",
      () => choose("v1.34.1", rule("patch"), [imageless("v1.34.2")]),
      "v1.34.2 has no machine image for AWSMachineTemplate, and the catalog says that one must exist: no source lists one. Make the image, or list it in the catalog.",
    ],
    [
      "an image of a pinned version",
      () => choose("v1.34.1", rule("v1.34.2"), [imageless("v1.34.2")]),
      "v1.34.2 has no machine image for AWSMachineTemplate, and the catalog says that one must exist: no source lists one. Make the image, or list it in the catalog.",
    ],
    [
      "an image on the way",
      () => choose("v1.34.1", rule("rapid"), [imageless("v1.35.0"), "v1.36.0"]),
      "v1.35.0 has no machine image for AWSMachineTemplate, and the catalog says that one must exist: no source lists one. Make the image, or list it in the catalog.",
    ],
    [
      "age",
      () => choose("v1.34.1", rule("patch"), [release("v1.34.2", 2)]),
      "v1.34.2 is younger than the 3 days that the policy asks for; there will be a target at 2026-03-02T00:00:00.000Z.",
    ],
    [
      "age on the way",
      () => choose("v1.34.1", rule("v1.36.0"), [release("v1.35.0", 1), "v1.36.0"]),
      "v1.35.0 is younger than the 3 days that the policy asks for; there will be a target at 2026-03-03T00:00:00.000Z.",
    ],
    [
      "no age",
      () => choose("v1.34.1", rule("patch"), [release("v1.34.2", "unknown")]),
      "No source tells when v1.34.2 was released, and the policy asks for an age. Add its date to the catalog.",
    ],
    [
      "a withdrawal",
      () => choose("v1.34.1", rule("patch"), [release("v1.34.2", 9, { withdrawn: "etcd data loss" })]),
      "v1.34.2 was withdrawn: etcd data loss.",
    ],
    ["avoidance", () => choose("v1.34.1", rule("patch", { avoid: ["v1.34"] }), ["v1.34.2"]), "The policy avoids v1.34.2."],
    [
      "the class",
      () => choose("v1.34.1", rule("patch"), ["v1.34.2"], { classVersions: ["v1.34.0", "v1.34.1"] }),
      "The cluster is at v1.34.1; v1.34.2 is not in spec.kubernetesVersions of its ClusterClass (v1.34.0 and v1.34.1). Add it there.",
    ],
    [
      "a gap",
      () => choose("v1.34.1", rule("rapid"), ["v1.36.1"]),
      "The way from v1.34.1 leads through v1.35, of which no eligible version is known.",
    ],
    [
      "a minor without patches",
      () => choose("v1.34.2", rule("patch"), [release("v1.34.2", 300, { endOfLifeAt: NOW - DAY })]),
      "The cluster is at v1.34.2, the newest that channel patch gives. v1.34 has got no patches since 2026-02-28: go to a newer minor by another channel.",
    ],
    ["nothing to do", () => choose("v1.34.2", rule("v1.34.2"), []), "The cluster is at v1.34.2, which the policy pins."],
    [
      "a withdrawal, where others were withdrawn for other reasons",
      () =>
        choose("v1.34.2", rule("patch"), [
          release("v1.34.1", 20, { withdrawn: "older" }),
          release("v1.34.3", 9, { withdrawn: "etcd data loss" }),
        ]),
      "v1.34.3 was withdrawn: etcd data loss.",
    ],
    [
      "an age in days and their tenths",
      () => choose("v1.34.1", rule("patch", { minimumAgeSeconds: 36 * 3_600 }), [release("v1.34.2", 1)]),
      "v1.34.2 is younger than the 1.5 days that the policy asks for; there will be a target at 2026-03-01T12:00:00.000Z.",
    ],
    [
      "an age, the first of several",
      () =>
        choose("v1.34.1", rule("patch"), [
          release("v1.34.4", 0.5),
          release("v1.34.3", 1),
          release("v1.34.2", 2),
          release("v1.34.5", "unknown"),
        ]),
      "v1.34.4 is younger than the 3 days that the policy asks for; there will be a target at 2026-03-02T00:00:00.000Z.",
    ],
    ["no version", () => choose(undefined, rule("patch"), ["v1.34.2"]), "The cluster tells no version yet (none)."],
    ["what is no version", () => choose("latest", rule("patch"), ["v1.34.2"]), "The cluster tells no version yet (latest)."],
    ["a pin that is none", () => choose("v1.34.1", rule("v1.35"), []), 'The policy pins "v1.35", which is no version such as v1.35.2.'],
    [
      "a pin of another major",
      () => choose("v1.34.1", rule("v2.0.0"), []),
      "The policy pins v2.0.0, of another major version than v1.34.1.",
    ],
    [
      "a pin that is older",
      () => choose("v1.34.1", rule("v1.33.0"), []),
      "The policy pins v1.33.0, and the cluster is at v1.34.1: a control plane cannot go back.",
    ],
    ["the newest", () => choose("v1.36.1", rule("rapid"), ["v1.36.1"]), "The cluster is at v1.36.1, the newest that channel rapid gives."],
    [
      "a minor that gets patches yet, by the date of one of its releases",
      () =>
        choose("v1.34.2", rule("patch"), [
          release("v1.34.1", 300, { endOfLifeAt: NOW - DAY }),
          release("v1.34.2", 200, { endOfLifeAt: NOW + DAY }),
          release("v1.33.9", 300, { endOfLifeAt: NOW - 90 * DAY }),
        ]),
      "The cluster is at v1.34.2, the newest that channel patch gives.",
    ],
    [
      "a minor that has got none since this very moment, whatever becomes of others",
      () =>
        choose("v1.34.2", rule("patch"), [
          release("v1.34.2", 200, { endOfLifeAt: NOW }),
          release("v1.33.9", 300, { endOfLifeAt: NOW - 90 * DAY }),
          release("v1.35.0", 3, { endOfLifeAt: NOW + 300 * DAY }),
          "latest",
        ]),
      "The cluster is at v1.34.2, the newest that channel patch gives. v1.34 has got no patches since 2026-03-01: go to a newer minor by another channel.",
    ],
    [
      "a gap on the way to a pin",
      () => choose("v1.34.1", rule("v1.36.0"), ["v1.36.0"]),
      "The way from v1.34.1 leads through v1.35, of which no eligible version is known.",
    ],
  ])("tells of %s", (_, choosing, message) => {
    expect(choosing()).toMatchObject({ kind: "none", message });
  });

  it("tells when the first release comes of age that makes a target", () => {
    // v1.35.0 comes of age first, and without v1.34.x nothing is stable; v1.36.0 makes v1.35.0 stable.
    const choice = choose("v1.34.1", rule("stable"), [release("v1.35.0", 2.5), release("v1.36.0", 1)]);
    expect(choice).toMatchObject({ kind: "none", reason: "UpToDate" });
    const patch = choose("v1.34.1", rule("patch"), [release("v1.34.3", 1), release("v1.34.2", 2)]);
    expect(patch).toMatchObject({ reason: "TooYoung", eligibleAt: NOW + DAY });
  });
});

describe("for any catalog", () => {
  const version = fc
    .tuple(fc.integer({ min: 32, max: 37 }), fc.integer({ min: 0, max: 5 }))
    .map(([minor, patch]) => `v1.${minor}.${patch}`);
  const any = fc.record({
    clusterVersion: version,
    channel: fc.oneof(
      fc.constantFrom("patch" as const, "stable" as const, "rapid" as const),
      version.map((text) => text as `v${string}`),
    ),
    minimumAgeSeconds: fc.constantFrom(0, 86_400, 10 * 86_400),
    avoid: fc.array(fc.oneof(version, fc.constantFrom("v1.34", "v1.35")), { maxLength: 2 }),
    classVersions: fc.option(
      fc
        .uniqueArray(version, { minLength: 1, maxLength: 12 })
        .map((all) => [...all].sort((a, b) => compareVersions(versionOf(a), versionOf(b)))),
      { nil: undefined, freq: 2 },
    ),
    releases: fc.uniqueArray(
      fc.record({
        version,
        age: fc.option(fc.double({ min: 0, max: 20, noNaN: true }), { nil: undefined }),
        withdrawn: fc.option(fc.constant("bad"), { nil: undefined, freq: 6 }),
        endOfLife: fc.option(fc.integer({ min: -10, max: 10 }), { nil: undefined }),
      }),
      { selector: (each) => each.version, maxLength: 15 },
    ),
  });

  it("goes only forward, one minor at a time, to and through releases that nothing speaks against; and what comes of age becomes a target then", () => {
    fc.assert(
      fc.property(any, ({ clusterVersion, channel, minimumAgeSeconds, avoid, classVersions, releases }) => {
        const known = releases.map((each) =>
          release(each.version, each.age ?? "unknown", {
            withdrawn: each.withdrawn,
            endOfLifeAt: each.endOfLife === undefined ? undefined : NOW + each.endOfLife * DAY,
          }),
        );
        const given = rule(channel, { minimumAgeSeconds, avoid });
        const choice = choose(clusterVersion, given, known, { classVersions });
        expect(choose(clusterVersion, given, known.toReversed(), { classVersions })).toEqual(choice);
        if (choice.kind === "none") {
          expect(choice.message.length).toBeGreaterThan(20);
          if (choice.eligibleAt === undefined) return;
          expect(choice.eligibleAt).toBeGreaterThan(NOW);
          expect(choose(clusterVersion, given, known, { classVersions, now: choice.eligibleAt }).kind).toBe("target");
          expect(choose(clusterVersion, given, known, { classVersions, now: choice.eligibleAt - 1 }).kind).toBe("none");
          return;
        }
        const way = [clusterVersion, ...choice.via, choice.version];
        for (const [index, text] of way.slice(1).entries()) {
          const [before, here] = [parseVersion(way[index]!)!, parseVersion(text)!];
          expect(compareVersions(before, here)).toBe(-1);
          expect(here.minor - before.minor).toBeLessThanOrEqual(1);
          expect(avoid).not.toContain(text);
          expect(avoid).not.toContain(`v1.${here.minor}`);
          if (classVersions !== undefined) expect(classVersions).toContain(text);
          const found = releases.find((each) => each.version === text);
          expect(found?.withdrawn).toBeUndefined();
          if (text === channel) continue;
          expect(found).toBeDefined();
          if (minimumAgeSeconds > 0) expect(found?.age).toBeGreaterThanOrEqual(minimumAgeSeconds / 86_400);
        }
        if (channel === "patch") expect(parseVersion(choice.version)!.minor).toBe(parseVersion(clusterVersion)!.minor);
        if (channel.startsWith("v")) expect(choice.version).toBe(channel);
      }),
      { numRuns: 1_500 },
    );
  });
});
