import { describe, inject, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { createClient, type KubernetesClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import { createEventRecorder } from "../../src/operator/runtime/event-recorder.ts";
import { leadWhenElected } from "../../src/operator/runtime/leader-election.ts";
import { startScenario } from "./support/scenario.ts";

const leases = { group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease", namespaced: true };
const events = { group: "events.k8s.io", version: "v1", plural: "events", kind: "Event", namespaced: true };

/** So long that no busy machine lets it lapse. */
const leaseSeconds = 30;

async function connect(): Promise<KubernetesClient> {
  const endpoint = await loadEndpoint({ clock: systemClock, kubeconfig: inject("stack").kubeconfig, context: "stack" });
  return createClient(endpoint, { clock: systemClock });
}

describe("on a real kube-apiserver", () => {
  it("of two contenders one leads; when it ends in order the other one follows, and the Lease says so", async ({ expect }) => {
    const scenario = await startScenario(inject("stack"), "leader-election");
    const { namespace } = scenario;
    const client = await connect();
    const leaders = new Set<string>();
    const history: string[] = [];
    let most = 0;
    const contend = (identity: string) => {
      const stop = new AbortController();
      const ended = leadWhenElected(
        {
          client,
          clock: systemClock,
          random: Math.random,
          namespace,
          name: "operator",
          identity,
          leaseSeconds,
          renewSeconds: 20,
          retrySeconds: 0.5,
        },
        async ({ signal }) => {
          leaders.add(identity);
          history.push(identity);
          most = Math.max(most, leaders.size);
          await new Promise<void>((resolve) => {
            signal.addEventListener("abort", () => resolve(), { once: true });
          });
          leaders.delete(identity);
        },
        stop.signal,
      );
      return { identity, stop, ended };
    };
    try {
      const [one, other] = [contend("a"), contend("b")];
      while (history.length < 1) await systemClock.sleep(100);
      // It is renewed for longer than it lasts.
      await scenario.eventually("the lease to have been renewed", async () => {
        const { spec } = await scenario.get("lease", "operator");
        return Date.parse(spec.renewTime) - Date.parse(spec.acquireTime) > leaseSeconds * 1_000 ? true : undefined;
      });
      expect(history).toHaveLength(1);
      const [first, second] = history[0] === "a" ? [one, other] : [other, one];
      first.stop.abort();
      await first.ended;
      while (history.length < 2) await systemClock.sleep(100);
      expect(history[1]).toBe(second.identity);
      expect(most).toBe(1);
      expect(await client.get(leases, "operator", namespace)).toMatchObject({
        spec: { holderIdentity: second.identity, leaseDurationSeconds: leaseSeconds, leaseTransitions: 1 },
      });
      second.stop.abort();
      await second.ended;
      expect((await client.get(leases, "operator", namespace))["spec"]).toMatchObject({ leaseDurationSeconds: 1 });
    } finally {
      client.close();
      await scenario.end();
    }
  });

  it("events are taken as they are written, and counted", async ({ expect }) => {
    const scenario = await startScenario(inject("stack"), "events");
    const { namespace } = scenario;
    const client = await connect();
    const errors: unknown[] = [];
    let now = Date.now();
    const recorder = createEventRecorder({
      client,
      clock: { ...systemClock, now: () => now },
      random: Math.random,
      instance: "operator-0",
      onError: (error) => errors.push(error),
    });
    try {
      const lease = await client.create(leases, {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "about", namespace },
      });
      const event = { type: "Normal", reason: "Rolling", action: "Upgrade", note: "ế".repeat(900) } as const;
      recorder.record({ ...lease, apiVersion: "coordination.k8s.io/v1", kind: "Lease" }, event);
      await recorder.flush();
      now += 31_000;
      recorder.record({ ...lease, apiVersion: "coordination.k8s.io/v1", kind: "Lease" }, event);
      await recorder.flush();
      expect(errors).toEqual([]);
      const { items } = await client.list(events, { namespace });
      expect(items.find(({ reason }) => reason === "Rolling")).toMatchObject({ series: { count: 2 }, regarding: { name: "about" } });
    } finally {
      client.close();
      await scenario.end();
    }
  });
});
