import { describe, expect, it } from "vitest";
import { createDiscovery } from "../../../kubernetes/discovery.ts";
import { applyTo, manifestsIn } from "../../../sandbox/applier/apply-object.ts";
import { createRandom } from "../../../sandbox/engine/random.ts";
import { createTimeline, driveUntil, timelineClock } from "../../../sandbox/engine/timeline.ts";
import { inProcessClient } from "../../../sandbox/in-process/in-process-client.ts";
import { createManagementCluster } from "../../../sandbox/management-cluster.ts";
import { plainClusterFiles } from "../../../sandbox/worlds/fleet-files.ts";
import { HOLD_ANNOTATION as holdAnnotation, holdValue } from "../../../upgrade/attempt/hold-annotation.ts";
import { holdPool, releasePool } from "./pool-hold.ts";

const cluster = { name: "demo", namespace: "fleet", version: "v1.33.1", controlPlanes: 1, pools: [{ name: "pool-a", replicas: 3 }] };
const poolType = "MachineDeployment.cluster.x-k8s.io";

function scene() {
  const timeline = createTimeline(Date.parse("2026-01-01T00:00:00Z"));
  const clock = timelineClock(timeline);
  const random = createRandom(1);
  const management = createManagementCluster({ timeline, random, workloadKubeconfig: () => "" });
  const { store } = management.objects;
  const apply = (version: string): void => {
    for (const object of manifestsIn(Object.values(plainClusterFiles("", { ...cluster, version }))))
      applyTo(management.handler, object, "git");
  };
  apply(cluster.version);
  timeline.runUntil(timeline.now() + 600_000);
  const client = inProcessClient(management.handler, { clock, random: () => random.next() });
  const discovery = createDiscovery(client);
  const [pool] = store.labelled(poolType, "fleet", "demo");
  const ref = { group: "cluster.x-k8s.io", kind: "MachineDeployment", namespace: "fleet", name: pool!.metadata.name };
  const type = management.types.find(({ key }) => key === poolType)!;
  const drive = <T>(promise: Promise<T>): Promise<T> => driveUntil(timeline, promise);
  return {
    apply,
    pass: (seconds: number) => drive(clock.sleep(seconds * 1000)),
    hold: () => drive(holdPool(client, discovery, ref, "u1")),
    release: () => drive(releasePool(client, discovery, ref)),
    annotation: () => store.get(poolType, "fleet", ref.name)?.metadata.annotations?.[holdAnnotation],
    versions: () =>
      store
        .labelled("Machine.cluster.x-k8s.io", "fleet", "demo")
        .filter(({ metadata }) => metadata.labels?.["cluster.x-k8s.io/deployment-name"] === ref.name)
        .map(({ spec }) => (spec as { readonly version: string }).version)
        .sort(),
    annotate: (value: string | undefined) =>
      management.objects.modify(
        type,
        "fleet",
        ref.name,
        (live) => {
          const { [holdAnnotation]: _, ...others } = live.metadata.annotations ?? {};
          const annotations = value === undefined ? others : { ...others, [holdAnnotation]: value };
          return { ...live, metadata: { ...live.metadata, annotations } };
        },
        { manager: "kubectl-annotate" },
      ),
    remove: () => management.objects.delete(type, "fleet", ref.name, {}),
    exists: () => store.get(poolType, "fleet", ref.name) !== undefined,
    managedBy: () =>
      (store.get(poolType, "fleet", ref.name)?.metadata.managedFields ?? []).map(
        (entry) => (entry as { readonly manager: string }).manager,
      ),
  };
}

describe("holding a pool", () => {
  it("stops a rollout between machines, keeps it so, and lets it go on", async () => {
    const { apply, pass, hold, release, versions } = scene();
    apply("v1.34.0");
    while (versions().filter((version) => version === "v1.34.0").length < 2) await pass(1);
    expect(await hold()).toBe("held");
    await pass(300);
    const stopped = versions();
    expect(stopped).toContain("v1.33.1");
    await pass(3600);
    expect(versions()).toEqual(stopped);
    expect(await release()).toBe("released");
    await pass(900);
    expect(versions()).toEqual(["v1.34.0", "v1.34.0", "v1.34.0"]);
  });

  it("is done once, and undone once, without touching what else is applied", async () => {
    const { hold, release, annotation, managedBy } = scene();
    expect([await hold(), await hold(), annotation()]).toEqual(["held", "held", "capi-gitops: u1"]);
    expect(managedBy()).toContain("capi-gitops-hold");
    expect([await release(), await release(), annotation()]).toEqual(["released", "released", undefined]);
    expect(managedBy()).toContain("git");
  });

  it("leaves somebody else's annotation alone", async () => {
    const { hold, release, annotation, annotate } = scene();
    annotate("maintenance");
    expect([await hold(), await release(), annotation()]).toEqual(["held-by-others", "held-by-others", "maintenance"]);
  });

  it("leaves it to a person who has put the same value there", async () => {
    const { hold, release, annotation, annotate } = scene();
    annotate(holdValue("u1"));
    await hold();
    expect([await release(), annotation()]).toEqual(["held-by-others", "capi-gitops: u1"]);
  });

  it("does not make a pool anew that is gone", async () => {
    const { hold, release, remove, pass, exists } = scene();
    remove();
    await pass(120);
    expect([await hold(), await release(), exists()]).toEqual(["gone", "gone", false]);
  });
});
