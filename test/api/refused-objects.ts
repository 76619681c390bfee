/** Objects of our kinds that an API server must refuse, with what it says (recorded from kube-apiserver v1.36.3). The sandbox says the same (test/unit/api-kinds.test.ts), a real one too (test/e2e/api.e2e.test.ts). */
export interface RefusedObject {
  readonly title: string;
  readonly kind: "UpgradePolicy" | "ClusterUpgrade" | "ReleaseCatalog";
  readonly spec: object;
  /** What it was before, where the refusal is one of a change. */
  readonly before?: object;
  /** After `<Kind>.upgrades.clusterapi-gitops.io "<name>" is invalid: `. */
  readonly message: string;
}

const policy = { clusters: {}, target: { channel: "Stable" } };
const upgrade = { clusterName: "demo", targetVersion: "v1.35.2" };
const gitFile = { url: "https://git.example.com/fleet.git", path: "releases.yaml" };

export const goodSpecs = {
  UpgradePolicy: policy,
  ClusterUpgrade: upgrade,
  ReleaseCatalog: { releases: [{ version: "v1.35.2", releasedAt: "2026-08-20" }] },
} as const;

export const refusedObjects: readonly RefusedObject[] = [
  {
    title: "a policy for no clusters",
    kind: "UpgradePolicy",
    spec: { target: { channel: "Stable" } },
    message:
      "[spec.clusters: Required value, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]",
  },
  {
    title: "an unknown channel",
    kind: "UpgradePolicy",
    spec: { ...policy, target: { channel: "Fast" } },
    message:
      '[spec.target.channel: Unsupported value: "Fast": supported values: "Patch", "Stable", "Rapid", "Pinned", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
  },
  {
    title: "Pinned without a version",
    kind: "UpgradePolicy",
    spec: { ...policy, target: { channel: "Pinned" } },
    message: "spec.target: Invalid value: version belongs to channel Pinned, and only to it; set both or neither",
  },
  {
    title: "a version without Pinned",
    kind: "UpgradePolicy",
    spec: { ...policy, target: { channel: "Stable", version: "v1.35.2" } },
    message: "spec.target: Invalid value: version belongs to channel Pinned, and only to it; set both or neither",
  },
  {
    title: "no version",
    kind: "UpgradePolicy",
    spec: { ...policy, target: { channel: "Pinned", version: "1.35" } },
    message: 'spec.target.version: Invalid value: "1.35": is not a Kubernetes version; write it with v and three numbers, as v1.35.2',
  },
  {
    title: "avoid of nothing",
    kind: "UpgradePolicy",
    spec: { ...policy, target: { channel: "Patch", avoid: ["v1"] } },
    message: 'spec.target.avoid[0]: Invalid value: "v1": is neither a Kubernetes version nor a minor; write it as v1.35.1 or v1.34',
  },
  {
    title: "an age in words",
    kind: "UpgradePolicy",
    spec: { ...policy, target: { channel: "Patch", minimumAge: "3 days" } },
    message:
      'spec.target.minimumAge: Invalid value: "3 days": is not a duration; write whole numbers with s, m, h or d, as 90s, 10m, 1h30m or 3d',
  },
  {
    title: "In without values",
    kind: "UpgradePolicy",
    spec: { ...policy, clusters: { selector: { matchExpressions: [{ key: "env", operator: "In" }] } } },
    message:
      "spec.clusters.selector.matchExpressions[0]: Invalid value: operators In and NotIn need values, Exists and DoesNotExist have none",
  },
  {
    title: "Exists with values",
    kind: "UpgradePolicy",
    spec: { ...policy, clusters: { selector: { matchExpressions: [{ key: "env", operator: "Exists", values: ["a"] }] } } },
    message:
      "spec.clusters.selector.matchExpressions[0]: Invalid value: operators In and NotIn need values, Exists and DoesNotExist have none",
  },
  {
    title: "a cron of four fields",
    kind: "UpgradePolicy",
    spec: { ...policy, schedule: { windows: [{ cron: "0 22 * *", duration: "6h" }] } },
    message:
      'spec.schedule.windows[0].cron: Invalid value: "0 22 * *": is not a cron expression of five fields (minute, hour, day of month, month, day of week); write it as 0 22 * * MON-THU',
  },
  {
    title: "a time zone with a space",
    kind: "UpgradePolicy",
    spec: { ...policy, schedule: { timeZone: "Europe Berlin" } },
    message: 'spec.schedule.timeZone: Invalid value: "Europe Berlin": is not the name of a time zone; write it as Europe/Berlin or UTC',
  },
  {
    title: "an exclusion that ends before it begins",
    kind: "UpgradePolicy",
    spec: { ...policy, schedule: { exclusions: [{ name: "x", from: "2027-01-04T00:00:00Z", until: "2026-12-18T00:00:00+01:00" }] } },
    message: "spec.schedule.exclusions[0]: Invalid value: ends before it begins; until must be later than from",
  },
  {
    title: "two exclusions of one name",
    kind: "UpgradePolicy",
    spec: {
      ...policy,
      schedule: {
        exclusions: [
          { name: "x", from: "2026-12-18T00:00:00Z", until: "2027-01-04T00:00:00Z" },
          { name: "x", from: "2027-12-18T00:00:00Z", until: "2028-01-04T00:00:00Z" },
        ],
      },
    },
    message: 'spec.schedule.exclusions[1]: Duplicate value: {"name":"x"}',
  },
  {
    title: "two sources of credentials",
    kind: "UpgradePolicy",
    spec: { ...policy, git: { useEngineCredentials: true, credentialsSecretRef: { name: "a" } } },
    message: "spec.git: Invalid value: credentialsSecretRef and useEngineCredentials exclude each other; keep one of them",
  },
  {
    title: "autoMerge of a push",
    kind: "UpgradePolicy",
    spec: { ...policy, git: { autoMerge: true } },
    message: "spec.git: Invalid value: autoMerge needs mode PullRequest; set the mode or leave autoMerge out",
  },
  {
    title: "a forge for a push",
    kind: "UpgradePolicy",
    spec: { ...policy, git: { forge: { kind: "Gitea" } } },
    message: "spec.git: Invalid value: forge needs mode PullRequest; set the mode or leave forge out",
  },
  {
    title: "a batch of pushes",
    kind: "UpgradePolicy",
    spec: { ...policy, git: { pullRequestPer: "Policy" } },
    message: "spec.git: Invalid value: pullRequestPer needs mode PullRequest; set the mode or leave pullRequestPer out",
  },
  {
    title: "Git things for mode Direct",
    kind: "UpgradePolicy",
    spec: { ...policy, git: { mode: "Direct", signOff: true } },
    message:
      "spec.git: Invalid value: mode Direct writes to the management cluster and uses nothing of Git; leave mode as the only field, or set mode Push or PullRequest",
  },
  {
    title: "credentials in a URL",
    kind: "UpgradePolicy",
    spec: { ...policy, git: { repository: { url: "https://me:secret@git.example.com/fleet.git" } } },
    message:
      "spec.git.repository: Invalid value: the url carries credentials; take them out, change them (they are no secret any more), and name a Secret in credentialsSecretRef",
  },
  {
    title: "none at once",
    kind: "UpgradePolicy",
    spec: { ...policy, maxConcurrent: 0 },
    message: "spec.maxConcurrent: Invalid value: 0: spec.maxConcurrent in body should be greater than or equal to 1",
  },
  {
    title: "another cluster",
    kind: "ClusterUpgrade",
    before: upgrade,
    spec: { ...upgrade, clusterName: "other" },
    message: 'spec.clusterName: Invalid value: "other": cannot be changed; make another ClusterUpgrade',
  },
  {
    title: "another version",
    kind: "ClusterUpgrade",
    before: upgrade,
    spec: { ...upgrade, targetVersion: "v1.35.3" },
    message: 'spec.targetVersion: Invalid value: "v1.35.3": cannot be changed; cancel this ClusterUpgrade and make another',
  },
  {
    title: "another way",
    kind: "ClusterUpgrade",
    before: upgrade,
    spec: { ...upgrade, via: ["v1.34.4"] },
    message: "spec: Invalid value: via cannot be changed; cancel this ClusterUpgrade and make another",
  },
  {
    title: "another policy",
    kind: "ClusterUpgrade",
    before: { ...upgrade, policyName: "a" },
    spec: { ...upgrade, policyName: "b" },
    message: "spec: Invalid value: policyName cannot be changed; make another ClusterUpgrade",
  },
  {
    title: "a cancelled one taken up again",
    kind: "ClusterUpgrade",
    before: { ...upgrade, cancelled: true },
    spec: { ...upgrade, cancelled: false },
    message: "spec.cancelled: Invalid value: false: cannot be taken back; make another ClusterUpgrade",
  },
  {
    title: "a retry taken back",
    kind: "ClusterUpgrade",
    before: { ...upgrade, retry: 2 },
    spec: { ...upgrade, retry: 1 },
    message: "spec.retry: Invalid value: 1: cannot become smaller; set it higher to try again",
  },
  {
    title: "an approval of something else",
    kind: "ClusterUpgrade",
    spec: { ...upgrade, approved: ["Nodes"] },
    message:
      '[spec.approved[0]: Unsupported value: "Nodes": supported values: "ControlPlane", "Workers", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
  },
  {
    title: "a catalog of nothing",
    kind: "ReleaseCatalog",
    spec: {},
    message: "spec: Invalid value: 0: spec in body should have at least 1 properties",
  },
  {
    title: "a source without a place",
    kind: "ReleaseCatalog",
    spec: { sources: [{ name: "a" }] },
    message: "spec.sources[0]: Invalid value: exactly one of gitFile, feed, registryTags and channel must be set",
  },
  {
    title: "a source with two places",
    kind: "ReleaseCatalog",
    spec: { sources: [{ name: "a", gitFile, channel: { url: "https://update.k3s.io/v1-release/channels/stable" } }] },
    message: "spec.sources[0]: Invalid value: exactly one of gitFile, feed, registryTags and channel must be set",
  },
  {
    title: "a feed with credentials in its URL",
    kind: "ReleaseCatalog",
    spec: { sources: [{ name: "a", feed: { format: "StableText", url: "https://me:secret@example.com/" } }] },
    message:
      "spec.sources[0].feed: Invalid value: url is no http address without credentials; write it as https://endoflife.date/api/kubernetes.json, and name a Secret in credentialsSecretRef",
  },
  {
    title: "a pattern of tags without a version",
    kind: "ReleaseCatalog",
    spec: { sources: [{ name: "a", registryTags: { repository: "kindest/node", tagPattern: "v1.34" } }] },
    message:
      'spec.sources[0].registryTags.tagPattern: Invalid value: "v1.34": does not say where the version stands in a tag; write it as {version}, {version-build} or node-{version}-amd64',
  },
  {
    title: "an image without a version",
    kind: "ReleaseCatalog",
    spec: { images: [{ templateKind: "DockerMachineTemplate", image: "kindest/node:latest" }] },
    message:
      'spec.images[0].image: Invalid value: "kindest/node:latest": does not say where the version stands; write it as kindest/node:{version}',
  },
  {
    title: "a rule for images that says nothing",
    kind: "ReleaseCatalog",
    spec: { images: [{ templateKind: "AWSMachineTemplate" }] },
    message:
      "spec.images[0]: Invalid value: says nothing; set image, or mustExist for versions that must have an image in releases or a source",
  },
  {
    title: "a rule with a path for no image",
    kind: "ReleaseCatalog",
    spec: { images: [{ templateKind: "AWSMachineTemplate", mustExist: true, path: "/spec/template/spec/ami/id" }] },
    message: "spec.images[0]: Invalid value: path needs image; set it, or leave path out",
  },
  {
    title: "credentials for an image that is not looked for",
    kind: "ReleaseCatalog",
    spec: { images: [{ templateKind: "DockerMachineTemplate", image: "kindest/node:{version}", credentialsSecretRef: { name: "a" } }] },
    message:
      "spec.images[0]: Invalid value: credentialsSecretRef is for looking an image up in its registry; set image and mustExist, or leave it out",
  },
  {
    title: "an image that goes to no field of a template",
    kind: "ReleaseCatalog",
    spec: { releases: [{ version: "v1.35.2", images: [{ templateKind: "AWSMachineTemplate", image: "ami-1", path: "/metadata/name" }] }] },
    message:
      'spec.releases[0].images[0].path: Invalid value: "/metadata/name": is no path into a machine template; write it as /spec/template/spec/ami/id',
  },
  {
    title: "a release without a day",
    kind: "ReleaseCatalog",
    spec: { releases: [{ version: "v1.35.2", releasedAt: "last week" }] },
    message: 'spec.releases[0].releasedAt: Invalid value: "last week": is no date; write it as 2026-08-20 or 2026-08-20T09:30:00Z',
  },
  {
    title: "a release twice",
    kind: "ReleaseCatalog",
    spec: { releases: [{ version: "v1.35.2" }, { version: "v1.35.2" }] },
    message: 'spec.releases[1]: Duplicate value: {"version":"v1.35.2"}',
  },
];
