import { describe, expect, it } from "vitest";
import { clusterUpgradeStatus, unreadableUpgradeStatus } from "../../src/operator/api/cluster-upgrade-status.ts";
import { readMemory } from "../../src/operator/api/cluster-upgrade-memory.ts";
import type { ClusterUpgradeStatus } from "../../src/operator/api/generated/cluster-upgrade.gen.ts";
import { readCatalogReleases } from "../../src/operator/api/read-release-catalog.ts";
import { releaseCatalogStatus } from "../../src/operator/api/release-catalog-status.ts";
import { SAID_ANNOTATION, saidAnnotation } from "../../src/operator/api/said.ts";
import { upgradePolicyStatus, type PolicyCluster } from "../../src/operator/api/upgrade-policy-status.ts";
import { ownTypes } from "../../src/sandbox/schemas/custom-types.ts";
import { schemaRules } from "../../src/sandbox/schemas/schema-rules.ts";
import type { StoredObject } from "../../src/sandbox/store/stored-object.ts";
import type { AttemptDecision, AttemptMemory, AttemptPhase } from "../../src/upgrade/attempt/attempt-types.ts";
import { decide, type Decision } from "../../src/upgrade/decide.ts";
import {
  imageCatalog,
  machine,
  OBSERVED_AT,
  plainCluster,
  reachable,
  reference,
  topologyCluster,
  variableTexts,
} from "../../src/upgrade/testing/snapshots.ts";
import { goodSpecs } from "../api/refused-objects.ts";

const NOW = OBSERVED_AT + 1_000_000;
const metadata = { name: "x", namespace: "demo", uid: "u", generation: 4 };
const request = { upgradeId: "u1", target: "v1.35.2", via: [], holdSeconds: 60, stallSeconds: 900 };
const times = <T>(count: number, value: T): readonly T[] => Array.from({ length: count }, () => value);
const noFacts = { commit: undefined, review: undefined };

/** As an API server stores it: refused where the status breaks the CRD, and without what the CRD does not know. */
function stored(kind: keyof typeof goodSpecs, status: object): StoredObject {
  const type = ownTypes().find((each) => each.kind === kind)!;
  const object = { apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1", kind, metadata, spec: goodSpecs[kind] };
  const before = schemaRules(type, object, undefined);
  return schemaRules(type, { ...before, status: JSON.parse(JSON.stringify(status)) as object }, before);
}

/** What `decide` says, as an attempt without windows and people would tell it. */
function attempt({ status, actions, lookAgainAt, memory }: Decision, more: Partial<AttemptMemory> = {}): AttemptDecision {
  return {
    status: { ...status, remedy: undefined, cancelMeans: "Nothing more is written.", closedGates: [], heldPools: [] },
    actions,
    lookAgainAt,
    memory: {
      startedAt: memory.startedAt,
      decide: memory,
      retry: 0,
      begun: false,
      clockStoppedAt: undefined,
      refreshedFor: undefined,
      dismissedReview: undefined,
      ended: undefined,
      timeline: [{ at: memory.startedAt, phase: "planning", message: "Begun." }],
      ...more,
    },
  };
}

function statusOf(decision: AttemptDecision, previous?: ClusterUpgradeStatus, now = NOW): ClusterUpgradeStatus {
  return clusterUpgradeStatus({
    decision,
    object: { metadata, ...(previous === undefined ? {} : { status: previous }) },
    step: noFacts,
    notified: [],
    now,
  });
}

const healthy = [{ kind: "Deployment", namespace: "default", name: "nginx", desired: 3, available: 3, observed: true }];
const reachableWith = (machines: Parameters<typeof reachable>[0], available: number) => ({
  ...reachable(machines),
  workloads: healthy.map((health) => ({ ...health, available })),
});

describe("a ClusterUpgrade's status", () => {
  const scenes: readonly (readonly [string, Parameters<typeof plainCluster>[0]])[] = [
    ["nothing done yet", {}],
    ["halfway", { version: "v1.35.2", pools: [{ version: "v1.34.0" }] }],
    ["all done", { version: "v1.35.2" }],
    ["a template that names the version", { images: ["kindest/node:v1.34.0"] }],
    ["a downgrade", { version: "v1.36.0" }],
  ];

  it.each(scenes)("keeps to the CRD, and loses nothing on the way: %s", (_, options) => {
    const status = statusOf(attempt(decide({ snapshot: plainCluster(options), request, now: NOW })));
    expect(stored("ClusterUpgrade", status)["status"]).toEqual(JSON.parse(JSON.stringify(status)));
  });

  it.each(scenes)("a restarted operator decides as if it had not been gone: %s", (_, options) => {
    const snapshot = plainCluster(options);
    const first = decide({ snapshot, request, now: NOW });
    const restored = readMemory(stored("ClusterUpgrade", statusOf(attempt(first))));
    const later = { snapshot, request, now: NOW + 30_000 };
    const [remembered, read] = [first.memory, restored?.decide].map((previous) => decide({ ...later, previous }));
    expect(read).toEqual(remembered);
    expect(restored).toMatchObject({ retry: 0, ended: undefined, timeline: [{ phase: "planning", message: "Begun." }] });
  });

  it("remembers a step with the variables that it changes", () => {
    const variables = variableTexts({ osImage: "ami-1", "cp/osImage": "ami-1", "md-0/vmTemplate/name": "ami-1" });
    const images = imageCatalog({ "v1.34.0": ["ami-1"], "v1.35.2": ["ami-2"] });
    const { memory, ...rest } = decide({
      snapshot: topologyCluster({ topology: { variables } }),
      request: { ...request, images },
      now: NOW,
    });
    expect(memory.currentStep).toMatchObject({ variables: [{}, {}, {}] });
    expect(readMemory(stored("ClusterUpgrade", statusOf(attempt({ memory, ...rest }))))?.decide?.currentStep).toEqual(memory.currentStep);
  });

  it("remembers all that an attempt is to remember", () => {
    const memory: Partial<AttemptMemory> = {
      retry: 3,
      begun: true,
      clockStoppedAt: NOW + 1_000,
      refreshedFor: "abc",
      dismissedReview: 7,
      ended: { phase: "timed-out", message: "Nothing moves.", remedy: "Look.", refusals: [], at: NOW + 2_000 },
    };
    const decision = attempt(decide({ snapshot: plainCluster(), request, now: NOW }), memory);
    expect(readMemory(stored("ClusterUpgrade", statusOf(decision)))).toMatchObject(memory);
  });

  it("goes on holding where it was", () => {
    const snapshot = plainCluster({ version: "v1.35.2" });
    const first = decide({ snapshot, request, now: NOW });
    expect(first.status.phase).toBe("holding");
    const previous = readMemory(stored("ClusterUpgrade", statusOf(attempt(first))))?.decide;
    expect(decide({ snapshot, request, now: NOW + 59_000, previous }).status.phase).toBe("holding");
    expect(decide({ snapshot, request, now: NOW + 60_000, previous }).status.phase).toBe("proven");
    expect(decide({ snapshot, request, now: NOW + 60_000 }).status.phase).toBe("holding");
  });

  it("remembers what ran before, so that what the upgrade broke is not taken for old", () => {
    const before = plainCluster();
    const first = decide({ snapshot: { ...before, workload: reachableWith(before.machines, 3) }, request, now: NOW });
    const previous = readMemory(stored("ClusterUpgrade", statusOf(attempt(first))))?.decide;
    const after = plainCluster({ version: "v1.35.2" });
    const broken = { ...after, workload: reachableWith(after.machines, 1) };
    const link = decide({ snapshot: broken, request, now: NOW + 1_000, previous }).status.proof.links.find(
      ({ link }) => link === "workloads",
    );
    expect(link?.evidence).toContain("unavailable since the upgrade: Deployment default/nginx (1 of 3)");
  });

  it("keeps the pace of small clusters only", () => {
    const machines = Array.from({ length: 201 }, (_, number) => machine(`m-${number}`, "v1.34.0"));
    const small = plainCluster();
    const large = plainCluster({ overrides: { machines, workload: reachable(machines) } });
    const paceOf = (snapshot: typeof small): unknown =>
      readMemory(stored("ClusterUpgrade", statusOf(attempt(decide({ snapshot, request, now: NOW })))))?.decide?.pace;
    expect(paceOf(small)).toMatchObject({ initial: small.machines.map(({ uid }) => uid), finished: [] });
    expect(paceOf(large)).toBeUndefined();
  });

  it("never outgrows the CRD", () => {
    const first = attempt(decide({ snapshot: plainCluster(), request, now: NOW }));
    const long = "ü€😀".repeat(5_000);
    const refusal = { reason: "X".repeat(500), message: long, remedy: long };
    const object = reference("MachineDeployment", "md-0");
    const decision: AttemptDecision = {
      ...first,
      status: {
        ...first.status,
        message: long,
        remedy: long,
        cancelMeans: long,
        refusals: times(50, refusal),
        contradictions: times(50, {
          ...refusal,
          reason: "Reverted",
          object,
          culprit: { manager: long, operation: "Update", at: 0 },
          evidence: [],
        }),
        closedGates: times(50, { gate: "window", message: long, remedy: long, opensAt: NOW }),
        heldPools: times(500, object),
        plan: { ...first.status.plan!, steps: times(500, first.status.plan!.steps[0]!), warnings: times(99, long) },
        proof: { ...first.status.proof, links: first.status.proof.links.map((link) => ({ ...link, evidence: long })) },
      },
      memory: {
        ...first.memory,
        ended: { phase: "refused", message: long, remedy: long, refusals: [], at: NOW },
        timeline: Array.from({ length: 99 }, (_, at) => ({ at, phase: "rolling" as const, message: long })),
        decide: {
          ...first.memory.decide!,
          seen: Object.fromEntries(Array.from({ length: 2_000 }, (_, number) => [`MachineDeployment.x/demo/md-${number}`, "v1.34.0"])),
          replacedTemplates: times(500, object),
          baseline: Array.from({ length: 500 }, (_, number) => ({ ...healthy[0]!, name: `w-${number}` })),
        },
      },
    };
    const status = clusterUpgradeStatus({
      decision,
      object: { metadata },
      step: { commit: "a".repeat(100), review: undefined },
      notified: Array.from({ length: 300 }, (_, number) => `${number}-${long}`),
      now: NOW,
    });
    expect(() => stored("ClusterUpgrade", status)).not.toThrow();
    expect(status.timeline).toHaveLength(50);
    expect(status.timeline?.at(-1)?.at).toBe("1970-01-01T00:00:00Z");
  });

  it.each([
    ["proven", [["Ready", "True", "Proven"]]],
    [
      "holding",
      [
        ["Ready", "False", "Holding"],
        ["Reconciling", "True", "Holding"],
      ],
    ],
    [
      "waiting-for-approval",
      [
        ["Ready", "False", "WaitingForApproval"],
        ["Reconciling", "True", "WaitingForApproval"],
      ],
    ],
    [
      "refused",
      [
        ["Ready", "False", "Refused"],
        ["Stalled", "True", "Refused"],
      ],
    ],
    [
      "cancelled",
      [
        ["Ready", "False", "Cancelled"],
        ["Stalled", "True", "Cancelled"],
      ],
    ],
    [
      "timed-out",
      [
        ["Ready", "False", "TimedOut"],
        ["Stalled", "True", "TimedOut"],
      ],
    ],
  ] as const)("%s in the words of kstatus", (phase: AttemptPhase, expected) => {
    const decision = attempt(decide({ snapshot: plainCluster(), request, now: NOW }));
    const status = statusOf({ ...decision, status: { ...decision.status, phase } });
    expect(status.conditions?.map(({ type, status, reason }) => [type, status, reason])).toEqual(expected);
    expect(status.conditions?.every(({ observedGeneration }) => observedGeneration === 4)).toBe(true);
    expect(status.finishedAt === undefined).toBe(phase === "holding" || phase === "waiting-for-approval");
  });

  it("conditions keep their time until they change", () => {
    const decision = attempt(decide({ snapshot: plainCluster(), request, now: NOW }));
    const first = statusOf(decision);
    const later = statusOf({ ...decision, status: { ...decision.status, message: "Another." } }, first, NOW + 60_000);
    expect(later.conditions?.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual(
      first.conditions?.map(({ lastTransitionTime }) => lastTransitionTime),
    );
    const proven = statusOf({ ...decision, status: { ...decision.status, phase: "proven" } }, later, NOW + 120_000);
    expect(proven.conditions?.map(({ lastTransitionTime }) => Date.parse(lastTransitionTime))).toEqual([NOW + 120_000]);
  });

  it("tells each step from its writing to its end", () => {
    const [control, pool] = decide({ snapshot: plainCluster(), request, now: NOW }).status.plan!.steps;
    const base = attempt(decide({ snapshot: plainCluster(), request, now: NOW }));
    const at = (phase: AttemptPhase, currentStep = control): AttemptDecision => ({
      ...base,
      status: { ...base.status, phase, currentStep },
    });
    const review = { url: "https://git.example.com/pr/7", number: 7, state: "open", mergeable: "yes", message: "" } as const;
    let status: ClusterUpgradeStatus | undefined;
    const tell = (
      decision: AttemptDecision,
      seconds: number,
      facts: Parameters<typeof clusterUpgradeStatus>[0]["step"] = noFacts,
    ): unknown => {
      status = clusterUpgradeStatus({
        decision,
        object: { metadata, ...(status === undefined ? {} : { status }) },
        step: facts,
        notified: [],
        now: NOW + seconds * 1_000,
      });
      expect(() => stored("ClusterUpgrade", status!)).not.toThrow();
      return status.steps?.map(({ object, state, commit, pullRequest }) => [object.name, state, commit, pullRequest?.state]);
    };
    expect(tell(at("writing"), 0)).toEqual([["c1-cp", "Writing", undefined, undefined]]);
    expect(tell(at("waiting-for-review"), 1, { commit: "abc", review })).toEqual([["c1-cp", "Reviewing", "abc", "Open"]]);
    expect(tell(at("delivering"), 2, { commit: "abc", review: { ...review, state: "merged" } })).toEqual([
      ["c1-cp", "Delivering", "abc", "Merged"],
    ]);
    // By a squash the base branch has another commit than the one that was written.
    expect(tell(at("delivering"), 2, { commit: "abc", review: { ...review, state: "merged", mergedAs: "def" } })).toEqual([
      ["c1-cp", "Delivering", "def", "Merged"],
    ]);
    expect(tell(at("rolling"), 3)).toEqual([["c1-cp", "Rolling", "def", "Merged"]]);
    expect(tell(at("paused"), 4)).toEqual([["c1-cp", "Rolling", "def", "Merged"]]);
    expect(tell(at("rolling", pool), 5)).toEqual([
      ["c1-cp", "Done", "def", "Merged"],
      ["md-0", "Rolling", undefined, undefined],
    ]);
    expect(tell(at("holding", pool), 6)).toEqual([
      ["c1-cp", "Done", "def", "Merged"],
      ["md-0", "Done", undefined, undefined],
    ]);
    expect(status?.steps?.map(({ finishedAt }) => Date.parse(finishedAt ?? "") - NOW)).toEqual([5_000, 6_000]);
    const retried = { ...at("writing"), memory: { ...base.memory, retry: 1 } };
    expect(tell(retried, 7)).toEqual([["c1-cp", "Writing", undefined, undefined]]);
  });

  it("puts what people said among what happened, and does not take it for its memory", () => {
    const decision = attempt(decide({ snapshot: plainCluster(), request, now: NOW }));
    const annotation = saidAnnotation(undefined, { what: "approved the workers", by: "jane", at: NOW + 5_000 });
    const status = clusterUpgradeStatus({
      decision,
      object: { metadata: { ...metadata, annotations: { [SAID_ANNOTATION]: annotation } } },
      step: noFacts,
      notified: [],
      now: NOW,
    });
    expect(status.timeline?.at(-1)).toEqual({
      at: new Date(NOW + 5_000).toISOString().replace(".000", ""),
      message: "approved the workers",
      by: "jane",
    });
    expect(readMemory(stored("ClusterUpgrade", status))?.timeline).toHaveLength(1);
  });

  it("says what cannot be read, and keeps the rest", () => {
    const before = statusOf(attempt(decide({ snapshot: plainCluster(), request, now: NOW })));
    const refusals = [{ reason: "InvalidClusterUpgrade", message: "spec.proof.stall is no time.", remedy: "Write 30m." }];
    const status = unreadableUpgradeStatus(refusals, { metadata, status: before }, NOW + 1_000);
    expect(() => stored("ClusterUpgrade", status)).not.toThrow();
    expect(status).toMatchObject({
      phase: "Refused",
      message: refusals[0]!.message,
      remedy: "Write 30m.",
      refusals,
      memory: before.memory,
    });
    expect(status.conditions?.map(({ type }) => type)).toEqual(["Ready", "Stalled"]);
  });
});

describe("an UpgradePolicy's status", () => {
  const cluster = (name: string, state: PolicyCluster["state"], message = ""): PolicyCluster => ({
    namespace: "demo",
    name,
    version: "v1.34.0",
    target: "v1.35.2",
    upgrade: undefined,
    state,
    message,
  });
  const facts = { clusters: [], conflicts: [], availableVersion: undefined, suspended: false, refusals: [] };

  it.each([
    [{}, "ready", "No cluster is selected."],
    [{ clusters: [cluster("a", "up-to-date")] }, "ready", "1 of 1 cluster up to date."],
    [
      { clusters: [cluster("a", "up-to-date"), cluster("b", "waiting", "Outside of the windows.")] },
      "Reconciling",
      "1 of 2 clusters up to date, 1 waiting. demo/b: Outside of the windows.",
    ],
    [
      { clusters: [cluster("b", "waiting", "w"), cluster("c", "failed", "Wedged."), cluster("d", "under-way", "u")] },
      "Reconciling",
      "0 of 3 clusters up to date, 1 under way, 1 waiting, 1 failed. demo/c: Wedged.",
    ],
    [{ clusters: [cluster("c", "failed", "Wedged.")] }, "Stalled", "0 of 1 cluster up to date, 1 failed. demo/c: Wedged."],
    [
      { suspended: true, clusters: [cluster("b", "waiting", "w")] },
      "Stalled",
      "Suspended; 0 of 1 cluster up to date, 1 waiting. demo/b: w",
    ],
    [{ conflicts: [{ namespace: "demo", name: "a", winner: "p" }] }, "ready", "No cluster is selected. 1 cluster also in another policy."],
    [{ refusals: [{ reason: "R", message: "Bad.", remedy: "Mend." }] }, "Stalled", "Bad. Mend."],
  ] as const)("%j: %s, %s", (more, condition, message) => {
    const status = upgradePolicyStatus({ ...facts, ...more }, { metadata }, NOW);
    expect(status.message).toBe(message);
    expect(status.conditions?.find(({ type, status }) => type !== "Ready" && status === "True")?.type ?? "ready").toBe(condition);
    expect(stored("UpgradePolicy", status)["status"]).toEqual(JSON.parse(JSON.stringify(status)));
  });

  it("shows the worst fifty of many, and counts all", () => {
    const clusters = Array.from({ length: 300 }, (_, number) =>
      cluster(`c-${number}`, number === 299 ? "failed" : "waiting", "x".repeat(9_999)),
    );
    const conflicts = Array.from({ length: 90 }, (_, number) => ({ namespace: "demo", name: `d-${number}`, winner: "p" }));
    const status = upgradePolicyStatus({ ...facts, clusters, conflicts }, { metadata }, NOW);
    expect(() => stored("UpgradePolicy", status)).not.toThrow();
    expect(status).toMatchObject({ selected: 300, waiting: 299, failed: 1, targets: "v1.35.2" });
    expect(status.clusters).toHaveLength(50);
    expect(status.clusters?.[0]).toMatchObject({ name: "c-299", state: "Failed" });
  });
});

describe("a ReleaseCatalog's status", () => {
  const release = (version: string, withdrawn?: string) => ({
    version,
    releasedAt: Date.UTC(2026, 7, 20),
    endOfLifeAt: undefined,
    images: [{ templateKind: "DockerMachineTemplate", image: `kindest/node:${version}` }],
    withdrawn,
  });
  const source = { name: "feed", fetchedAt: NOW, error: undefined, stale: false, versions: 3, etag: '"a"' };

  it("has versions newest first, by their numbers, and the newest good one of each minor", () => {
    const missingImages = [{ templateKind: "AWSMachineTemplate", why: "no source lists one" }];
    const releases = [release("v1.9.10"), { ...release("v1.35.2"), missingImages }, release("v1.35.10", "leaks"), release("v1.9.9")];
    const status = releaseCatalogStatus({ releases, sources: [source], refusals: [] }, { metadata }, NOW);
    expect(status.releases?.map(({ version }) => version)).toEqual(["v1.35.10", "v1.35.2", "v1.9.10", "v1.9.9"]);
    expect(status).toMatchObject({
      newestVersion: "v1.35.2",
      versions: 4,
      message: "4 versions, the newest is v1.35.2.",
      newest: [
        { minor: "v1.35", version: "v1.35.2" },
        { minor: "v1.9", version: "v1.9.10" },
      ],
    });
    expect(stored("ReleaseCatalog", status)["status"]).toEqual(JSON.parse(JSON.stringify(status)));
    // What is told of images outlives a restart.
    expect(readCatalogReleases(stored("ReleaseCatalog", status))[1]).toEqual(releases[1]);
    expect(readCatalogReleases(stored("ReleaseCatalog", status)).map(({ version }) => version)).toEqual([
      "v1.35.10",
      "v1.35.2",
      "v1.9.10",
      "v1.9.9",
    ]);
  });

  it.each([
    [
      [release("v1.35.2")],
      [{ ...source, error: "timeout", stale: true }],
      "Ready",
      "True",
      "1 version, the newest is v1.35.2. 1 of 1 sources cannot be read: feed: timeout",
    ],
    [[], [{ ...source, error: "timeout" }], "Reconciling", "True", "No version is known. 1 of 1 sources cannot be read: feed: timeout"],
    [[], [{ ...source, fetchedAt: undefined }], "Reconciling", "True", "The sources have not been read yet."],
    [
      [],
      [{ ...source, error: "no Secret", reason: "SecretMissing" }],
      "Stalled",
      "True",
      "No version is known. 1 of 1 sources cannot be read: feed: no Secret",
    ],
    // One of them may come by itself, or come back.
    [
      [],
      [
        { ...source, error: "no Secret", reason: "SecretMissing" },
        { ...source, name: "b", fetchedAt: undefined },
      ],
      "Reconciling",
      "True",
      "No version is known. 1 of 2 sources cannot be read: feed: no Secret",
    ],
    [
      [],
      [
        { ...source, error: "no Secret", reason: "SecretMissing" },
        { ...source, name: "b", error: "timeout", reason: "ReleaseSourceUnreachable" },
      ],
      "Reconciling",
      "True",
      "No version is known. 2 of 2 sources cannot be read: feed: no Secret",
    ],
  ] as const)("with failing sources: %#", (releases, sources, type, state, message) => {
    const status = releaseCatalogStatus({ releases, sources, refusals: [] }, { metadata }, NOW);
    expect(status.message).toBe(message);
    expect(status.conditions?.find((each) => each.type === type)?.status).toBe(state);
  });

  it("tells a source that waits for somebody in one word, on the catalog too", () => {
    const failing = { ...source, error: "refused", reason: "RegistryLoginRefused" };
    const status = releaseCatalogStatus({ releases: [], sources: [failing], refusals: [] }, { metadata }, NOW);
    expect(stored("ReleaseCatalog", status)["status"]).toMatchObject({
      sources: [{ name: "feed", reason: "RegistryLoginRefused", error: "refused" }],
      conditions: [
        { type: "Ready", status: "False", reason: "RegistryLoginRefused" },
        { type: "Stalled", status: "True", reason: "RegistryLoginRefused" },
      ],
    });
  });

  it("keeps 200 of many", () => {
    const releases = Array.from({ length: 400 }, (_, number) => release(`v1.35.${number}`, "y".repeat(2_000)));
    const status = releaseCatalogStatus({ releases, sources: [{ ...source, error: "e".repeat(9_999) }], refusals: [] }, { metadata }, NOW);
    expect(() => stored("ReleaseCatalog", status)).not.toThrow();
    expect(status.releases?.[0]?.version).toBe("v1.35.399");
    expect(status.releases).toHaveLength(200);
  });
});
