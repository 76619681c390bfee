import { expect, it } from "vitest";
import { inProcessClient } from "../../sandbox/in-process/in-process-client.ts";
import { applyTo } from "../../sandbox/applier/apply-object.ts";
import { createRandom } from "../../sandbox/engine/random.ts";
import { createTimeline, driveUntil, timelineClock } from "../../sandbox/engine/timeline.ts";
import { createManagementCluster } from "../../sandbox/management-cluster.ts";
import type { KubernetesObject } from "../../kubernetes/resource.ts";
import { releaseCatalogs } from "../api/kinds.ts";
import { statusWriter } from "./write-status.ts";

it("writes what differs from what it wrote, though the watch lags behind; of what it forgot, from what the object has", async () => {
  const timeline = createTimeline(Date.UTC(2027, 0, 1));
  const clock = timelineClock(timeline);
  const random = createRandom(1);
  const management = createManagementCluster({ timeline, random, workloadKubeconfig: () => "" });
  const client = inProcessClient(management.handler, { clock, random: () => random.next() });
  applyTo(
    management.handler,
    { apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1", kind: "ReleaseCatalog", metadata: { name: "default" }, spec: { releases: [] } },
    "kubectl",
  );
  const get = (): Promise<KubernetesObject> => driveUntil(timeline, client.get(releaseCatalogs, "default"));
  const writer = statusWriter({ client, resource: releaseCatalogs, volatile: [] });
  const write = (object: KubernetesObject, versions: number): Promise<boolean> =>
    driveUntil(timeline, writer.write(object, { versions, observedGeneration: 1 }));
  const before = await get();
  expect(await write(before, 3)).toBe(true);
  expect(await write(before, 3)).toBe(false);
  writer.forget(before);
  expect(await write(await get(), 3)).toBe(false);
  expect(await write(before, 3)).toBe(true);
  expect((await get())["status"]).toEqual({ versions: 3, observedGeneration: 1 });
});
