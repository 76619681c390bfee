import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parse } from "yaml";
import { systemClock } from "../../src/clock.ts";
import { createClient, type KubernetesClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import { ApiError } from "../../src/kubernetes/errors.ts";
import { API_VERSION, clusterUpgrades, releaseCatalogs, upgradePolicies } from "../../src/operator/api/kinds.ts";
import { clusterUpgradeStatus } from "../../src/operator/api/cluster-upgrade-status.ts";
import { releaseCatalogStatus } from "../../src/operator/api/release-catalog-status.ts";
import { upgradePolicyStatus } from "../../src/operator/api/upgrade-policy-status.ts";
import { decide } from "../../src/upgrade/decide.ts";
import { OBSERVED_AT, plainCluster } from "../../src/upgrade/testing/snapshots.ts";
import { goodSpecs, refusedObjects, type RefusedObject } from "../api/refused-objects.ts";
import { defaultedSpecs } from "../api/defaulted-specs.ts";
import { run } from "../stack/stack.ts";
import { patience } from "./support/patience.ts";
import { startScenario, type Scenario } from "./support/scenario.ts";

const resources = { UpgradePolicy: upgradePolicies, ClusterUpgrade: clusterUpgrades, ReleaseCatalog: releaseCatalogs };

/** The CRDs on a real kube-apiserver: what it takes, fills in, refuses and prints. The sandbox is held to the same (test/unit/api-kinds.test.ts). */
describe("the kinds on a real kube-apiserver", () => {
  let scenario: Scenario;
  let client: KubernetesClient;
  const name = (): string => scenario.namespace;

  beforeAll(async () => {
    const stack = inject("stack");
    scenario = await startScenario(stack, "api");
    client = createClient(await loadEndpoint({ clock: systemClock, kubeconfig: stack.kubeconfig, context: "stack" }), {
      clock: systemClock,
    });
    for (const file of ["upgradepolicies", "clusterupgrades", "releasecatalogs"])
      await run(stack.kubectl, ["--kubeconfig", stack.kubeconfig, "apply", "--server-side", "-f", `config/crd/${file}.yaml`]);
    const definitions = Object.values(resources).map(({ plural, group }) => `crd/${plural}.${group}`);
    await run(stack.kubectl, ["--kubeconfig", stack.kubeconfig, "wait", "--for=condition=Established", patience, ...definitions]);
  });
  afterAll(async () => {
    for (const resource of Object.values(resources)) {
      const where = resource.namespaced ? { namespace: scenario.namespace } : {};
      await client.mergePatch(resource, name(), { metadata: { finalizers: null } }, where).catch(() => undefined);
    }
    client.close();
    await scenario.end();
  });

  const objectOf = (kind: RefusedObject["kind"], spec: object, called = name()) => ({
    apiVersion: API_VERSION,
    kind,
    metadata: { name: called, ...(kind === "ClusterUpgrade" ? { namespace: scenario.namespace } : {}) },
    spec,
  });

  it.each(refusedObjects)("refuses $title, and says why", async ({ title, kind, spec, before, message }) => {
    const called = `${name()}-${refusedObjects.findIndex((each) => each.title === title)}`;
    const object = objectOf(kind, spec, called);
    if (before !== undefined) await client.create(resources[kind], objectOf(kind, before, called));
    const write =
      before === undefined
        ? client.create(resources[kind], object, { dryRun: true })
        : client.mergePatch(resources[kind], called, { spec }, { namespace: scenario.namespace });
    const refusal = await write.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(ApiError);
    expect((refusal as ApiError).message).toContain(`${kind}.upgrades.clusterapi-gitops.io "${called}" is invalid: ${message}`);
  });

  it.each(["UpgradePolicy", "ClusterUpgrade", "ReleaseCatalog"] as const)("fills in the defaults of %s", async (kind) => {
    const created = await client.create(resources[kind], objectOf(kind, goodSpecs[kind]), { dryRun: true });
    expect(created["spec"]).toEqual(defaultedSpecs[kind]);
  });

  it.each(readdirSync("examples/policies").filter((file) => file.endsWith(".yaml")))("takes examples/policies/%s", async (file) => {
    const example = parse(readFileSync(`examples/policies/${file}`, "utf8")) as ReturnType<typeof objectOf>;
    const created = await client.create(resources[example.kind], objectOf(example.kind, example.spec, `${name()}-example`), {
      dryRun: true,
    });
    expect(created["spec"]).toMatchObject(example.spec);
  });

  it("keeps the statuses that are written, and prints where everything is and why", async () => {
    const now = OBSERVED_AT;
    const metadata = { name: name(), generation: 1 };
    const request = { upgradeId: "u", target: "v1.35.2", via: [], holdSeconds: 60, stallSeconds: 900 };
    const decision = decide({ snapshot: plainCluster(), request, now });
    const upgrade = clusterUpgradeStatus({
      decision: {
        ...decision,
        status: { ...decision.status, remedy: undefined, cancelMeans: "Nothing more is written.", closedGates: [], heldPools: [] },
        memory: {
          startedAt: now,
          decide: decision.memory,
          retry: 0,
          begun: false,
          clockStoppedAt: undefined,
          refreshedFor: undefined,
          dismissedReview: undefined,
          ended: undefined,
          timeline: [{ at: now, phase: "writing", message: "Begun." }],
        },
      },
      object: { metadata },
      step: { commit: "abc", review: undefined },
      notified: ["chat:started"],
      now,
    });
    const cluster = {
      namespace: "demo",
      name: "c1",
      version: "v1.34.0",
      target: "v1.35.2",
      upgrade: "u",
      state: "under-way",
      message: "It rolls.",
    } as const;
    const policy = upgradePolicyStatus(
      { clusters: [cluster], conflicts: [], availableVersion: "v1.35.2", suspended: false, refusals: [] },
      { metadata },
      now,
    );
    const release = { version: "v1.35.2", releasedAt: now, endOfLifeAt: undefined, images: [], withdrawn: undefined };
    const source = { name: "feed", fetchedAt: now, error: undefined, stale: false, versions: 1, etag: undefined };
    const catalog = releaseCatalogStatus({ releases: [release], sources: [source], refusals: [] }, { metadata }, now);

    for (const [kind, status] of [
      ["ClusterUpgrade", upgrade],
      ["UpgradePolicy", policy],
      ["ReleaseCatalog", catalog],
    ] as const) {
      const { plural, group } = resources[kind];
      const object = objectOf(kind, goodSpecs[kind]);
      // One that is being deleted is let be by operators that other scenarios run on the same stack; what they had begun to write before may still come.
      await client.create(resources[kind], { ...object, metadata: { ...object.metadata, finalizers: ["example.com/kept"] } });
      await client.delete(resources[kind], name(), resources[kind].namespaced ? { namespace: scenario.namespace } : {});
      const written: unknown = JSON.parse(JSON.stringify(status));
      const patch = JSON.stringify([{ op: "add", path: "/status", value: written }]);
      let stored: unknown;
      await scenario
        .eventually(
          `the status of ${kind} ${name()} to be as it was written`,
          async () => {
            await scenario.kubectl("patch", `${plural}.${group}`, name(), "--subresource=status", "--type=json", "-p", patch);
            stored = (await client.get(resources[kind], name(), resources[kind].namespaced ? scenario.namespace : undefined))["status"];
            return isDeepStrictEqual(stored, written) ? true : undefined;
          },
          30,
        )
        .catch(() => undefined);
      expect(stored).toEqual(written);
    }
    const printed = async (...args: readonly string[]): Promise<readonly (readonly string[])[]> =>
      (await scenario.kubectl("get", ...args))
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/ {2,}/));
    expect(await printed("cup", name())).toEqual([
      ["NAME", "CLUSTER", "FROM", "TO", "PHASE", "MACHINES", "WHY", "AGE"],
      [name(), "demo", "v1.34.0", "v1.35.2", "Writing", "0/5", decision.status.message, expect.any(String)],
    ]);
    expect(await printed("upol", name())).toEqual([
      ["NAME", "CHANNEL", "TARGET", "SELECTED", "UP-TO-DATE", "UNDER-WAY", "WAITING", "FAILED", "WHY", "AGE"],
      [
        name(),
        "Stable",
        "v1.35.2",
        "1",
        "0",
        "1",
        "0",
        "0",
        "0 of 1 cluster up to date, 1 under way. demo/c1: It rolls.",
        expect.any(String),
      ],
    ]);
    expect(await printed("rcat", name())).toEqual([
      ["NAME", "VERSIONS", "NEWEST", "FETCHED", "READY", "WHY", "AGE"],
      [name(), "1", "v1.35.2", expect.any(String), "True", "1 version, the newest is v1.35.2.", expect.any(String)],
    ]);
    const all = await scenario.kubectl("get", "clusterapi-gitops", "-o", "name");
    for (const plural of ["clusterupgrade", "upgradepolicy", "releasecatalog"])
      expect(all).toContain(`${plural}.upgrades.clusterapi-gitops.io/${name()}`);
  });
});
