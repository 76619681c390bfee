import { describe, expect, it } from "vitest";
import { createTimeline, driveUntil, timelineClock } from "../sandbox/engine/timeline.ts";
import { memoryLog } from "../telemetry/testing/memory-log.ts";
import type { AvailableVersion } from "../upgrade/policy/available-versions.ts";
import type { UpgradePolicy } from "./api/generated/upgrade-policy.gen.ts";
import { readUpgradePolicy, type PolicyObject } from "./api/read-upgrade-policy.ts";
import { tellAvailable } from "./controllers/upgrade-policy/tell-available.ts";
import { notifier, type NotifyOptions } from "./notify.ts";

const object = (on?: readonly string[]) => ({
  apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
  kind: "UpgradePolicy",
  metadata: { name: "prod", uid: "u1" },
  spec: {
    clusters: {},
    target: { channel: "Stable" },
    notifications: [{ name: "ops", format: "JSON", secretRef: { name: "ops" }, ...(on === undefined ? {} : { on }) }],
  },
});

function policyOf(on?: readonly string[]): PolicyObject {
  const read = readUpgradePolicy(object(on));
  if (read.kind === "refused") throw new Error(read.refusals[0]?.message);
  return read.value;
}

const found: AvailableVersion = {
  policyName: "prod",
  version: "v1.35.2",
  cluster: { namespace: "fleet", name: "c1" },
  from: "v1.34.2",
  clusters: 3,
  why: "Outside of the maintenance windows; steps may start again Mon.",
};

function scene(status = 200) {
  const timeline = createTimeline(0);
  const clock = timelineClock(timeline);
  const bodies: unknown[] = [];
  const log = memoryLog({ now: () => timeline.now() });
  const url = Buffer.from("https://ops.example.com/hook").toString("base64");
  const { notifyAvailable } = notifier({
    // Only ever asked for one Secret.
    client: { get: () => Promise.resolve({ metadata: { name: "ops" }, data: { url } }) } as unknown as NotifyOptions["client"],
    clock,
    random: () => 0,
    log,
    send: ({ body }) => {
      bodies.push(JSON.parse(String(body)));
      return Promise.resolve({ status, headers: {}, body: "" } as never);
    },
    namespace: "ns",
    source: "mgmt",
    signal: new AbortController().signal,
  });
  const pass = (seconds: number): Promise<void> => driveUntil(timeline, clock.sleep(seconds * 1000));
  return { notifyAvailable, bodies, log, pass };
}

const api = (notified?: readonly string[]) => ({ ...object(), status: { notified } }) as unknown as UpgradePolicy;

describe("a version that is available", () => {
  it("is told once for a policy and version, also by the next process", async () => {
    const { notifyAvailable, bodies, pass } = scene();
    const { tell } = tellAvailable(notifyAvailable);
    expect(tell(policyOf(), api(), [found])).toEqual({ notified: [], owed: true });
    await pass(1);
    expect(tell(policyOf(), api(), [{ ...found, cluster: { namespace: "fleet", name: "c0" } }])).toEqual({
      notified: ["available/v1.35.2"],
      owed: false,
    });
    expect(tell(policyOf(), api(), [found])).toEqual({ notified: ["available/v1.35.2"], owed: false });
    const next = scene();
    expect(tellAvailable(next.notifyAvailable).tell(policyOf(), api(["available/v1.35.2"]), [found])).toMatchObject({ owed: false });
    await Promise.all([pass(60), next.pass(60)]);
    expect(next.bodies).toEqual([]);
    expect(bodies).toMatchObject([
      {
        kind: "available",
        policy: "prod",
        from: "v1.34.2",
        to: "v1.35.2",
        message: "Policy prod leads to v1.35.2: fleet/c1 and 2 more. Outside of the maintenance windows; steps may start again Mon.",
        dedupeKey: "policy/prod/to-v1.35.2/available",
      },
    ]);
  });

  it("is told of another version anew, and to nobody who did not ask for it", async () => {
    const { notifyAvailable, bodies, pass } = scene();
    const { tell } = tellAvailable(notifyAvailable);
    tell(policyOf(["Done"]), api(), [found]);
    await pass(1);
    expect(bodies).toEqual([]);
    tell(policyOf(["Available"]), api(["available/v1.35.2"]), [found, { ...found, version: "v1.36.0" }]);
    await pass(1);
    expect(bodies).toMatchObject([{ to: "v1.36.0" }]);
  });

  it("is remembered for policies that there are, and for no others", () => {
    const { notifyAvailable } = scene();
    const available = tellAvailable(notifyAvailable);
    const named = (uid: string) => ({ ...api(), metadata: { ...api().metadata, uid } });
    for (const uid of ["a", "b", "c"]) available.tell(policyOf(), named(uid), [found]);
    expect(available.count()).toBe(3);
    available.keep([named("b"), named("new")]);
    expect(available.count()).toBe(1);
  });

  it("is owed while its receiver refuses, and that is logged once", async () => {
    const { notifyAvailable, bodies, log, pass } = scene(403);
    const { tell } = tellAvailable(notifyAvailable);
    for (let look = 0; look < 5; look += 1) {
      expect(tell(policyOf(), api(), [found])).toEqual({ notified: [], owed: true });
      await pass(5);
    }
    expect(bodies).toHaveLength(1);
    expect(log.lines.map(({ level, msg, target }) => ({ level, msg, target }))).toEqual([
      { level: "warn", msg: "notifications are not delivered", target: "ops (ops)" },
    ]);
  });
});
