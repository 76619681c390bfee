import { describe, expect, it } from "vitest";
import type { Clock } from "../clock.ts";
import { rememberedReads } from "./remembered-reads.ts";
import { objectOf } from "./testing/objects.ts";
import { memoryReads } from "./testing/reads.ts";

const ref = (name: string) => ({ group: "infrastructure.cluster.x-k8s.io", kind: "DevMachineTemplate", namespace: "demo", name });

function scene() {
  const time = { now: 0 };
  const clock: Clock = { now: () => time.now, sleep: () => Promise.resolve() };
  const server = memoryReads([objectOf("infrastructure.cluster.x-k8s.io/v1beta2", "DevMachineTemplate", { name: "there" }, {})]);
  return { time, server, reads: rememberedReads(server, clock, 1_000) };
}

describe("rememberedReads", () => {
  it("asks once in a while", async () => {
    const { time, server, reads } = scene();
    const first = await reads.get(ref("there"));
    expect(await reads.get(ref("there"))).toBe(first);
    expect(server.requests).toHaveLength(1);
    time.now = 1_000;
    await reads.get(ref("there"));
    expect(server.requests).toHaveLength(2);
  });

  it("asks again for what was not there", async () => {
    const { server, reads } = scene();
    await reads.get(ref("missing"));
    await reads.get(ref("missing"));
    expect(server.requests).toHaveLength(2);
  });

  it("forgets when told to", async () => {
    const { server, reads } = scene();
    await reads.get(ref("there"));
    reads.forget();
    await reads.get(ref("there"));
    expect(server.requests).toHaveLength(2);
  });

  it("tells lists with different selectors apart", async () => {
    const { server, reads } = scene();
    const list = (labelSelector: string) =>
      reads.list({ group: ref("").group, kind: "DevMachineTemplate", namespace: "demo", labelSelector });
    expect((await list("a=b")).value).toEqual([]);
    expect((await list("cluster.x-k8s.io/cluster-name=c1")).value).toHaveLength(1);
    await list("a=b");
    expect(server.requests).toHaveLength(2);
  });
});
