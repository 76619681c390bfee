import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { Clock } from "../../clock.ts";
import { httpClient } from "../../http/http-client.ts";
import { answeringServer, type AnsweringServer, type Reply } from "../../http/testing/answering-server.ts";
import { deliver, type DeliveryResult, type NotificationTarget } from "./deliver.ts";
import type { Notification } from "./notification.ts";
import { outbox, type Outbox } from "./outbox.ts";

const send = httpClient({ environment: {}, userAgent: "test" });
const source = "mgmt";
const servers: AnsweringServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** Gives these answers in turn, the last one for ever. */
async function receiver(...replies: readonly Reply[]): Promise<AnsweringServer> {
  const server = await answeringServer(() => replies[Math.min(server.seen.length, replies.length) - 1] ?? {});
  servers.push(server);
  return server;
}

function stillClock(): Clock & { readonly pauses: number[]; advance(milliseconds: number): void } {
  let now = Date.UTC(2026, 7, 22);
  const pauses: number[] = [];
  return {
    pauses,
    now: () => now,
    advance: (milliseconds) => (now += milliseconds),
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      pauses.push(milliseconds);
    },
  };
}

function notification(key = "k"): Notification {
  return {
    kind: "started",
    cluster: { namespace: "capi", name: "prod-1" },
    policy: "prod",
    upgrade: "u",
    from: "v1.34.3",
    to: "v1.35.2",
    message: "m",
    remedy: undefined,
    links: [],
    at: 0,
    dedupeKey: key,
  };
}

function target(url: string, more: Partial<NotificationTarget> = {}): NotificationTarget {
  return { name: "ops", form: "JSON", url: `${url}/services/SECRET`, ...more };
}

const gone: Reply = (response: ServerResponse) => response.destroy();

describe("a delivery", () => {
  it.each<[string, readonly Reply[], string, readonly number[]]>([
    ["taken", [{ status: 200 }], "sent 1", []],
    ["taken, without a body", [{ status: 204 }], "sent 1", []],
    ["taken with too long an answer", [{ body: "x".repeat(70_000) }], "sent 1", []],
    ["taken when it is well again", [{ status: 503 }, { status: 500 }, { status: 200 }], "sent 3", [1000, 2000]],
    ["slow to be read", [{ status: 408 }, { status: 200 }], "sent 2", [1000]],
    ["cut off once", [gone, { status: 200 }], "sent 2", [1000]],
    ["asked to wait", [{ status: 429, headers: { "Retry-After": "7" } }, { status: 200 }], "sent 2", [7000]],
    ["asked to wait too long", [{ status: 429, headers: { "Retry-After": "86400" } }, { status: 200 }], "sent 2", [60_000]],
    [
      "asked to wait until a date, which is not read",
      [{ status: 429, headers: { "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" } }, {}],
      "sent 2",
      [1000],
    ],
    ["never taken", [{ status: 500 }], "failed 5", [1000, 2000, 4000, 8000]],
    ["not allowed", [{ status: 403 }], "failed 1", []],
    ["sent elsewhere, which is not followed", [{ status: 302, headers: { Location: "/login" } }], "failed 1", []],
    ["gone for good", [{ status: 410 }], "failed 1", []],
  ])("that is %s", async (_, replies, expected, pauses) => {
    const server = await receiver(...replies);
    const clock = stillClock();
    const result = await deliver(target(server.url), notification(), { send, clock, random: () => 0.5, source });
    expect(`${result.kind} ${result.attempts}`).toBe(expected);
    expect(clock.pauses).toEqual(pauses);
    expect(server.seen).toHaveLength(result.attempts);
  });

  it("spreads its pauses", async () => {
    const server = await receiver({ status: 500 });
    const clock = stillClock();
    await deliver(target(server.url), notification(), { send, clock, random: () => 0, source });
    expect(clock.pauses).toEqual([500, 1000, 2000, 4000]);
  });

  it("sends what its form makes, with the receiver's own authorization", async () => {
    const server = await receiver({});
    await deliver(target(server.url, { authorization: "Bearer t", signingKey: "k" }), notification(), {
      send,
      clock: stillClock(),
      random: () => 0,
      source,
    });
    expect(server.seen[0]).toMatchObject({
      method: "POST",
      path: "/services/SECRET",
      headers: {
        "content-type": "application/json; charset=utf-8",
        authorization: "Bearer t",
        "x-capi-gitops-signature": expect.stringMatching(/^sha256=[0-9a-f]{64}$/),
      },
    });
    expect(JSON.parse(server.seen[0]?.body ?? "")).toMatchObject({ kind: "started", source: "mgmt" });
  });

  it.each<[string, () => Promise<string>]>([
    ["not allowed", async () => (await receiver({ status: 403 })).url],
    ["not there", async () => "http://127.0.0.1:1"],
    ["no web address", async () => "ftp://hooks.test"],
    ["no address", async () => "hooks"],
  ])("that fails names the receiver, never its address: %s", async (_, url) => {
    const result = await deliver(target(await url()), notification(), { send, clock: stillClock(), random: () => 0, source });
    expect(result).toMatchObject({
      kind: "failed",
      failure: { reason: "NotificationUndelivered", message: expect.stringContaining("The receiver ops ") },
    });
    expect(JSON.stringify(result)).not.toMatch(/SECRET|127\.0\.0\.1|hooks/);
  });

  it("ends with the signal's reason", async () => {
    const stop = new AbortController();
    const server = await receiver(() => stop.abort(new Error("over")));
    await expect(
      deliver(target(server.url), notification(), { send, clock: stillClock(), random: () => 0, source }, stop.signal),
    ).rejects.toThrow("over");
  });
});

describe("an outbox", () => {
  function box(clock = stillClock(), signal = new AbortController().signal): { box: Outbox; results: string[]; faults: unknown[] } {
    const results: string[] = [];
    const faults: unknown[] = [];
    const onResult = (to: NotificationTarget, { dedupeKey }: Notification, { kind }: DeliveryResult): void => {
      if (dedupeKey === "trap") throw new Error("a bug");
      results.push(`${to.name} ${dedupeKey} ${kind}`);
    };
    return {
      box: outbox({ send, clock, random: () => 0.5, source, signal, onResult, onFault: (fault) => faults.push(fault) }),
      results,
      faults,
    };
  }

  it("sends in order, and a key that is under way only once", async () => {
    const server = await receiver({});
    const { box: ours, results } = box();
    expect(["a", "b", "a"].map((key) => ours.post(target(server.url), notification(key)))).toEqual(["queued", "queued", "under-way"]);
    await ours.idle();
    expect(results).toEqual(["ops a sent", "ops b sent"]);
    expect(server.seen.map(({ headers }) => headers["x-capi-gitops-delivery"])).toEqual(["a", "b"]);
    expect(ours.post(target(server.url), notification("a"))).toBe("queued");
    await ours.idle();
  });

  it("one dead receiver holds up neither another nor who posts, and is left alone for a while", async () => {
    const [dead, alive] = [await receiver({ status: 500 }), await receiver({})];
    const clock = stillClock();
    const { box: ours, results } = box(clock);
    const toDead = target(dead.url, { name: "dead" });
    expect(["a", "b"].map((key) => ours.post(toDead, notification(key)))).toEqual(["queued", "queued"]);
    ours.post(target(alive.url), notification("a"));
    await ours.idle();
    // `b` was not tried: it would have failed too. It is not told of, so whoever posted it does so again.
    expect(results.sort()).toEqual(["dead a failed", "ops a sent"]);
    expect(dead.seen).toHaveLength(5);
    expect(ours.post(toDead, notification("b"))).toBe("dropped");
    clock.advance(59_999);
    expect(ours.post(toDead, notification("b"))).toBe("dropped");
    clock.advance(1);
    expect(ours.post(toDead, notification("b"))).toBe("queued");
    await ours.idle();
    clock.advance(119_999);
    expect(ours.post(toDead, notification("b"))).toBe("dropped");
    clock.advance(1);
    expect(ours.post(toDead, notification("b"))).toBe("queued");
    await ours.idle();
  });

  it("a receiver that is well again has its next pause short", async () => {
    const down: Reply = { status: 403 };
    const server = await receiver(down, down, {}, down);
    const clock = stillClock();
    const { box: ours, results } = box(clock);
    for (const seconds of [60, 120, 0, 60]) {
      expect(ours.post(target(server.url), notification())).toBe("queued");
      await ours.idle();
      clock.advance(seconds * 1000);
    }
    expect(results.map((line) => line.split(" ")[2])).toEqual(["failed", "failed", "sent", "failed"]);
    expect(ours.post(target(server.url), notification())).toBe("queued");
    await ours.idle();
  });

  it("is bounded", async () => {
    const stop = new AbortController();
    const server = await receiver(() => undefined);
    const { box: ours } = box(stillClock(), stop.signal);
    const answers = Array.from({ length: 1002 }, (_, index) => ours.post(target(server.url), notification(`k${index}`)));
    expect(answers.filter((answer) => answer === "queued")).toHaveLength(1001);
    expect(answers.at(-1)).toBe("dropped");
    stop.abort();
    await ours.idle();
    expect(ours.post(target(server.url, { name: "other" }), notification())).toBe("dropped");
  });

  it("tells a fault of its own and goes on", async () => {
    const server = await receiver({});
    const { box: ours, results, faults } = box();
    ours.post(target(server.url), notification("trap"));
    await ours.idle();
    ours.post(target(server.url), notification("next"));
    await ours.idle();
    expect(faults).toEqual([expect.objectContaining({ message: "a bug" })]);
    expect(results).toEqual(["ops next sent"]);
  });
});
