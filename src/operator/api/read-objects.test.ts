import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ReadResult } from "./object-fields.ts";
import { readClusterUpgrade } from "./read-cluster-upgrade.ts";
import { readCatalogReleases, readReleaseCatalog } from "./read-release-catalog.ts";
import { readUpgradePolicy } from "./read-upgrade-policy.ts";

const metadata = { name: "a", namespace: "demo", uid: "u-1", generation: 3, creationTimestamp: "2026-11-01T00:00:00Z" };
const policySpec = { clusters: {}, target: { channel: "Stable" } };
const upgradeSpec = { clusterName: "demo", targetVersion: "v1.35.2" };

function valueOf<T>(result: ReadResult<T>): T {
  if (result.kind === "refused") throw new Error(result.refusals.map(({ message }) => message).join("\n"));
  return result.value;
}

function refusalsOf(result: ReadResult<unknown>): readonly string[] {
  return result.kind === "read" ? [] : result.refusals.map(({ message, remedy }) => `${message} ${remedy}`);
}

describe("an UpgradePolicy", () => {
  it("has defaults for everything that is left out", () => {
    expect(valueOf(readUpgradePolicy({ metadata, spec: policySpec }))).toEqual({
      policy: {
        name: "a",
        createdAt: Date.UTC(2026, 10, 1),
        priority: 0,
        clusters: { namespaces: undefined, matchLabels: {}, matchExpressions: [] },
        target: { channel: { kind: "stable" }, minimumAgeSeconds: 72 * 3_600, avoid: [] },
        settings: {
          schedule: { timeZone: "UTC", windows: [], exclusions: [] },
          atWindowEnd: "finish-pool",
          approval: [],
          holdSeconds: 60,
          stallSeconds: 1_800,
          retireOldTemplates: false,
        },
        minimumIntervalSeconds: 0,
        maxConcurrent: undefined,
        suspended: false,
      },
      generation: 3,
      catalog: "default",
      git: {
        mode: "push",
        credentialsSecret: undefined,
        useEngineCredentials: false,
        repository: { url: undefined, branch: undefined, path: undefined },
        author: undefined,
        signOff: false,
        signingSecret: undefined,
        forge: { kind: undefined, apiUrl: undefined },
        pullRequestPer: "cluster",
        autoMerge: false,
      },
      notifications: [],
    });
  });

  it("is read whole", () => {
    const spec = {
      clusters: {
        namespaces: ["prod"],
        selector: { matchLabels: { tier: "canary" }, matchExpressions: [{ key: "env", operator: "NotIn", values: ["dev"] }] },
      },
      priority: -5,
      target: { channel: "Pinned", version: "v1.35.2", avoid: ["v1.35.1", "v1.34"], catalogRef: { name: "eu" } },
      schedule: {
        timeZone: "Europe/Berlin",
        windows: [{ cron: "0 22 * * MON-THU", duration: "6h" }],
        exclusions: [
          { name: "year-end", from: "2026-12-18T00:00:00Z", until: "2027-01-04T06:00:00Z" },
          { name: "fair", from: "2027-02-01T00:00:00Z", until: "2027-02-02T00:00:00Z", scope: "Minor" },
        ],
        minimumInterval: "1d",
        atWindowEnd: "HardStop",
      },
      approval: "BeforeEach",
      maxConcurrent: 5,
      proof: { hold: "10m", stall: "1h" },
      git: {
        mode: "PullRequest",
        credentialsSecretRef: { name: "fleet" },
        repository: { url: "git@git.example.com:fleet.git", branch: "main", path: "clusters" },
        author: { name: "Platform", email: "p@example.com" },
        signOff: true,
        signingSecretRef: { name: "key" },
        forge: { kind: "Gitea", apiURL: "https://git.example.com/api/v1" },
        pullRequestPer: "Policy",
        autoMerge: true,
      },
      notifications: [{ name: "chat", format: "Slack", secretRef: { name: "hook" }, on: ["Stuck", "Done"] }],
      retireOldTemplates: true,
      suspend: true,
    };
    expect(valueOf(readUpgradePolicy({ metadata, spec }))).toMatchObject({
      policy: {
        priority: -5,
        clusters: {
          namespaces: ["prod"],
          matchLabels: { tier: "canary" },
          matchExpressions: [{ key: "env", operator: "NotIn", values: ["dev"] }],
        },
        target: { channel: { kind: "pinned", version: "v1.35.2" }, minimumAgeSeconds: 0, avoid: ["v1.35.1", "v1.34"] },
        settings: {
          schedule: {
            timeZone: "Europe/Berlin",
            windows: [{ cron: "0 22 * * MON-THU", durationSeconds: 21_600 }],
            exclusions: [
              { name: "year-end", from: Date.UTC(2026, 11, 18), until: Date.UTC(2027, 0, 4, 6), scope: "all" },
              { name: "fair", scope: "minor" },
            ],
          },
          atWindowEnd: "hard-stop",
          approval: ["control-plane", "workers"],
          holdSeconds: 600,
          stallSeconds: 3_600,
          retireOldTemplates: true,
        },
        minimumIntervalSeconds: 86_400,
        maxConcurrent: 5,
        suspended: true,
      },
      catalog: "eu",
      git: {
        mode: "pull-request",
        credentialsSecret: "fleet",
        repository: { url: "git@git.example.com:fleet.git", branch: "main", path: "clusters" },
        author: { name: "Platform", email: "p@example.com" },
        signOff: true,
        signingSecret: "key",
        forge: { kind: "gitea", apiUrl: "https://git.example.com/api/v1" },
        pullRequestPer: "policy",
        autoMerge: true,
      },
      notifications: [{ name: "chat", format: "slack", secret: "hook", on: ["stuck", "done"] }],
    });
  });

  it.each([
    ["None", []],
    ["BeforeControlPlane", ["control-plane"]],
    ["BeforeWorkers", ["workers"]],
    ["BeforeEach", ["control-plane", "workers"]],
  ])("approval %s asks before %j", (approval, expected) => {
    expect(valueOf(readUpgradePolicy({ metadata, spec: { ...policySpec, approval } })).policy.settings.approval).toEqual(expected);
  });

  it("that names nobody for a notification is told of everything", () => {
    const spec = { ...policySpec, notifications: [{ name: "n", format: "JSON", secretRef: { name: "s" } }] };
    expect(valueOf(readUpgradePolicy({ metadata, spec })).notifications[0]?.on).toEqual([
      "available",
      "waiting-for-approval",
      "waiting-for-review",
      "started",
      "stuck",
      "done",
      "reverted",
      "cancelled",
    ]);
  });

  // What an API server cannot check, and what one with older rules would have let through.
  it.each([
    [
      { schedule: { windows: [{ cron: "99 22 * * *", duration: "6h" }] } },
      /^spec\.schedule\.windows\[0\]\.cron is "99 22 \* \* \*", which is not a cron expression of five fields\. Write minute, hour, day of month, month and day of week, as 0 22 \* \* MON-THU\.$/,
    ],
    [
      { schedule: { windows: [{ cron: "* * * * * *", duration: "6h" }] } },
      /cron is "\* \* \* \* \* \*", which is not a cron expression of five fields/,
    ],
    [
      { schedule: { timeZone: "Europe/Saigon" } },
      /^spec\.schedule\.timeZone is "Europe\/Saigon", which is no time zone that is known here.*IANA database, as Europe\/Berlin, or UTC\.$/,
    ],
    [{ schedule: { timeZone: "+02:00" } }, /is no time zone/],
    [{ schedule: { windows: [{ cron: "0 22 * * *", duration: "0s" }] } }, /windows\[0\]\.duration is "0s", which is no time at all/],
    [{ schedule: { windows: [{ cron: "0 22 * * *" }] } }, /windows\[0\]\.duration is missing/],
    [
      { schedule: { exclusions: [{ name: "x", from: "2027-01-01T00:00:00Z", until: "2026-01-01T00:00:00Z" }] } },
      /until is .* which is not later than from/,
    ],
    [
      { schedule: { exclusions: [{ name: "x", from: "soon", until: "2026-01-01T00:00:00Z" }] } },
      /from is "soon", which is neither a day nor a time/,
    ],
    [{ schedule: { atWindowEnd: "Whenever" } }, /atWindowEnd is "Whenever", which is not one of HardStop, FinishPool, Finish/],
    [{ proof: { stall: "0s" } }, /spec\.proof\.stall is "0s", which is no time at all/],
    [{ proof: { hold: "60" } }, /spec\.proof\.hold is "60", which is not a duration\. Write whole numbers with s, m, h or d/],
    [{ clusters: undefined }, /spec\.clusters is undefined, which selects nothing/],
    [
      { clusters: { selector: { matchExpressions: [{ key: "a", operator: "Gt", values: ["1"] }] } } },
      /operator is "Gt", which is not one of In, NotIn, Exists, DoesNotExist/,
    ],
    [
      { clusters: { selector: { matchExpressions: [{ key: "a", operator: "In" }] } } },
      /values is \[\], which gives In nothing to compare with/,
    ],
    [
      { clusters: { selector: { matchExpressions: [{ key: "a", operator: "Exists", values: ["1"] }] } } },
      /values is \["1"\], which Exists does not look at/,
    ],
    [{ clusters: { selector: { matchLabels: { a: 1 } } } }, /matchLabels\.a is 1, which is not a text/],
    [{ target: { channel: "Pinned" } }, /spec\.target\.version is missing/],
    [{ target: { channel: "Rapid", version: "v1.35.2" } }, /version is "v1\.35\.2", which only channel Pinned has/],
    [{ target: { channel: "Pinned", version: "1.35" } }, /version is "1\.35", which is not a Kubernetes version/],
    [{ target: { channel: "Patch", avoid: ["v1.34", "latest"] } }, /avoid\[1\] is "latest", which is neither a version nor a minor/],
    [
      { git: { repository: { url: "https://me:pw@host/fleet.git" } } },
      /^spec\.git\.repository\.url is "an address with a password in it", which everybody can read/,
    ],
    [{ git: { credentialsSecretRef: {} } }, /spec\.git\.credentialsSecretRef\.name is missing/],
    [
      { notifications: [{ name: "n", format: "JSON", secretRef: { name: "s" }, on: ["Started", "Lunch"] }] },
      /on\[1\] is "Lunch", which is not one of/,
    ],
    [{ maxConcurrent: 0 }, /maxConcurrent is 0, which is not a whole number from 1 up/],
    [{ suspend: "yes" }, /suspend is "yes", which is not true or false/],
  ])("is refused, with the field and what to write: %j", (change, expected) => {
    const refusals = refusalsOf(readUpgradePolicy({ metadata, spec: { ...policySpec, ...change } }));
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatch(expected);
  });

  it("tells every mistake at once, under one reason", () => {
    const result = readUpgradePolicy({ metadata, spec: { ...policySpec, suspend: 1, priority: "a", target: { channel: 1 } } });
    expect(result.kind === "refused" && result.refusals.map(({ reason }) => reason)).toEqual(Array(3).fill("InvalidUpgradePolicy"));
  });

  it("never repeats a password", () => {
    const spec = { ...policySpec, git: { repository: { url: "https://me:hunter2@host/fleet.git" } } };
    expect(JSON.stringify(readUpgradePolicy({ metadata, spec }))).not.toContain("hunter2");
  });
});

describe("a ClusterUpgrade", () => {
  it("has defaults for everything that is left out", () => {
    expect(valueOf(readClusterUpgrade({ metadata, spec: upgradeSpec }))).toMatchObject({
      namespace: "demo",
      name: "a",
      uid: "u-1",
      generation: 3,
      clusterName: "demo",
      targetVersion: "v1.35.2",
      via: [],
      policyName: undefined,
      catalog: undefined,
      verbs: { approved: [], paused: false, cancelled: false, retry: 0, skipSoak: false },
      settings: { holdSeconds: 60, stallSeconds: 1_800, atWindowEnd: "finish-pool" },
      memory: undefined,
    });
  });

  it("tells where it is, whatever else its status holds", () => {
    const status = { phase: "TimedOut", finishedAt: "2026-11-01T01:00:00Z", memory: 1 };
    expect(valueOf(readClusterUpgrade({ metadata, spec: { ...upgradeSpec, supersededBy: "v1.36.1" }, status }))).toMatchObject({
      phase: "timed-out",
      finishedAt: Date.UTC(2026, 10, 1, 1),
      verbs: { supersededBy: "v1.36.1" },
      memory: undefined,
    });
  });

  it("tells what people have said", () => {
    const spec = {
      ...upgradeSpec,
      via: ["v1.34.4"],
      policyName: "p",
      catalogRef: { name: "eu" },
      approved: ["Workers", "ControlPlane"],
      paused: true,
      cancelled: true,
      retry: 2,
      skipSoak: true,
    };
    expect(valueOf(readClusterUpgrade({ metadata, spec }))).toMatchObject({
      via: ["v1.34.4"],
      policyName: "p",
      catalog: "eu",
      verbs: { approved: ["workers", "control-plane"], paused: true, cancelled: true, retry: 2, skipSoak: true },
    });
  });

  it.each([
    [{ clusterName: undefined }, /spec\.clusterName is missing/],
    [{ targetVersion: "latest" }, /spec\.targetVersion is "latest", which is not a Kubernetes version/],
    [{ via: ["v1.34.4", "x"] }, /spec\.via\[1\] is "x"/],
    [{ approved: ["Nodes"] }, /approved\[0\] is "Nodes", which is neither ControlPlane nor Workers/],
    [{ retry: -1 }, /retry is -1, which is not a whole number from 0 up/],
  ])("is refused: %j", (change, expected) => {
    const refusals = refusalsOf(readClusterUpgrade({ metadata, spec: { ...upgradeSpec, ...change } }));
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatch(expected);
  });
});

describe("a ReleaseCatalog", () => {
  it("is read whole", () => {
    const spec = {
      releases: [
        {
          version: "v1.35.2",
          releasedAt: "2026-08-20",
          endOfLifeAt: "2027-02-28T12:00:00Z",
          images: [
            { templateKind: "DockerMachineTemplate", image: "kindest/node:v1.35.2" },
            {
              templateKind: "AWSMachineTemplate",
              image: "ami-1",
              path: "/spec/template/spec/ami/id",
              variable: { name: "ami", path: "/id", part: "gpu-worker" },
            },
          ],
        },
        { version: "v1.35.1", withdrawn: "leaks" },
      ],
      sources: [
        {
          name: "git",
          interval: "6h",
          gitFile: { url: "https://g/r.git", path: "r.yaml", branch: "main", credentialsSecretRef: { name: "c" } },
        },
        { name: "feed", feed: { format: "EndOfLifeDateV1", url: "https://endoflife.date/x" } },
        { name: "tags", registryTags: { repository: "docker.io/kindest/node", templateKind: "DockerMachineTemplate" } },
        { name: "k3s", channel: { url: "https://update.k3s.io/stable" } },
      ],
      images: [
        {
          templateKind: "DockerMachineTemplate",
          image: "kindest/node:{version}",
          mustExist: true,
          path: "/spec/template/spec/customImage",
          variable: { name: "osImage" },
        },
        { templateKind: "AWSMachineTemplate", mustExist: true },
        { templateKind: "KubevirtMachineTemplate", image: "r.test/a:{version}", mustExist: true, credentialsSecretRef: { name: "r" } },
      ],
    };
    expect(valueOf(readReleaseCatalog({ metadata, spec }))).toEqual({
      name: "a",
      generation: 3,
      releases: [
        {
          version: "v1.35.2",
          releasedAt: Date.UTC(2026, 7, 20),
          endOfLifeAt: Date.UTC(2027, 1, 28, 12),
          images: [
            { templateKind: "DockerMachineTemplate", image: "kindest/node:v1.35.2" },
            {
              templateKind: "AWSMachineTemplate",
              image: "ami-1",
              path: "/spec/template/spec/ami/id",
              variable: { name: "ami", path: "/id", part: "gpu-worker" },
            },
          ],
          withdrawn: undefined,
        },
        { version: "v1.35.1", releasedAt: undefined, endOfLifeAt: undefined, images: [], withdrawn: "leaks" },
      ],
      sources: [
        {
          name: "git",
          intervalSeconds: 21_600,
          from: { kind: "git-file", url: "https://g/r.git", path: "r.yaml", branch: "main", credentialsSecret: "c" },
        },
        {
          name: "feed",
          intervalSeconds: 3_600,
          from: { kind: "feed", format: "endoflife-date-v1", url: "https://endoflife.date/x", credentialsSecret: undefined },
        },
        {
          name: "tags",
          intervalSeconds: 3_600,
          from: {
            kind: "registry-tags",
            repository: "docker.io/kindest/node",
            tagPattern: "{version}",
            templateKind: "DockerMachineTemplate",
            credentialsSecret: undefined,
          },
        },
        { name: "k3s", intervalSeconds: 3_600, from: { kind: "channel", url: "https://update.k3s.io/stable" } },
      ],
      images: [
        {
          templateKind: "DockerMachineTemplate",
          image: "kindest/node:{version}",
          mustExist: true,
          path: "/spec/template/spec/customImage",
          variable: { name: "osImage" },
        },
        { templateKind: "AWSMachineTemplate", image: undefined, mustExist: true },
        { templateKind: "KubevirtMachineTemplate", image: "r.test/a:{version}", mustExist: true, credentialsSecret: "r" },
      ],
    });
  });

  it.each([
    [{ sources: [{ name: "a" }] }, /spec\.sources\[0\]\.feed is undefined, which leaves the source without a place to look/],
    [
      { sources: [{ name: "a", channel: { url: "u" }, feed: { format: "Releases", url: "u" } }] },
      /spec\.sources\[0\]\.channel is "set", which is one source too many beside feed/,
    ],
    [{ sources: [{ name: "a", feed: { url: "u" } }] }, /feed\.format is missing/],
    [{ sources: [{ name: "a", channel: {} }] }, /channel\.url is missing/],
    [{ sources: [{ name: "a", interval: "0s", channel: { url: "u" } }] }, /interval is "0s"/],
    [{ images: [{ templateKind: "X" }] }, /images\[0\]\.image is undefined, which makes a rule that says nothing/],
    [{ images: [{ templateKind: "X", image: "a:latest" }] }, /image is "a:latest", which does not say where the version stands/],
    [
      { images: [{ templateKind: "X", image: "a:{version}", credentialsSecretRef: { name: "r" } }] },
      /images\[0\]\.credentialsSecretRef is "r", which is for looking an image up in its registry/,
    ],
    [
      { images: [{ templateKind: "X", mustExist: true, credentialsSecretRef: { name: "r" } }] },
      /credentialsSecretRef is "r", which is for looking an image up/,
    ],
    [
      { images: [{ templateKind: "X", image: "a:{version}", mustExist: true, credentialsSecretRef: {} }] },
      /credentialsSecretRef\.name is missing/,
    ],
    [
      { releases: [{ version: "v1.35.2", images: [{ templateKind: "X", image: "a", path: "/spec/template" }] }] },
      /images\[0\]\.path is "\/spec\/template", which is no path into a machine template/,
    ],
    [
      { releases: [{ version: "v1.35.2", images: [{ templateKind: "X", image: "a", variable: { name: "osImage", path: "id" } }] }] },
      /images\[0\]\.variable\.path is "id", which is no path into the value of a variable/,
    ],
    [{ images: [{ templateKind: "X", image: "{version}", variable: {} }] }, /images\[0\]\.variable\.name is missing/],
    [{ releases: [{ version: "1.35" }] }, /releases\[0\]\.version is "1\.35", which is not a Kubernetes version/],
    [{ releases: ["v1.35.2"] }, /releases\[0\] is "v1\.35\.2", which is not an object/],
    [{ releases: {} }, /releases is \{\}, which is not a list/],
  ])("is refused: %j", (spec, expected) => {
    const refusals = refusalsOf(readReleaseCatalog({ metadata, spec }));
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatch(expected);
  });

  it("gives back what its status keeps", () => {
    const status = { releases: [{ version: "v1.35.2", releasedAt: "2026-08-20T00:00:00Z" }] };
    expect(readCatalogReleases({ status })).toEqual([
      { version: "v1.35.2", releasedAt: Date.UTC(2026, 7, 20), endOfLifeAt: undefined, images: [], withdrawn: undefined },
    ]);
    expect(readCatalogReleases({})).toEqual([]);
  });
});

describe("strange objects", () => {
  const fields = [
    "metadata",
    "spec",
    "status",
    "memory",
    "target",
    "schedule",
    "windows",
    "git",
    "clusters",
    "selector",
    "sources",
    "releases",
    "currentStep",
    "proof",
    "startedAt",
    "stillSince",
  ];
  const { strange } = fc.letrec<{ strange: unknown }>((tie) => ({
    strange: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(null, undefined, "", "v1.35.2", "2026-01-01T00:00:00Z", 0, -1, Number.NaN, true),
      fc.array(tie("strange"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...fields, "__proto__", "toString"), tie("strange"), { maxKeys: 6 }),
    ),
  }));

  it.each([
    ["readUpgradePolicy", readUpgradePolicy],
    ["readClusterUpgrade", readClusterUpgrade],
    ["readReleaseCatalog", readReleaseCatalog],
    ["readCatalogReleases", readCatalogReleases],
  ])("%s throws at none of them", (_, read) => {
    fc.assert(
      fc.property(strange, (object) => {
        read(object);
        return true;
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});
