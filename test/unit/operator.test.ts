import { describe, expect, it } from "vitest";
import { clusterClassFile, plainClusterFiles, topologyClusterFile } from "../../src/sandbox/worlds/fleet-files.ts";
import { GitError } from "../../src/git/git-error.ts";
import { transactionSteps } from "../../src/git/git-repository.ts";
import { ApiError, ConnectionError } from "../../src/kubernetes/errors.ts";
import { operatorSteps } from "../../src/operator/controllers/operator-steps.ts";
import { LeaseLostError } from "../../src/operator/runtime/leader-election.ts";
import { api, catalog, namespace, phaseOf, policy, release, statusOf, upgradeIds } from "../simulation/operator-objects.ts";
import { versionsAndImages, withImage, withImageVariable } from "../simulation/image-variable.ts";
import { operatorWorld, worldStart, type OperatorWorld, type ReplicaOptions } from "../simulation/operator-world.ts";

const cluster = {
  name: "demo",
  namespace,
  version: "v1.33.1",
  controlPlanes: 1,
  pools: [{ name: "pool-a", replicas: 2 }],
  startupDuration: "5s",
};
const topologyFiles = {
  "clusters/class.yaml": clusterClassFile(namespace, { startupDuration: "5s" }),
  "clusters/demo/cluster.yaml": topologyClusterFile(cluster),
};
const plainFiles = plainClusterFiles("clusters/demo", cluster);
/** Machine templates that name the version: each step makes new ones. */
const pinnedFiles = Object.fromEntries(
  Object.entries(plainFiles).map(([file, text]) => [
    file,
    text.replaceAll(
      /(kind: DevMachineTemplate\nmetadata:\n[^]*?\nspec:\n {2}template:\n)/g,
      `$1    metadata:\n      annotations: { example.com/image: "kindest/node:${cluster.version}" }\n`,
    ),
  ]),
);

function machineVersions(world: OperatorWorld): readonly string[] {
  return world
    .list("Machine")
    .map(({ spec }) => (spec as { readonly version: string }).version)
    .sort();
}

describe("an operator, a policy and a catalog", () => {
  it.each([
    ["topology", topologyFiles, 1],
    ["plain", plainFiles, 2],
  ])("%s: a version appears, a person approves, Git is changed and applied, every machine proves it", async (_, files, steps) => {
    const world = await operatorWorld({ files });
    world.apply(catalog("v1.33.1"));
    world.apply(policy({ approval: "BeforeControlPlane" }));
    const told: string[] = [];
    const operator = world.startOperator("operator-0", {
      notify: (_object, kind) => {
        told.push(kind);
        return true;
      },
    });
    await world.pass(30);
    expect(world.list("ClusterUpgrade")).toEqual([]);
    world.apply(catalog("v1.33.1", "v1.34.0"));
    await world.until("waits for approval", () => phaseOf(world, "demo-v1.34.0") === "WaitingForApproval", 60);
    expect(upgradeIds(world)).toEqual([]);
    world.apply({
      apiVersion: api,
      kind: "ClusterUpgrade",
      metadata: { name: "demo-v1.34.0", namespace },
      spec: { approved: ["ControlPlane"] },
    });
    await world.until("proven", () => phaseOf(world, "demo-v1.34.0") === "Proven", 1800);
    expect(new Set(machineVersions(world))).toEqual(new Set(["v1.34.0"]));
    expect(upgradeIds(world)).toHaveLength(steps);
    expect(told).toEqual(["waiting-for-approval", "started", "done"]);
    expect(await world.drive(operator.stop())).toBe("ended");
    await world.close();
  });
});

describe("machine images of a catalog", () => {
  const imaged = (image: string) =>
    Object.fromEntries(
      Object.entries(pinnedFiles).map(([file, text]) => [file, text.replaceAll(`kindest/node:${cluster.version}`, image)]),
    );
  const imageCatalog = (images: Readonly<Record<string, string | undefined>>) => ({
    ...catalog(),
    spec: {
      releases: Object.entries(images).map(([version, image]) => ({
        ...release(version),
        ...(image === undefined ? {} : { images: [{ templateKind: "DevMachineTemplate", image }] }),
      })),
    },
  });
  /** Of the templates that owners refer to. */
  const imagesOf = (world: OperatorWorld): readonly string[] => {
    const names = new Set([
      ...world.list("KubeadmControlPlane").map(({ spec }) => (spec as Plane).machineTemplate.spec.infrastructureRef.name),
      ...world.list("MachineDeployment").map(({ spec }) => (spec as Pool).template.spec.infrastructureRef.name),
    ]);
    return world
      .list("DevMachineTemplate")
      .filter(({ metadata }) => names.has(metadata.name))
      .map(({ spec }) => (spec as Template).template.metadata.annotations["example.com/image"]);
  };

  it("go into the copied template of each step, in one commit with its version, where no template names a version", async () => {
    const world = await operatorWorld({ files: imaged("ami-1") });
    world.apply(imageCatalog({ "v1.33.1": "ami-1", "v1.34.0": "ami-2", "v1.35.0": "ami-3" }));
    world.apply(policy());
    const operator = world.startOperator("operator-0");
    await world.until("proven", () => phaseOf(world, "demo-v1.35.0") === "Proven", 3600);
    expect(world.get("ClusterUpgrade", "demo-v1.35.0", namespace)?.["spec"]).toMatchObject({ catalogRef: { name: "default" } });
    expect(new Set(machineVersions(world))).toEqual(new Set(["v1.35.0"]));
    expect(imagesOf(world)).toEqual(["ami-3", "ami-3"]);
    expect(upgradeIds(world)).toHaveLength(3);
    const all = world.list("DevMachineTemplate").map(({ spec }) => (spec as Template).template.metadata.annotations["example.com/image"]);
    expect(all.sort()).toEqual(["ami-1", "ami-1", "ami-2", "ami-3", "ami-3"]);
    expect(await world.drive(operator.stop())).toBe("ended");
    await world.close();
  });

  it.each([
    ["though the class lists the versions", ["v1.33.1", "v1.34.0", "v1.35.0"]],
    ["where the class lists none", []],
  ])(
    "go into the variable of a ClusterClass in one commit with each version, %s: no machine ever boots another's",
    async (_, kubernetesVersions) => {
      const clusterClass = withImageVariable(clusterClassFile(namespace, { startupDuration: "5s", kubernetesVersions }));
      const pools = [...cluster.pools, { name: "pool-b", replicas: 1 }];
      const file = withImage(topologyClusterFile({ ...cluster, pools }), "ami-1");
      const world = await operatorWorld({ files: { "clusters/class.yaml": clusterClass, "clusters/demo/cluster.yaml": file } });
      world.apply(imageCatalog({ "v1.33.1": "ami-1", "v1.34.0": "ami-2", "v1.35.0": "ami-3" }));
      world.apply(policy());
      const operator = world.startOperator("operator-0");
      const seen = new Set<string>();
      const isProven = (): boolean => {
        const owners = [...world.list("KubeadmControlPlane"), ...world.list("MachineDeployment")];
        for (const pair of versionsAndImages(owners, world.list("DevMachineTemplate"))) seen.add(pair);
        return phaseOf(world, "demo-v1.35.0") === "Proven";
      };
      await world.until("proven", isProven, 3600);
      expect([...seen].sort()).toEqual(["v1.33.1 ami-1", "v1.34.0 ami-2", "v1.35.0 ami-3"]);
      expect(new Set(machineVersions(world))).toEqual(new Set(["v1.35.0"]));
      expect(upgradeIds(world)).toHaveLength(2);
      expect(await world.drive(operator.stop())).toBe("ended");
      await world.close();
    },
  );

  it("that must exist: a policy goes to no version without one, says so, and begins once it is there", async () => {
    const world = await operatorWorld({ files: topologyFiles });
    const mustExist = (images: Parameters<typeof imageCatalog>[0]) => {
      const made = imageCatalog(images);
      return { ...made, spec: { ...made.spec, images: [{ templateKind: "DevMachineTemplate", mustExist: true }] } };
    };
    world.apply(mustExist({ "v1.33.1": "a", "v1.34.0": undefined }));
    world.apply(policy());
    const operator = world.startOperator("operator-0");
    await world.pass(60);
    expect(world.list("ClusterUpgrade")).toEqual([]);
    expect(world.get("UpgradePolicy", "all")?.["status"]).toMatchObject({
      clusters: [
        {
          name: "demo",
          message:
            "v1.34.0 has no machine image for DevMachineTemplate, and the catalog says that one must exist: no source lists one. Make the image, or list it in the catalog.",
        },
      ],
    });
    expect(world.get("ReleaseCatalog", "default")?.["status"]).toMatchObject({
      releases: [{ version: "v1.34.0", missingImages: [{ templateKind: "DevMachineTemplate", why: "no source lists one" }] }, {}],
    });
    const byHand = { clusterName: "demo", targetVersion: "v1.34.0", git: policy().spec.git };
    world.apply({ apiVersion: api, kind: "ClusterUpgrade", metadata: { name: "by-hand", namespace }, spec: byHand });
    await world.until("refused by hand too", () => phaseOf(world, "by-hand") === "Refused", 60);
    expect(statusOf(world, "by-hand").conditions).toContainEqual(expect.objectContaining({ type: "Stalled", reason: "Refused" }));
    world.remove("ClusterUpgrade", "by-hand", namespace);
    world.apply(mustExist({ "v1.33.1": "a", "v1.34.0": "b" }));
    await world.until("begun", () => phaseOf(world, "demo-v1.34.0") !== undefined, 60);
    expect(await world.drive(operator.stop())).toBe("ended");
    await world.close();
  });

  it("that are missing end the upgrade before anything is written; once it is there, a retry goes on", async () => {
    const world = await operatorWorld({ files: imaged("ami-1") });
    world.apply(imageCatalog({ "v1.33.1": "ami-1", "v1.34.0": undefined }));
    world.apply(policy());
    const operator = world.startOperator("operator-0");
    await world.until("refused", () => phaseOf(world, "demo-v1.34.0") === "Refused", 120);
    expect(statusOf(world, "demo-v1.34.0")).toMatchObject({
      message: "ReleaseCatalog default has no machine image of v1.34.0 for DevMachineTemplate: new machines could not run it.",
      remedy: expect.stringMatching(
        /^Add the image of v1.34.0 for DevMachineTemplate to releases\[\]\.images of ReleaseCatalog default.*capi-gitops retry demo -n fleet/,
      ),
    });
    expect(upgradeIds(world)).toEqual([]);
    world.apply(imageCatalog({ "v1.33.1": "ami-1", "v1.34.0": "ami-2" }));
    world.apply({ apiVersion: api, kind: "ClusterUpgrade", metadata: { name: "demo-v1.34.0", namespace }, spec: { retry: 1 } });
    await world.until("proven", () => phaseOf(world, "demo-v1.34.0") === "Proven", 1800);
    expect(imagesOf(world)).toEqual(["ami-2", "ami-2"]);
    expect(upgradeIds(world)).toHaveLength(2);
    expect(await world.drive(operator.stop())).toBe("ended");
    await world.close();
  });
});

interface Named {
  readonly spec: { readonly infrastructureRef: { readonly name: string } };
}
interface Plane {
  readonly machineTemplate: Named;
}
interface Pool {
  readonly template: Named;
}
interface Template {
  readonly template: { readonly metadata: { readonly annotations: { readonly "example.com/image": string } } };
}

it("of an upgrade that has ended nothing is kept open, though nothing happens any more; nor of one that was made anew under its name", async () => {
  const world = await operatorWorld({ files: topologyFiles });
  const open: number[] = [0];
  const operator = world.startOperator("operator-0", {
    onWorkload: (moment) => void open.push(open.at(-1)! + (moment === "opened" ? 1 : -1)),
  });
  const byHand = {
    apiVersion: api,
    kind: "ClusterUpgrade",
    metadata: { name: "by-hand", namespace },
    spec: {
      clusterName: "demo",
      targetVersion: "v1.34.0",
      git: { mode: "Push", repository: { url: "file:///fleet.git", path: "clusters" } },
      proof: { hold: "600s" },
    },
  };
  world.apply(byHand);
  await world.until("looked at", () => open.at(-1) === 1, 60);
  world.remove("ClusterUpgrade", "by-hand", namespace);
  world.apply(byHand);
  await world.until("proven", () => phaseOf(world, "by-hand") === "Proven", 1800);
  await world.pass(2);
  expect(open).toEqual([0, 1, 0, 1, 0]);
  await world.drive(operator.stop());
  expect(open).toHaveLength(5);
  await world.close();
});

it.each([
  ["ReleaseCatalog", catalog("v1.33.1", "v1.34.0"), undefined],
  ["UpgradePolicy", policy(), undefined],
  [
    "ClusterUpgrade",
    {
      apiVersion: api,
      kind: "ClusterUpgrade",
      metadata: { name: "by-hand", namespace },
      spec: { clusterName: "demo", targetVersion: "v1.34.0" },
    },
    namespace,
  ],
] as const)("a %s that is being deleted is let be", async (kind, object, where) => {
  const world = await operatorWorld({ files: topologyFiles });
  const { name } = object.metadata;
  world.apply({ ...object, metadata: { ...object.metadata, finalizers: ["example.com/kept"] } });
  world.remove(kind, name, where);
  const operator = world.startOperator("operator-0");
  await world.pass(60);
  expect(world.get(kind, name, where)?.metadata["deletionTimestamp"]).toBeDefined();
  expect(world.get(kind, name, where)?.["status"]).toBeUndefined();
  expect(upgradeIds(world)).toEqual([]);
  await world.drive(operator.stop());
  await world.close();
});

const approvedWorlds = {
  topology: topologyFiles,
  plain: plainFiles,
  pinned: pinnedFiles,
} as const;

describe("people and windows", () => {
  it("a window that closes in the middle of a pool holds it between two machines; the next one lets it go on", async () => {
    const pools = [{ name: "pool-a", replicas: 6 }];
    const world = await operatorWorld({ files: plainClusterFiles("clusters/demo", { ...cluster, pools, startupDuration: "60s" }) });
    world.apply(catalog("v1.33.1", "v1.34.0"));
    // Open from midnight, again at 01:00.
    const windows = [{ cron: "0 0,1 * * *", duration: "7m" }];
    world.apply(policy({ schedule: { windows, atWindowEnd: "HardStop" } }));
    const operator = world.startOperator("operator-0");
    const poolVersions = (): readonly string[] =>
      world
        .list("Machine")
        .filter(({ metadata }) => metadata.labels?.["cluster.x-k8s.io/control-plane"] === undefined)
        .map(({ spec }) => (spec as { readonly version: string }).version);
    const isHeld = (): boolean =>
      world.list("MachineDeployment").some(({ metadata }) => metadata.annotations?.["cluster.x-k8s.io/paused"] !== undefined);
    await world.until("held", isHeld, 900);
    expect(world.timeline.now() - worldStart).toBeGreaterThanOrEqual(420_000);
    await world.pass(300);
    const stopped = poolVersions();
    expect(new Set(stopped)).toEqual(new Set(["v1.33.1", "v1.34.0"]));
    await world.pass(1200);
    expect(poolVersions()).toEqual(stopped);
    expect(statusOf(world, "demo-v1.34.0").heldPools).toHaveLength(1);
    await world.until("proven in the next window", () => phaseOf(world, "demo-v1.34.0") === "Proven", 2 * 3600);
    expect(isHeld()).toBe(false);
    expect(upgradeIds(world)).toHaveLength(2);
    await world.drive(operator.stop());
    await world.close();
  });

  it("a pool whose upgrade was deleted while it held it is let go", async () => {
    const pools = [{ name: "pool-a", replicas: 4 }];
    const world = await operatorWorld({ files: plainClusterFiles("clusters/demo", { ...cluster, pools, startupDuration: "60s" }) });
    world.apply(catalog("v1.33.1", "v1.34.0"));
    world.apply(policy({ schedule: { windows: [{ cron: "0 0 * * *", duration: "7m" }], atWindowEnd: "HardStop" } }));
    const operator = world.startOperator("operator-0");
    const isHeld = (): boolean =>
      world.list("MachineDeployment").some(({ metadata }) => metadata.annotations?.["cluster.x-k8s.io/paused"] !== undefined);
    await world.until("held", isHeld, 900);
    world.remove("UpgradePolicy", "all");
    await world.pass(5);
    world.remove("ClusterUpgrade", "demo-v1.34.0", namespace);
    await world.until("let go", () => !isHeld(), 60);
    await world.drive(operator.stop());
    await world.close();
  });

  it("machine templates that earlier upgrades left are taken out once a policy wants that", async () => {
    const world = await operatorWorld({ files: pinnedFiles });
    const templates = (): readonly string[] => world.list("DevMachineTemplate").map(({ metadata }) => metadata.name);
    const before = templates();
    world.apply(catalog("v1.33.1", "v1.34.0"));
    world.apply(policy());
    const operator = world.startOperator("operator-0");
    await world.until("proven", () => phaseOf(world, "demo-v1.34.0") === "Proven", 1800);
    expect(templates()).toEqual(expect.arrayContaining([...before]));
    world.apply(policy({ retireOldTemplates: true }));
    world.apply(catalog("v1.33.1", "v1.34.0", "v1.35.0"));
    await world.until("proven", () => phaseOf(world, "demo-v1.35.0") === "Proven", 1800);
    await world.pass(60);
    const inGit = world.remote.commit(world.remote.tip("main")!).files;
    const text = [...inGit.values()].join("\n");
    expect(text).not.toMatch(/kindest\/node:v1\.3[34]/);
    const retired = upgradeIds(world).filter((id) => id.includes("/retire/"));
    expect(retired).toHaveLength(4);
    expect(new Set(retired).size).toBe(4);
    await world.drive(operator.stop());
    await world.close();
  });

  it("what somebody reverts in Git is not made again, and named", async () => {
    const world = await operatorWorld({ files: plainFiles });
    world.apply(catalog("v1.33.1", "v1.34.0"));
    world.apply(policy());
    const operator = world.startOperator("operator-0");
    await world.until("a commit", () => upgradeIds(world).length === 1, 120);
    world.commit("Take it back", plainFiles);
    await world.until("an end", () => ["Refused", "Contradicted"].includes(phaseOf(world, "demo-v1.34.0") ?? ""), 1800);
    await world.pass(1800);
    expect(upgradeIds(world)).toHaveLength(1);
    expect(statusOf(world, "demo-v1.34.0").message).toMatch(/revert|Git|declares/i);
    await world.drive(operator.stop());
    await world.close();
  });

  it("cancelled before anything is written: nothing is", async () => {
    const world = await operatorWorld({ files: topologyFiles });
    world.apply(catalog("v1.33.1", "v1.34.0"));
    world.apply(policy({ approval: "BeforeControlPlane" }));
    const operator = world.startOperator("operator-0");
    await world.until("waits", () => phaseOf(world, "demo-v1.34.0") === "WaitingForApproval", 60);
    world.apply({ apiVersion: api, kind: "ClusterUpgrade", metadata: { name: "demo-v1.34.0", namespace }, spec: { cancelled: true } });
    await world.until("cancelled", () => phaseOf(world, "demo-v1.34.0") === "Cancelled", 60);
    await world.pass(600);
    expect(upgradeIds(world)).toEqual([]);
    expect(world.list("ClusterUpgrade")).toHaveLength(1);
    await world.drive(operator.stop());
    await world.close();
  });
});

it("a version that waits is told of once, whoever leads", async () => {
  const world = await operatorWorld({ files: topologyFiles });
  world.apply(catalog("v1.33.1", "v1.34.0"));
  world.apply(policy({ approval: "BeforeControlPlane" }));
  const told: string[] = [];
  const notifyAvailable: ReplicaOptions["notifyAvailable"] = (_, { policyName, version, why }) => {
    told.push(`${policyName} ${version}: ${why}`);
    return true;
  };
  const first = world.startOperator("operator-0", { notifyAvailable });
  await world.until("waits", () => phaseOf(world, "demo-v1.34.0") === "WaitingForApproval", 60);
  await world.drive(first.stop());
  const second = world.startOperator("operator-1", { notifyAvailable });
  await world.pass(600);
  expect(told).toEqual(["all v1.34.0: It waits for an approval before the control plane is begun."]);
  expect((world.get("UpgradePolicy", "all")?.["status"] as { readonly notified?: unknown } | undefined)?.notified).toEqual([
    "available/v1.34.0",
  ]);
  await world.drive(second.stop());
  await world.close();
});

describe("an operator that waits", () => {
  /** The Lease and watches go on; anything else would be a look that nobody needed. */
  const counting = () => {
    const asked: string[] = [];
    const client: ReplicaOptions["client"] = {
      intercept: ({ method, path, watch }) => {
        // A catalog says when its sources were read last.
        if (watch !== true && !/\/leases(\/|$)|\/releasecatalogs\/[^/]+\/status$/.test(path)) asked.push(`${method} ${path}`);
        return Promise.resolve(undefined);
      },
    };
    const remote: string[] = [];
    return { asked, remote, replica: { client, onRemote: (moment: string) => void remote.push(moment) } };
  };
  const younger = { ...release("v1.34.0"), releasedAt: "2026-01-04T12:00:00Z" };

  it.each([
    ["for an approval", {}, { approval: "BeforeControlPlane" }, "WaitingForApproval"],
    ["for its window", {}, { schedule: { windows: [{ cron: "0 12 * * *", duration: "1h" }] } }, "WaitingForWindow"],
    [
      "for a release to be old enough",
      { releases: [release("v1.33.1"), younger] },
      { target: { channel: "Rapid", minimumAge: "24h" } },
      undefined,
    ],
  ])("%s asks nobody for anything", async (_, catalogSpec, policySpec, phase) => {
    const world = await operatorWorld({ files: topologyFiles });
    const known = catalog("v1.33.1", "v1.34.0");
    world.apply({ ...known, spec: { ...known.spec, ...catalogSpec } });
    world.apply(policy(policySpec));
    const { asked, remote, replica } = counting();
    const operator = world.startOperator("operator-0", replica);
    await world.pass(60);
    expect(phaseOf(world, "demo-v1.34.0")).toBe(phase);
    asked.length = 0;
    remote.length = 0;
    await world.pass(540);
    expect(asked).toEqual([]);
    expect(remote).toEqual([]);
    await world.drive(operator.stop());
    await world.close();
  });

  it("for the next window with a rollout that is held asks nobody for anything, and goes on when that opens", async () => {
    const pools = [{ name: "pool-a", replicas: 6 }];
    const world = await operatorWorld({ files: plainClusterFiles("clusters/demo", { ...cluster, pools, startupDuration: "60s" }) });
    world.apply(catalog("v1.33.1", "v1.34.0"));
    world.apply(policy({ schedule: { windows: [{ cron: "0,30 0 * * *", duration: "7m" }], atWindowEnd: "HardStop" } }));
    const { asked, remote, replica } = counting();
    const operator = world.startOperator("operator-0", replica);
    await world.pass(660);
    expect(statusOf(world, "demo-v1.34.0")).toMatchObject({ phase: "WaitingForWindow", heldPools: [{}] });
    asked.length = 0;
    remote.length = 0;
    await world.pass(300);
    expect({ asked, remote }).toEqual({ asked: [], remote: [] });
    const opensAt = worldStart + 1_800_000;
    await world.pass((opensAt - world.timeline.now()) / 1000 + 5);
    expect(phaseOf(world, "demo-v1.34.0")).toBe("Rolling");
    await world.drive(operator.stop());
    await world.close();
  });
});

describe("an upgrade that cannot be looked at", () => {
  const byHand = (clusterName: string) => ({
    apiVersion: api,
    kind: "ClusterUpgrade",
    metadata: { name: "by-hand", namespace },
    spec: { clusterName, targetVersion: "v1.34.0", git: { mode: "Push", repository: { url: "file:///fleet.git", path: "clusters" } } },
  });
  const gitIsAway = new GitError("unreachable", { seen: "Git hangs up", meaning: "It is away", remedy: "Look at the server" });
  const forbidden = new ApiError("GET Secret", 403, JSON.stringify({ reason: "Forbidden", message: "may not get secrets" }));

  it.each([
    ["no such cluster", "nobody", {}, "ClusterNotFound", /There is no Cluster fleet\/nobody/, /Delete this ClusterUpgrade/],
    ["Git does not answer", "demo", { onRemote: () => reject(gitIsAway) }, "GitUnreachable", /Git hangs up/, /Look at the server/],
    [
      "a right is missing",
      "demo",
      { client: { intercept: ({ path }) => (path.includes("/secrets/") ? Promise.reject(forbidden) : Promise.resolve(undefined)) } },
      "SecretForbidden",
      /may not read Secret/,
      /Allow its service account/,
    ],
  ] satisfies readonly (readonly [string, string, ReplicaOptions, string, RegExp, RegExp])[])(
    "%s: says so at once, and what to do",
    async (what, clusterName, replica, reason, message, remedy) => {
      const world = await operatorWorld({ files: topologyFiles });
      const object = byHand(clusterName);
      const git = { ...object.spec.git, ...(what === "a right is missing" ? { credentialsSecretRef: { name: "fleet" } } : {}) };
      world.apply({ ...object, spec: { ...object.spec, git } });
      const operator = world.startOperator("operator-0", replica);
      await world.until("a phase", () => phaseOf(world, "by-hand") !== undefined, 5);
      const status = statusOf(world, "by-hand");
      expect(status.phase).toBe("Pending");
      expect(status.message).toMatch(message);
      expect(status.remedy).toMatch(remedy);
      expect(status.conditions?.find(({ type }) => type === "Ready")).toMatchObject({ status: "False", reason });
      await world.drive(operator.stop());
      await world.close();
    },
  );

  it("goes on by itself once Git answers, and holds up nobody meanwhile", async () => {
    const world = await operatorWorld({ files: topologyFiles });
    world.apply(byHand("demo"));
    let away = true;
    const operator = world.startOperator("operator-0", { onRemote: () => (away ? reject(gitIsAway) : undefined) });
    await world.pass(600);
    expect(phaseOf(world, "by-hand")).toBe("Pending");
    away = false;
    await world.until("proven", () => phaseOf(world, "by-hand") === "Proven", 1800);
    expect(statusOf(world, "by-hand").remedy).toBeUndefined();
    await world.drive(operator.stop());
    await world.close();
  });
});

function reject(error: Error): never {
  throw error;
}

describe("processes that come and go", () => {
  /** Reached in these worlds; `refresh-engine` needs an engine, `close-review` a forge, `give-place` (operator-places.test.ts) a limit and an approval. */
  const reached = [
    ...operatorSteps.filter((step) => !/refresh-engine|close-review|hold-pool|release-pool|give-place/.test(step)),
    ...transactionSteps.filter((step) => step !== "opened").map((step) => `git: ${step}` as const),
  ];

  it.each(reached)("killed at %s: another one takes over; every step is committed once, and it is proven", async (fault) => {
    const world = await operatorWorld({ files: approvedWorlds.pinned });
    world.apply(catalog("v1.33.1", "v1.34.0"));
    world.apply(policy({ retireOldTemplates: true }));
    let killed = false;
    const die = async (step: string): Promise<void> => {
      if (killed || step !== fault) return;
      killed = true;
      first.kill();
      await new Promise<never>(() => undefined);
    };
    const first = world.startOperator("operator-0", { onStep: die, onTransaction: (step) => die(`git: ${step}`) });
    await world.pass(3);
    const second = world.startOperator("operator-1");
    await world.until("proven", () => phaseOf(world, "demo-v1.34.0") === "Proven", 3600);
    expect(killed, `${fault} was never reached`).toBe(true);
    expect(new Set(machineVersions(world))).toEqual(new Set(["v1.34.0"]));
    const ids = upgradeIds(world);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !id.includes("/retire/"))).toHaveLength(2);
    expect(world.list("ClusterUpgrade")).toHaveLength(1);
    await world.drive(second.stop());
    await world.close();
  });

  it.each(operatorSteps.filter((step) => /hold-pool|release-pool/.test(step)))(
    "killed at %s: the pool is held, and let go again, all the same",
    async (fault) => {
      const pools = [{ name: "pool-a", replicas: 6 }];
      const world = await operatorWorld({ files: plainClusterFiles("clusters/demo", { ...cluster, pools, startupDuration: "60s" }) });
      world.apply(catalog("v1.33.1", "v1.34.0"));
      world.apply(policy({ schedule: { windows: [{ cron: "0,20 0 * * *", duration: "7m" }], atWindowEnd: "HardStop" } }));
      let killed = false;
      const first = world.startOperator("operator-0", {
        onStep: async (step) => {
          if (killed || step !== fault) return;
          killed = true;
          first.kill();
          await new Promise<never>(() => undefined);
        },
      });
      await world.pass(3);
      const second = world.startOperator("operator-1");
      const isHeld = (): boolean =>
        world.list("MachineDeployment").some(({ metadata }) => metadata.annotations?.["cluster.x-k8s.io/paused"] !== undefined);
      await world.until("held", isHeld, 600);
      await world.until("proven", () => phaseOf(world, "demo-v1.34.0") === "Proven", 3600);
      expect(killed, `${fault} was never reached`).toBe(true);
      expect(isHeld()).toBe(false);
      expect(upgradeIds(world)).toHaveLength(2);
      await world.drive(second.stop());
      await world.close();
    },
  );

  it("a leader that is cut off ends before the other one begins; nothing is written twice", async () => {
    const world = await operatorWorld({ files: approvedWorlds.plain });
    world.apply(catalog("v1.33.1", "v1.34.0"));
    world.apply(policy());
    let cut = false;
    const first = world.startOperator("operator-0", {
      client: { intercept: () => (cut ? Promise.reject(new ConnectionError("refused", "cut off")) : Promise.resolve(undefined)) },
    });
    await world.pass(3);
    const second = world.startOperator("operator-1");
    await world.until("a commit", () => upgradeIds(world).length === 1, 120);
    cut = true;
    await world.until("proven", () => phaseOf(world, "demo-v1.34.0") === "Proven", 3600);
    expect(await world.drive(first.ended)).toBeInstanceOf(LeaseLostError);
    expect(upgradeIds(world)).toHaveLength(2);
    expect(world.log.filter((line) => line.endsWith("leads")).map((line) => line.split(" ")[1])).toEqual(["operator-0", "operator-1"]);
    await world.drive(second.stop());
    await world.close();
  });

  it("SIGTERM in the middle: the write is finished, the lease given back, and the next one goes on", async () => {
    const world = await operatorWorld({ files: approvedWorlds.topology });
    world.apply(catalog("v1.33.1", "v1.34.0"));
    world.apply(policy());
    let stopped: Promise<unknown> | undefined;
    const first = world.startOperator("operator-0", {
      onTransaction: (step) => {
        if (step === "fetched") stopped ??= first.stop();
      },
    });
    await world.until("stopped", () => stopped !== undefined, 120);
    expect(await world.drive(stopped!)).toBe("ended");
    expect(upgradeIds(world)).toHaveLength(1);
    const at = world.timeline.now();
    const second = world.startOperator("operator-1");
    await world.until("leads", () => world.log.some((line) => line.includes("operator-1 leads")), 30);
    expect(world.timeline.now() - at).toBeLessThan(5_000);
    await world.until("proven", () => phaseOf(world, "demo-v1.34.0") === "Proven", 1800);
    expect(upgradeIds(world)).toHaveLength(1);
    await world.drive(second.stop());
    await world.close();
  });
});
