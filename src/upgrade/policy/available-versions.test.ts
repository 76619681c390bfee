import { describe, expect, it } from "vitest";
import { policyCluster, attemptSettings, upgradePolicy } from "../testing/policies.ts";
import { availableVersions } from "./available-versions.ts";
import type { KnownAttempt } from "./known-attempt.ts";
import { nextAttempts, type PolicyCluster } from "./next-attempt.ts";
import type { Release } from "./release.ts";
import type { UpgradePolicy } from "./upgrade-policy.ts";

const NOW = Date.parse("2026-03-01T00:00:00Z");
const DAY = 86_400_000;

const release = (version: string, ageDays = 100): Release => ({
  version,
  releasedAt: NOW - ageDays * DAY,
  endOfLifeAt: undefined,
  images: [],
  withdrawn: undefined,
});
const attempt = (more: Partial<KnownAttempt> = {}): KnownAttempt => ({
  namespace: "demo",
  name: "c1-v1.35.2",
  clusterName: "c1",
  policyName: "p",
  target: "v1.35.2",
  createdAt: NOW - DAY,
  phase: "waiting-for-approval",
  begun: false,
  finishedAt: undefined,
  place: true,
  askedAt: undefined,
  ...more,
});

interface Scene {
  readonly policy?: Partial<UpgradePolicy>;
  readonly clusters?: readonly PolicyCluster[];
  readonly attempts?: readonly KnownAttempt[];
  readonly releases?: readonly Release[];
}

function found({
  policy = {},
  clusters = [policyCluster("c1")],
  attempts = [],
  releases = [release("v1.34.2"), release("v1.35.2")],
}: Scene) {
  const target = { channel: { kind: "rapid" as const }, minimumAgeSeconds: 0, avoid: [] };
  const known = new Map([["p", releases]]);
  const policies = [upgradePolicy("p", { target, ...policy })];
  const verdicts = nextAttempts({ policies, clusters, attempts, releases: known, now: NOW });
  return availableVersions({ verdicts, attempts, releases: known, now: NOW });
}

const approval = { settings: attemptSettings({ approval: ["control-plane"] }) };
const closed = {
  settings: attemptSettings({ schedule: { timeZone: "UTC", windows: [{ cron: "0 5 * * *", durationSeconds: 3_600 }], exclusions: [] } }),
};
const young = { target: { channel: { kind: "rapid" as const }, minimumAgeSeconds: 3 * 86_400, avoid: [] } };

describe("versions that people hear of before they are begun", () => {
  it.each<readonly [string, Scene, string, RegExp]>([
    [
      "too young",
      { policy: young, releases: [release("v1.34.2"), release("v1.35.2", 1)] },
      "v1.35.2",
      /^It is old enough for the policy Tue 2026-03-03 00:00 \(UTC\)\.$/,
    ],
    [
      "of unknown age",
      { policy: young, releases: [release("v1.34.2"), { ...release("v1.35.2"), releasedAt: undefined }] },
      "v1.35.2",
      /^Nobody says when it was released/,
    ],
    ["an approval is needed", { policy: approval }, "v1.35.2", /^It waits for an approval/],
    ["and its attempt is there, and waits", { policy: approval, attempts: [attempt()] }, "v1.35.2", /^It waits for an approval/],
    ["outside of the window", { policy: closed }, "v1.35.2", /Outside of the maintenance windows; steps may start again/],
    [
      "an older one is under way",
      { attempts: [attempt({ name: "c1-v1.35.1", target: "v1.35.1", phase: "rolling", begun: true })] },
      "v1.35.2",
      /^It comes after c1-v1\.35\.1, which is under way to v1\.35\.1\.$/,
    ],
    [
      "an older one, made by hand, waits",
      { attempts: [attempt({ name: "hand", policyName: undefined, target: "v1.34.9", phase: "paused" })] },
      "v1.35.2",
      /^It comes after hand, which is under way to v1\.34\.9\.$/,
    ],
    ["the policy is suspended", { policy: { suspended: true } }, "v1.35.2", /suspended/],
  ])("%s: told, with why", (_, scene, version, why) => {
    expect(found(scene)).toEqual([
      {
        policyName: "p",
        version,
        cluster: { namespace: "demo", name: "c1" },
        from: "v1.34.2",
        clusters: 1,
        why: expect.stringMatching(why) as string,
      },
    ]);
  });

  it.each<readonly [string, Scene]>([
    ["begins at once", {}],
    ["is begun", { policy: approval, attempts: [attempt({ phase: "rolling", begun: true })] }],
    ["a newer one is under way", { attempts: [attempt({ name: "hand", policyName: undefined, target: "v1.36.0", begun: true })] }],
    ["an older one has ended", { attempts: [attempt({ name: "old", target: "v1.35.1", phase: "proven", begun: true, finishedAt: 1 })] }],
    ["ended badly", { policy: approval, attempts: [attempt({ phase: "refused", finishedAt: NOW })] }],
    ["up to date", { policy: approval, clusters: [policyCluster("c1", { version: "v1.35.2" })] }],
    ["avoided", { policy: { target: { ...young.target, avoid: ["v1.35"] } } }],
    ["being deleted", { policy: approval, clusters: [policyCluster("c1", { deleting: true })] }],
    ["no catalog", { policy: approval, releases: [] }],
  ])("%s: not told", (_, scene) => {
    expect(found(scene)).toEqual([]);
  });

  it("is one for a version, whose clusters are counted", () => {
    const clusters = ["c3", "c1", "c2"].map((name) => policyCluster(name));
    expect(found({ policy: approval, clusters })).toMatchObject([{ version: "v1.35.2", cluster: { name: "c1" }, clusters: 3 }]);
  });
});
