import { expect, it } from "vitest";
import type { HttpCall } from "../http/send-http.ts";
import { applyTo } from "../sandbox/applier/apply-object.ts";
import { createRandom } from "../sandbox/engine/random.ts";
import { createTimeline, driveUntil, timelineClock } from "../sandbox/engine/timeline.ts";
import { inProcessClient } from "../sandbox/in-process/in-process-client.ts";
import { createManagementCluster } from "../sandbox/management-cluster.ts";
import { memoryLog } from "../telemetry/testing/memory-log.ts";
import { decideAttempt } from "../upgrade/attempt/decide-attempt.ts";
import { attemptInput } from "../upgrade/testing/attempts.ts";
import { plainCluster } from "../upgrade/testing/snapshots.ts";
import { notifier } from "./notify.ts";

const namespace = "operator";
const attempt = {
  apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
  kind: "ClusterUpgrade",
  metadata: { name: "c1-v1.35.2", namespace: "demo", uid: "u1" },
  spec: {
    clusterName: "c1",
    targetVersion: "v1.35.2",
    notifications: [{ name: "chat", format: "JSON", secretRef: { name: "chat" }, on: ["Started", "Done"] }],
  },
};
const decision = decideAttempt(attemptInput(plainCluster()));

function scene() {
  const timeline = createTimeline(Date.UTC(2027, 0, 1));
  const clock = timelineClock(timeline);
  const random = createRandom(1);
  const management = createManagementCluster({ timeline, random, workloadKubeconfig: () => "" });
  const log = memoryLog(clock);
  const sent: HttpCall[] = [];
  const { notify } = notifier({
    client: inProcessClient(management.handler, { clock, random: () => random.next() }),
    clock,
    random: () => 0,
    log,
    send: (call) => {
      sent.push(call);
      return Promise.resolve({ status: 200, headers: {}, body: "", url: call.url });
    },
    namespace,
    source: "test",
    signal: new AbortController().signal,
  });
  const apply = (object: object): void => applyTo(management.handler, object as Parameters<typeof applyTo>[1], "kubectl");
  apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const ask = async (event: "started" | "done"): Promise<boolean> => {
    const delivered = notify(attempt, event, event, decision);
    await driveUntil(timeline, clock.sleep(1_000));
    return delivered;
  };
  const pass = (seconds: number): Promise<void> => driveUntil(timeline, clock.sleep(seconds * 1000));
  const secret = (data: Readonly<Record<string, string>>): void => {
    const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
    apply({ apiVersion: "v1", kind: "Secret", metadata: { name: "chat", namespace }, data: encoded });
  };
  return { ask, pass, secret, sent, log };
}

it("says that all have it once they have, and keeps nothing of it then: whoever asks keeps it in the status", async () => {
  const { ask, secret, sent } = scene();
  secret({ url: "https://chat.example/hook" });
  expect(await ask("started")).toBe(false);
  expect(sent).toHaveLength(1);
  expect(await ask("started")).toBe(true);
  expect(sent).toHaveLength(1);
  expect(await ask("started")).toBe(false);
  expect(sent).toHaveLength(2);
});

it("a receiver that cannot be found out is told once a minute, without a stack, for all that is to be sent there", async () => {
  const { ask, pass, secret, sent, log } = scene();
  const told = () => log.lines.map(({ level, msg, target, reason }) => ({ level, msg, target, reason }));
  const failing = { level: "warn", msg: "notifications are not delivered", target: "chat (chat)" };
  for (let second = 0; second < 120; second += 6) {
    expect(await ask("started")).toBe(false);
    await ask("done");
    await pass(4);
  }
  expect(told()).toEqual([
    { ...failing, reason: "SecretMissing" },
    { ...failing, reason: "SecretMissing" },
  ]);
  expect(log.text()).not.toContain(`"stack"`);
  secret({ address: "https://chat.example/hook" });
  await pass(60);
  await ask("done");
  expect(told()[2]).toEqual({ ...failing, reason: "NoReceiver" });
  expect(log.lines[2]!["why"]).toBe("Secret operator/chat has no key url.");
  secret({ url: "https://chat.example/hook" });
  await ask("done");
  expect(told()[3]).toMatchObject({ level: "info", msg: "notifications are delivered again", target: "chat (chat)" });
  expect(sent).toHaveLength(1);
});
