import { describe, expect, it } from "vitest";
import { ConnectionError } from "../../kubernetes/errors.ts";
import { createRandom } from "../../sandbox/engine/random.ts";
import { createTimeline, driveUntil, timelineClock } from "../../sandbox/engine/timeline.ts";
import { inProcessClient } from "../../sandbox/in-process/in-process-client.ts";
import { createManagementCluster } from "../../sandbox/management-cluster.ts";
import { LeaseLostError, leadWhenElected, type Leadership } from "./leader-election.ts";

const start = Date.parse("2026-01-01T00:00:00Z");

/** A management cluster and contenders for one lease, in virtual time. */
function scene() {
  const timeline = createTimeline(start);
  const clock = timelineClock(timeline);
  const random = createRandom(1);
  const management = createManagementCluster({ timeline, random, workloadKubeconfig: () => "" });
  const leaders = new Set<string>();
  let most = 0;
  const log: string[] = [];
  const at = (): number => Math.round((timeline.now() - start) / 1000);

  function contender(identity: string, options: { readonly cutOffFrom?: () => boolean; readonly skewMilliseconds?: number } = {}) {
    const { cutOffFrom = () => false, skewMilliseconds = 0 } = options;
    const own = { ...clock, now: () => clock.now() + skewMilliseconds };
    const client = inProcessClient(management.handler, {
      clock: own,
      random: () => random.next(),
      async intercept({ method, path }) {
        await clock.sleep(5);
        if (cutOffFrom()) throw new ConnectionError("refused", `${method} ${path}: refused`);
        return undefined;
      },
    });
    const stop = new AbortController();
    let leadership: Leadership | undefined;
    const ended = leadWhenElected(
      { client, clock: own, random: () => random.next(), namespace: "default", name: "operator", identity },
      async (given) => {
        leadership = given;
        leaders.add(identity);
        most = Math.max(most, leaders.size);
        log.push(`${identity} leads at ${at()}`);
        await clock.sleep(86_400_000, given.signal).catch(() => undefined);
        // What is under way is finished.
        if (!(given.signal.reason instanceof LeaseLostError)) await clock.sleep(30_000);
        leaders.delete(identity);
        log.push(`${identity} stops at ${at()}`);
        return "done";
      },
      stop.signal,
    ).catch((error: unknown) => {
      leaders.delete(identity);
      return error instanceof LeaseLostError ? "lost" : error;
    });
    return { stop, ended, leadership: () => leadership };
  }

  const pass = (seconds: number): Promise<void> => driveUntil(timeline, clock.sleep(seconds * 1000));
  const lease = (): { readonly spec: Readonly<Record<string, unknown>> } =>
    management.objects.store.list("Lease.coordination.k8s.io")[0] as never;
  return { timeline, contender, pass, lease, log, most: () => most, end: (promise: Promise<unknown>) => driveUntil(timeline, promise) };
}

describe("leader election", () => {
  it("one leads, the other waits, for as long as it is renewed", async () => {
    const { contender, pass, lease, log, most } = scene();
    contender("a");
    contender("b");
    await pass(300);
    expect(log).toHaveLength(1);
    expect(most()).toBe(1);
    expect(lease().spec).toMatchObject({ leaseDurationSeconds: 15, leaseTransitions: 0, holderIdentity: log[0]!.split(" ")[0] });
    expect(Date.parse(String(lease().spec["renewTime"])) - start).toBeGreaterThan(296_000);
  });

  it("gives the lease back only when what is under way has ended, and then the other leads at once", async () => {
    const { contender, pass, lease, log, most } = scene();
    const one = contender("a");
    await pass(10);
    contender("b");
    await pass(10);
    one.stop.abort(new Error("SIGTERM"));
    await pass(29);
    expect(log).toEqual(["a leads at 0"]);
    expect(lease().spec["holderIdentity"]).toBe("a");
    await pass(8);
    expect(await one.ended).toBe("done");
    expect(log).toEqual(["a leads at 0", "a stops at 50", expect.stringMatching(/^b leads at 5[0-6]$/)]);
    expect(lease().spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
    expect(most()).toBe(1);
  });

  it("a leader that does not reach the server stops before the other begins", async () => {
    const { contender, pass, log, most } = scene();
    let cut = false;
    const one = contender("a", { cutOffFrom: () => cut });
    await pass(10);
    contender("b");
    await pass(10);
    cut = true;
    await pass(30);
    expect(await one.ended).toBe("lost");
    const [, stopped, begun] = log.map((line) => Number(line.split(" ").at(-1)));
    expect(log.map((line) => line.replace(/ at .*/, ""))).toEqual(["a leads", "a stops", "b leads"]);
    expect(stopped).toBeLessThanOrEqual(30);
    expect(begun).toBeGreaterThanOrEqual(32);
    expect(most()).toBe(1);
  });

  it("says that it is not certain any more as soon as the lease has run out, whatever its timers do", async () => {
    const { contender, pass, timeline } = scene();
    const one = contender("a");
    await pass(10);
    expect(one.leadership()!.isCertain()).toBe(true);
    // A process that was suspended: time has passed, and none of its tasks has run.
    timeline.runUntil(timeline.now() + 16_000);
    expect(one.leadership()!.isCertain()).toBe(false);
  });

  it("goes by its own clock: one that is an hour ahead takes nothing from anybody", async () => {
    const { contender, pass, log } = scene();
    contender("a");
    await pass(5);
    contender("ahead", { skewMilliseconds: 3_600_000 });
    contender("behind", { skewMilliseconds: -3_600_000 });
    await pass(120);
    expect(log).toEqual(["a leads at 0"]);
  });

  it("is not stopped by a short outage", async () => {
    const { contender, pass, log } = scene();
    let cut = false;
    contender("a", { cutOffFrom: () => cut });
    contender("b");
    await pass(10);
    const [leader] = log;
    cut = true;
    await pass(6);
    cut = false;
    await pass(60);
    expect(log).toEqual([leader]);
  });

  it("one that is stopped before it leads takes nothing", async () => {
    const { contender, pass, lease } = scene();
    contender("a");
    await pass(5);
    const other = contender("b");
    await pass(20);
    other.stop.abort();
    await pass(5);
    expect(await other.ended).toBeUndefined();
    expect(lease().spec["holderIdentity"]).toBe("a");
  });

  it("of many that begin at the same moment one leads", async () => {
    const { contender, pass, log, most } = scene();
    for (const name of ["a", "b", "c", "d", "e", "f"]) contender(name);
    await pass(60);
    expect(log).toHaveLength(1);
    expect(most()).toBe(1);
  });
});
