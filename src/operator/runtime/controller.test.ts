import { describe, expect, it } from "vitest";
import { ForgeError } from "../../git/forges/forge-error.ts";
import { GitError } from "../../git/git-error.ts";
import { ApiError, ConnectionError, CredentialsError } from "../../kubernetes/errors.ts";
import { createTimeline, driveUntil, timelineClock } from "../../sandbox/engine/timeline.ts";
import { createController, type Pass, type ReconcileResult } from "./controller.ts";
import { failureOf, StalledError, WaitingError, type Failure } from "./failure.ts";

const api = (status: number, reason = ""): ApiError => new ApiError("GET /x", status, JSON.stringify({ reason, message: "words" }));

describe("what an error means", () => {
  it.each([
    ["connection refused", new ConnectionError("refused", "no"), { kind: "transient", reason: "Unreachable" }],
    ["conflict", api(409, "Conflict"), { kind: "transient", reason: "Conflict" }],
    ["server error", api(500), { kind: "transient", reason: "ServerTrouble" }],
    ["gone meanwhile", api(404, "NotFound"), { kind: "transient", reason: "NotFound" }],
    ["forbidden", api(403, "Forbidden"), { kind: "stalled", reason: "Forbidden", againAfterMilliseconds: 300_000 }],
    ["unauthorized", api(401), { kind: "stalled", reason: "Unauthorized" }],
    ["invalid", api(422, "Invalid"), { kind: "stalled", reason: "Invalid" }],
    ["credentials", new CredentialsError("unreadable"), { kind: "stalled", reason: "CredentialsUnusable" }],
    [
      "git away",
      new GitError("unreachable", { seen: "It hangs.", meaning: "Nothing is known.", remedy: "Try again." }),
      { kind: "transient", reason: "GitUnreachable", message: "It hangs. Nothing is known.", remedy: "Try again." },
    ],
    [
      "a forge that is busy",
      new ForgeError("rate-limited", { seen: "429.", meaning: "Too many requests.", remedy: "Wait.", retryAfterSeconds: 60 }),
      { kind: "transient", reason: "ForgeUnreachable", remedy: "Wait.", againAfterMilliseconds: 60_000 },
    ],
    [
      "a forge that refuses",
      new ForgeError("authorization", { seen: "403.", meaning: "The token may not.", remedy: "Give it the scope repo." }),
      { kind: "stalled", reason: "ForgeRefused", message: "403. The token may not.", remedy: "Give it the scope repo." },
    ],
    [
      "git refuses",
      new GitError("authentication", { seen: "401.", meaning: "It does not know the token.", remedy: "Give another." }),
      { kind: "stalled", reason: "GitRefused", remedy: "Give another." },
    ],
    ["waiting", new WaitingError("CatalogEmpty", "nothing yet", 60_000), { kind: "waiting", againAfterMilliseconds: 60_000 }],
    ["stalled", new StalledError("SecretMissing", "no Secret x", "Make it."), { kind: "stalled", remedy: "Make it." }],
    ["a mistake", new TypeError("x is not a function"), { kind: "unexpected", reason: "Unexpected" }],
    ["something thrown", "text", { kind: "unexpected", message: expect.stringContaining("text") }],
  ])("%s", (_, error, expected) => {
    expect(failureOf(error)).toMatchObject(expected);
  });

  it("keeps to what a busy server asks for", () => {
    expect(failureOf(new ApiError("GET /x", 429, "", 7))).toMatchObject({ kind: "transient", againAfterMilliseconds: 7_000 });
  });
});

type Step = ReconcileResult | Error;

/** One key whose passes end so, one after the other; the last is repeated. */
async function passes(steps: readonly Step[], seconds: number, options: { readonly reportFails?: boolean } = {}) {
  const timeline = createTimeline(0);
  const clock = timelineClock(timeline);
  const stop = new AbortController();
  const began: number[] = [];
  const told: Pass[] = [];
  const reported: { readonly failure: Failure; readonly failures: number }[] = [];
  const controller = createController({
    name: "test",
    clock,
    random: () => 1,
    concurrency: 1,
    reconcile() {
      const step = steps[Math.min(began.length, steps.length - 1)]!;
      began.push(timeline.now());
      return step instanceof Error ? Promise.reject(step) : Promise.resolve(step);
    },
    report: (_, failure, failures) => {
      reported.push({ failure, failures });
      return options.reportFails === true ? Promise.reject(new Error("status could not be written")) : Promise.resolve();
    },
    onPass: (pass) => told.push(pass),
  });
  const running = controller.run(stop.signal);
  controller.wake({ namespace: "fleet", name: "demo" }, 0);
  await driveUntil(timeline, clock.sleep(seconds * 1000));
  stop.abort();
  await driveUntil(timeline, running);
  return { began, told, reported, controller };
}

const done: ReconcileResult = { kind: "done" };

describe("controller", () => {
  it("done: looks once", async () => {
    expect((await passes([done], 3600)).began).toEqual([0]);
  });

  it("looks again when asked to", async () => {
    expect((await passes([{ kind: "look-again", at: 5_000 }, { kind: "look-again", at: 9_000 }, done], 3600)).began).toEqual([
      0, 5_000, 9_000,
    ]);
  });

  it("what is asked for in the past does not spin within a moment", async () => {
    const { began } = await passes([{ kind: "look-again", at: -5 }, { kind: "look-again", at: 0 }, done], 10);
    expect(began).toEqual([0, 1, 2]);
  });

  it("backs off from what fails, reports each, and forgets once it succeeds", async () => {
    const failing = new ConnectionError("refused", "no");
    const { began, reported } = await passes([failing, failing, failing, { kind: "look-again", at: 1_000 }, failing, done], 10);
    expect(began).toEqual([0, 5, 15, 35, 1_000, 1_005]);
    expect(reported.map(({ failures }) => failures)).toEqual([1, 2, 3, 1]);
  });

  it("looks at what is stalled every five minutes, and at what waits when it said", async () => {
    expect((await passes([api(403), api(403), done], 700)).began).toEqual([0, 300_000, 600_000]);
    expect((await passes([new WaitingError("X", "x", 42_000), done], 100)).began).toEqual([0, 42_000]);
  });

  it("counts what fails also where the server says when to ask again: what lasts is told", async () => {
    const busy = new ApiError("PATCH x", 503, "busy", 60);
    const { began, reported } = await passes([busy, busy, busy, done], 600);
    expect(began).toEqual([0, 60_000, 120_000, 180_000]);
    expect(reported.map(({ failures }) => failures)).toEqual([1, 2, 3]);
  });

  it("a report that fails hinders nothing and is told", async () => {
    const { began, told } = await passes([api(500), done], 10, { reportFails: true });
    expect(began).toEqual([0, 5]);
    expect(told.map(({ failure }) => failure?.reason)).toEqual(["ServerTrouble", "Unexpected", undefined]);
  });

  it("a change that comes while it backs off does not wait", async () => {
    const timeline = createTimeline(0);
    const clock = timelineClock(timeline);
    const stop = new AbortController();
    const began: number[] = [];
    const controller = createController({
      name: "test",
      clock,
      random: () => 1,
      concurrency: 1,
      reconcile() {
        began.push(timeline.now());
        return Promise.reject(api(403));
      },
    });
    const running = controller.run(stop.signal);
    const key = { namespace: "", name: "policy" };
    controller.wake(key, 0);
    timeline.after(10_000, () => controller.wake(key));
    await driveUntil(timeline, clock.sleep(20_000));
    stop.abort();
    await driveUntil(timeline, running);
    expect(began).toEqual([0, 10_100]);
  });

  it("a failure while it is being stopped is nobody's business", async () => {
    const timeline = createTimeline(0);
    const clock = timelineClock(timeline);
    const stop = new AbortController();
    const told: Pass[] = [];
    const controller = createController({
      name: "test",
      clock,
      random: () => 1,
      concurrency: 1,
      reconcile: (_, signal) => clock.sleep(60_000, signal).then(() => done),
      onPass: (pass) => told.push(pass),
    });
    const running = controller.run(stop.signal);
    controller.wake({ namespace: "fleet", name: "demo" }, 0);
    await driveUntil(timeline, clock.sleep(1_000));
    stop.abort(new Error("SIGTERM"));
    await driveUntil(timeline, running);
    expect(told).toEqual([]);
  });
});
