import { describe, expect, it } from "vitest";
import type { KubernetesObject } from "../kubernetes/resource.ts";
import type { Release } from "../upgrade/policy/release.ts";
import { fleetFacts, type FleetSources } from "./fleet-facts.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const minutesAgo = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();
const apiVersion = "upgrades.clusterapi-gitops.io/v1alpha1";

function cluster(name: string, running: readonly string[], labels: Readonly<Record<string, string>> = {}): KubernetesObject {
  const versions = running.map((version) => ({ version, replicas: 1 }));
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Cluster",
    metadata: { namespace: "demo", name, labels },
    spec: { topology: { classRef: { name: "class" }, version: "v1.35.2" } },
    status: { controlPlane: { versions } },
  };
}

function policy(name: string, spec: object = {}): KubernetesObject {
  return {
    apiVersion,
    kind: "UpgradePolicy",
    metadata: { name, creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: { clusters: {}, target: { channel: "Rapid" }, ...spec },
  };
}

function upgrade(status: object, spec: object = {}): KubernetesObject {
  return {
    apiVersion,
    kind: "ClusterUpgrade",
    metadata: { namespace: "demo", name: "c1-v1.35.2" },
    spec: { clusterName: "c1", targetVersion: "v1.35.2", policyName: "p", ...spec },
    status,
  };
}

function release(version: string, endOfLife: string | undefined): Release {
  return {
    version,
    releasedAt: 0,
    endOfLifeAt: endOfLife === undefined ? undefined : Date.parse(endOfLife),
    images: [],
    withdrawn: undefined,
  };
}

function facts(
  given: Partial<Readonly<Record<"clusters" | "policies" | "attempts", readonly KubernetesObject[]>>> & {
    readonly catalogs?: Readonly<Record<string, readonly Release[]>>;
  },
) {
  const { clusters = [], policies = [], attempts = [], catalogs = {} } = given;
  const sources: FleetSources = {
    fleet: { clusters: () => clusters },
    controllers: [],
    attempts: () => attempts,
    policies: () => policies,
    catalogs: () => Object.keys(catalogs).map((name) => ({ apiVersion, kind: "ReleaseCatalog", metadata: { name } })),
    releasesOf: (name) => catalogs[name],
  };
  return fleetFacts(sources, now);
}

describe("until when a cluster is supported", () => {
  const catalogs = {
    default: [release("v1.34.2", "2026-10-27T00:00:00Z"), release("v1.34.9", "2026-11-27T00:00:00Z"), release("v1.35.2", undefined)],
    dated: [release("v1.35.2", "2027-02-28T00:00:00Z")],
    other: [release("v1.34.2", "2030-01-01T00:00:00Z"), release("v1.33.1", "2026-06-28T00:00:00Z")],
  };
  it.each<readonly [what: string, running: readonly string[], policies: readonly KubernetesObject[], expected: string | undefined]>([
    ["by the oldest minor that a machine runs, the latest date of it", ["v1.35.2", "v1.34.2"], [policy("p")], "2026-11-27T00:00:00Z"],
    [
      "by the catalog of its policy",
      ["v1.34.2"],
      [policy("p", { target: { channel: "Rapid", catalogRef: { name: "other" } } })],
      "2030-01-01T00:00:00Z",
    ],
    ["by another catalog, where its own does not know", ["v1.33.1"], [policy("p")], "2026-06-28T00:00:00Z"],
    ["by any catalog, where no policy leads it", ["v1.34.2"], [], "2026-11-27T00:00:00Z"],
    [
      "by what it declares, while no machine tells",
      [],
      [policy("p", { target: { channel: "Rapid", catalogRef: { name: "dated" } } })],
      "2027-02-28T00:00:00Z",
    ],
    ["is not known of a minor that no catalog knows", ["v1.30.1"], [policy("p")], undefined],
  ])("%s", (_, running, policies, expected) => {
    const [found] = facts({ clusters: [cluster("c1", running)], policies, catalogs }).clusters;
    expect(found?.supportedUntil).toBe(expected === undefined ? undefined : Date.parse(expected));
  });
});

it("the policy of a cluster is the one that applies, not the first that selects it", () => {
  const policies = [policy("a"), policy("b", { priority: 10, clusters: { selector: { matchLabels: { tier: "canary" } } } })];
  const { clusters } = facts({ clusters: [cluster("c1", [], { tier: "canary" }), cluster("c2", [])], policies });
  expect(clusters.map(({ name, policy: applies }) => [name, applies])).toEqual([
    ["c1", "b"],
    ["c2", "a"],
  ]);
});

describe("the window of a policy", () => {
  it.each<readonly [what: string, schedule: object, open: boolean, opensAt: string | undefined]>([
    ["without windows", {}, true, undefined],
    ["that is open", { windows: [{ cron: "0 12 * * *", duration: "1h" }] }, true, undefined],
    ["that opens tonight", { windows: [{ cron: "0 22 * * *", duration: "8h" }] }, false, "2026-03-01T22:00:00Z"],
    [
      "by its time zone",
      { timeZone: "Asia/Ho_Chi_Minh", windows: [{ cron: "0 22 * * *", duration: "1h" }] },
      false,
      "2026-03-01T15:00:00Z",
    ],
    [
      "in an exclusion",
      { exclusions: [{ name: "freeze", from: "2026-02-01T00:00:00Z", until: "2026-04-01T00:00:00Z" }] },
      false,
      "2026-04-01T00:00:00Z",
    ],
    [
      "in one that spares patches",
      { exclusions: [{ name: "freeze", from: "2026-02-01T00:00:00Z", until: "2026-04-01T00:00:00Z", scope: "Minor" }] },
      true,
      undefined,
    ],
  ])("%s", (_, schedule, windowOpen, opensAt) => {
    expect(facts({ policies: [policy("p", { schedule })] }).policies).toEqual([
      { name: "p", windowOpen, windowOpensAt: opensAt === undefined ? undefined : Date.parse(opensAt) },
    ]);
  });

  it("of a policy that cannot be read is not told", () => {
    expect(facts({ policies: [policy("p", { schedule: { timeZone: "Mars/Base" } })] }).policies).toEqual([]);
  });
});

describe("an upgrade", () => {
  const still = (minutes: number, more: object = {}): object => ({
    phase: "Rolling",
    memory: { startedAt: minutesAgo(200), stillSince: minutesAgo(minutes), begun: true, ...more },
  });
  // A third of proof.stall, which is 30 minutes where nothing is said.
  it.each<readonly [what: string, status: object, spec: object, minutes: number | undefined]>([
    ["that nobody has looked at", {}, {}, undefined],
    ["that moved 9 minutes ago", still(9), {}, undefined],
    ["that stands still for 10 minutes", still(10), {}, 10],
    ["that stands still for 29 minutes, and may for 90", still(29), { proof: { stall: "90m" } }, undefined],
    ["that stands still for 30 minutes, and may for 90", still(30), { proof: { stall: "90m" } }, 30],
    ["whose clock is stopped: it waits for a window or for people", still(100, { clockStoppedAt: minutesAgo(50) }), {}, undefined],
  ])("%s", (_, status, spec, minutes) => {
    const [told] = facts({ attempts: [upgrade(status, spec)] }).upgrades;
    expect(told?.stuckSince).toBe(minutes === undefined ? undefined : now - minutes * 60_000);
  });

  it("that has ended is not told", () => {
    expect(facts({ attempts: [upgrade({ ...still(29), phase: "TimedOut" })] }).upgrades).toEqual([]);
  });

  it.each([
    ["Approval", "approval"],
    ["Place", "place"],
    ["Review", "review"],
    ["Window", "window"],
    ["Exclusion", "window"],
    ["Paused", undefined],
  ])("that waits for %s", (gate, waitingFor) => {
    const attempts = [upgrade({ phase: "Planning", waitingFor: [{ gate, message: "" }] })];
    expect(facts({ attempts }).upgrades).toMatchObject([{ phase: "planning", policy: "p", waitingFor }]);
  });
});
