import { describe, expect, it } from "vitest";
import type { KubernetesObject } from "../../kubernetes/resource.ts";
import { createRandom } from "../../sandbox/engine/random.ts";
import { createTimeline, driveUntil, timelineClock } from "../../sandbox/engine/timeline.ts";
import { inProcessClient, type InProcessOptions } from "../../sandbox/in-process/in-process-client.ts";
import { createManagementCluster } from "../../sandbox/management-cluster.ts";
import { createEventRecorder, type RecordedEvent } from "./event-recorder.ts";

const start = Date.parse("2026-01-01T00:00:00Z");
const about: KubernetesObject = {
  apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
  kind: "ClusterUpgrade",
  metadata: { name: "demo-v1.35.2", namespace: "default", uid: "uid-1", resourceVersion: "7" },
};
const written: RecordedEvent = { type: "Normal", reason: "StepWritten", action: "Upgrade", note: "Cluster default/demo goes to v1.35.2" };

function scene(options: Partial<InProcessOptions> = {}) {
  const timeline = createTimeline(start);
  const clock = timelineClock(timeline);
  const random = createRandom(1);
  const management = createManagementCluster({ timeline, random, workloadKubeconfig: () => "" });
  let requests = 0;
  const client = inProcessClient(management.handler, {
    clock,
    random: () => random.next(),
    intercept: () => {
      requests += 1;
      return Promise.resolve(undefined);
    },
    ...options,
  });
  const errors: unknown[] = [];
  const recorder = createEventRecorder({
    client,
    clock,
    random: () => random.next(),
    instance: "operator-0",
    onError: (error) => errors.push(error),
  });
  const drive = <T>(promise: Promise<T>): Promise<T> => driveUntil(timeline, promise);
  return {
    recorder,
    errors,
    requests: () => requests,
    pass: (seconds: number) => drive(clock.sleep(seconds * 1000)),
    flush: () => drive(recorder.flush()),
    events: () => management.objects.store.list("Event.events.k8s.io"),
  };
}

describe("event recorder", () => {
  it("writes an event as Kubernetes validates it", async () => {
    const { recorder, flush, events } = scene();
    recorder.record(about, written);
    await flush();
    expect(events()).toEqual([
      expect.objectContaining({
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: expect.objectContaining({ name: expect.stringMatching(/^demo-v1\.35\.2\.[0-9a-f]{16}$/), namespace: "default" }),
        eventTime: "2026-01-01T00:00:00.000000Z",
        reportingController: "upgrades.clusterapi-gitops.io/operator",
        reportingInstance: "operator-0",
        type: "Normal",
        reason: "StepWritten",
        action: "Upgrade",
        note: "Cluster default/demo goes to v1.35.2",
        regarding: {
          apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
          kind: "ClusterUpgrade",
          name: "demo-v1.35.2",
          namespace: "default",
          uid: "uid-1",
          resourceVersion: "7",
        },
      }),
    ]);
  });

  it("counts what is said again, seldom writes the count, and writes the last one when the series is over", async () => {
    const { recorder, flush, pass, events, requests } = scene();
    for (let count = 0; count < 100; count += 1) {
      recorder.record(about, written);
      await pass(1);
    }
    await flush();
    expect(requests()).toBeLessThanOrEqual(5);
    expect(events()).toHaveLength(1);
    await pass(400);
    recorder.record(about, { ...written, reason: "Other" });
    await flush();
    expect(events().find(({ reason }) => reason === "StepWritten")).toMatchObject({ series: { count: 100 } });
  });

  it.each([
    ["another note", { note: "Cluster default/demo is at v1.35.2" }],
    ["another reason", { reason: "StepDone" }],
    ["another type", { type: "Warning" as const }],
  ])("%s is another event", async (_, other) => {
    const { recorder, flush, events } = scene();
    recorder.record(about, written);
    recorder.record(about, { ...written, ...other });
    await flush();
    expect(events()).toHaveLength(2);
  });

  it("of one object writes 25 at once, then one every five minutes, and keeps nothing from others", async () => {
    const { recorder, flush, pass, events } = scene();
    for (let index = 0; index < 60; index += 1) recorder.record(about, { ...written, note: `note ${index}` });
    recorder.record({ ...about, metadata: { ...about.metadata, uid: "uid-2" } }, written);
    await flush();
    expect(events()).toHaveLength(26);
    await pass(301);
    for (let index = 60; index < 70; index += 1) recorder.record(about, { ...written, note: `note ${index}` });
    await flush();
    expect(events()).toHaveLength(27);
  });

  it("cuts notes at 1024 bytes, between characters", async () => {
    const { recorder, flush, events } = scene();
    recorder.record(about, { ...written, note: "ế".repeat(2000) });
    await flush();
    const note = String(events()[0]!["note"]);
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    expect(note).toMatch(/^ế+…$/);
  });

  it("never fails, and says that it could not", async () => {
    const { recorder, flush, events, errors } = scene({ intercept: () => Promise.resolve({ status: 403, message: "no events for you" }) });
    recorder.record(about, written);
    recorder.record({ kind: "Odd" } as never, written);
    await flush();
    expect(events()).toEqual([]);
    expect(errors).toHaveLength(2);
  });

  it("writes four at a time, and a count never before its event", async () => {
    const answers: (() => void)[] = [];
    const asked: string[] = [];
    const { recorder, flush, pass } = scene({
      intercept: ({ method }) => {
        asked.push(method);
        return new Promise((resolve) => answers.push(() => resolve(undefined)));
      },
    });
    for (let index = 0; index < 6; index += 1) recorder.record({ ...about, metadata: { ...about.metadata, uid: `uid-${index}` } }, written);
    await pass(60);
    recorder.record({ ...about, metadata: { ...about.metadata, uid: "uid-0" } }, written);
    await pass(1);
    expect(asked).toEqual(Array(4).fill("POST"));
    const end = flush();
    for (let answer = answers.shift(); answer !== undefined; answer = answers.shift()) {
      answer();
      await pass(1);
    }
    await end;
    expect(asked).toEqual(Array(6).fill("POST"));
    await pass(60);
    recorder.record({ ...about, metadata: { ...about.metadata, uid: "uid-0" } }, written);
    await pass(1);
    expect(asked.at(-1)).toBe("PATCH");
  });

  it("drops what it cannot get rid of", async () => {
    let answer = (): void => undefined;
    const silence = new Promise<undefined>((resolve) => (answer = () => resolve(undefined)));
    const { recorder, flush, events, errors } = scene({ intercept: () => silence });
    for (let index = 0; index < 5_100; index += 1)
      recorder.record({ ...about, metadata: { ...about.metadata, name: `demo-${index}`, uid: `uid-${index}` } }, written);
    expect(errors).toHaveLength(100);
    answer();
    await flush();
    expect(events()).toHaveLength(5_000);
  });
});
