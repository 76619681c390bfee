import { describe, expect, it } from "vitest";
import type { Clock } from "../clock.ts";
import { catalogAgeSeconds, catalogConditions } from "./catalog-conditions.ts";
import { releaseCatalog, type CatalogView } from "./catalog.ts";
import { releaseWith } from "./release-facts.ts";
import { failed, type ReleaseSource, type SourceAnswer, type SourceRequest } from "./release-source.ts";

const start = Date.UTC(2026, 7, 22);

/** Sleeping is what moves it; a sleep beyond `end` stops what is running. */
function clockUntil(end: number, stop: AbortController): Clock {
  let now = start;
  return {
    now: () => now,
    sleep: async (milliseconds, signal) => {
      now += milliseconds;
      if (now > end) stop.abort(new Error("end of the test"));
      signal?.throwIfAborted();
    },
  };
}

function clockAt(): Clock & { advance(seconds: number): void } {
  let now = start;
  return { now: () => now, advance: (seconds) => (now += seconds * 1000), sleep: async () => undefined };
}

interface Scripted extends ReleaseSource {
  readonly asked: SourceRequest[];
}

/** Gives its answers in turn, the last one for ever. */
function scripted(name: string, clock: Pick<Clock, "now">, ...answers: readonly ("down" | "unchanged" | readonly string[])[]): Scripted {
  const asked: SourceRequest[] = [];
  return {
    name,
    asked,
    fetch: async (request): Promise<SourceAnswer> => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(request);
      if (answer === "down") return failed("ReleaseSourceUnreachable", `${name} is down.`, "Wait.");
      if (answer === "unchanged" || answer === undefined) return { kind: "unchanged", fetchedAt: clock.now() };
      return {
        kind: "releases",
        releases: answer.map((version) => releaseWith(version)),
        etag: `"${asked.length}"`,
        fetchedAt: clock.now(),
      };
    },
  };
}

const versions = (view: CatalogView): readonly string[] => view.releases.map(({ version }) => version);
const rules = { intervalSeconds: 900, retrySeconds: 30, limitSeconds: 120 };

describe("a catalog", () => {
  it("is there at once, and empty, before anything answered", () => {
    const clock = clockAt();
    const catalog = releaseCatalog({ sources: [scripted("a", clock, ["v1.35.0"])], clock, rules });
    expect(catalog.view()).toEqual({ releases: [], conflicts: [], sources: [] });
  });

  it("asks each source at its pace, with the etag of what it holds", async () => {
    const clock = clockAt();
    const source = scripted("a", clock, ["v1.35.0"], "unchanged", ["v1.35.1"]);
    const catalog = releaseCatalog({ sources: [source], clock, rules });
    expect(await catalog.refresh()).toBe(true);
    expect(await catalog.refresh()).toBe(false);
    expect(source.asked).toEqual([{ etag: undefined, signal: expect.any(AbortSignal) }]);
    clock.advance(900);
    expect(await catalog.refresh()).toBe(false);
    expect(source.asked.at(-1)).toMatchObject({ etag: '"1"' });
    expect(versions(catalog.view())).toEqual(["v1.35.0"]);
    clock.advance(900);
    expect(await catalog.refresh()).toBe(true);
    expect(source.asked.at(-1)).toMatchObject({ etag: '"1"' });
    expect(versions(catalog.view())).toEqual(["v1.35.1"]);
  });

  it("lets a source have a pace of its own", async () => {
    const clock = clockAt();
    const [often, seldom] = [scripted("often", clock, ["v1.35.0"]), { ...scripted("seldom", clock, ["v1.36.0"]), intervalSeconds: 3600 }];
    const catalog = releaseCatalog({ sources: [often, seldom], clock, rules });
    for (let quarter = 0; quarter < 5; quarter += 1) {
      await catalog.refresh();
      clock.advance(900);
    }
    expect([often.asked.length, seldom.asked.length]).toEqual([5, 2]);
  });

  it("keeps what a source said while it fails, says so, and asks again ever later", async () => {
    const clock = clockAt();
    const source = scripted("a", clock, ["v1.35.0"], "down");
    const catalog = releaseCatalog({ sources: [source], clock, rules });
    await catalog.refresh();
    clock.advance(900);
    expect(await catalog.refresh()).toBe(true);
    expect(versions(catalog.view())).toEqual(["v1.35.0"]);
    expect(catalog.view().sources).toMatchObject([
      { name: "a", fetchedAt: start, failures: 1, failure: { message: "a is down." }, versions: 1 },
    ]);
    const pauses: number[] = [];
    for (let second = 0, last = 0; pauses.length < 7; second += 1) {
      const before = source.asked.length;
      await catalog.refresh();
      if (source.asked.length > before) {
        pauses.push(second - last);
        last = second;
      }
      clock.advance(1);
    }
    expect(pauses).toEqual([30, 60, 120, 240, 480, 900, 900]);
  });

  it("does not wait for one source to show what another says", async () => {
    const clock = clockAt();
    const slow: ReleaseSource = { name: "slow", fetch: () => new Promise(() => undefined) };
    const first = releaseCatalog({ sources: [scripted("a", clock, ["v1.35.0"])], clock, rules });
    await first.refresh();
    const catalog = releaseCatalog({ sources: [scripted("a", clock, ["v1.35.0"]), slow], clock, rules, memory: first.memory() });
    void catalog.refresh();
    expect(versions(catalog.view())).toEqual(["v1.35.0"]);
  });

  it("gives up on a source that takes for ever", async () => {
    const clock = clockAt();
    const slow: ReleaseSource = {
      name: "slow",
      fetch: ({ signal }) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted")))),
    };
    const catalog = releaseCatalog({ sources: [slow, scripted("a", clock, ["v1.35.0"])], clock, rules: { ...rules, limitSeconds: 0.02 } });
    await catalog.refresh();
    expect(versions(catalog.view())).toEqual(["v1.35.0"]);
    expect(catalog.view().sources[0]?.failure).toMatchObject({ message: expect.stringContaining("slow was not done after 0.02 s") });
    const stop = new AbortController();
    const look = releaseCatalog({ sources: [slow], clock, rules }).refresh(stop.signal);
    stop.abort();
    await expect(look).rejects.toThrow("aborted");
  });

  it("is told to stop rather than that a source is slow, when both are so", async () => {
    const stop = new AbortController();
    const slow: ReleaseSource = {
      name: "slow",
      fetch: ({ signal }) =>
        new Promise((_, reject) =>
          signal?.addEventListener("abort", () => {
            stop.abort();
            reject(new Error("stopped"));
          }),
        ),
    };
    const catalog = releaseCatalog({ sources: [slow], clock: clockAt(), rules: { ...rules, limitSeconds: 0.01 } });
    await expect(catalog.refresh(stop.signal)).rejects.toThrow("stopped");
  });

  it("shares one look among those who ask at the same time", async () => {
    const clock = clockAt();
    const source = scripted("a", clock, ["v1.35.0"]);
    const catalog = releaseCatalog({ sources: [source], clock, rules });
    expect(await Promise.all([catalog.refresh(), catalog.refresh()])).toEqual([true, true]);
    expect(source.asked).toHaveLength(1);
  });

  it("forgets sources that are gone, and takes over what was kept", async () => {
    const clock = clockAt();
    const both = releaseCatalog({ sources: [scripted("a", clock, ["v1.35.0"]), scripted("b", clock, ["v1.36.0"])], clock, rules });
    await both.refresh();
    const kept = scripted("b", clock, "down");
    const one = releaseCatalog({ sources: [kept], clock, rules, memory: both.memory() });
    expect(versions(one.view())).toEqual(["v1.36.0"]);
    await one.refresh();
    expect(kept.asked).toEqual([]);
    expect([...one.memory().keys()]).toEqual(["b"]);
  });

  it("runs until it is stopped, and tells each change once", async () => {
    const stop = new AbortController();
    const clock = clockUntil(start + 3600_000, stop);
    const source = scripted("a", clock, "down", ["v1.35.0"], "unchanged", ["v1.35.1"]);
    const seen: (readonly string[])[] = [];
    await releaseCatalog({ sources: [source], clock, rules }).run(stop.signal, (view) => seen.push(versions(view)));
    expect(seen).toEqual([[], ["v1.35.0"], ["v1.35.1"]]);
    // At 0 s it is down, at 30 s it answers, then every 900 s.
    expect(source.asked).toHaveLength(5);
  });

  it("tells of a fault of its own", async () => {
    const broken: ReleaseSource = { name: "a", fetch: () => Promise.reject(new TypeError("a bug")) };
    const catalog = releaseCatalog({ sources: [broken], clock: clockAt(), rules });
    await expect(catalog.run(new AbortController().signal, () => undefined)).rejects.toThrow("a bug");
  });

  it("has no two sources of one name", () => {
    const clock = clockAt();
    expect(() => releaseCatalog({ sources: [scripted("a", clock), scripted("a", clock)], clock })).toThrow("same name: a, a");
  });
});

describe("conditions", () => {
  const failure = { reason: "ReleaseSourceUnreachable", message: "a is down.", remedy: "Wait." };
  const source = (name: string, fetchedAt: number | undefined, more: object = {}): CatalogView["sources"][number] => ({
    name,
    etag: undefined,
    fetchedAt,
    failure: undefined,
    failures: 0,
    versions: 1,
    ...more,
  });
  const conflict = {
    version: "v1.35",
    field: "endOfLifeAt",
    taken: { source: "a", value: "2027-02-28" },
    left: { source: "b", value: "2027-04-28" },
  } as const;

  it.each<[string, Partial<CatalogView>, readonly string[]]>([
    ["nothing at all", {}, ["Ready=False NoReleases", "Stale=False SourcesAnswer", "Conflicting=False SourcesAgree"]],
    [
      "all well",
      { releases: [releaseWith("v1.35.0")], sources: [source("a", start - 3_600_000)] },
      ["Ready=True ReleasesKnown", "Stale=False SourcesAnswer", "Conflicting=False SourcesAgree"],
    ],
    [
      "old",
      { releases: [releaseWith("v1.35.0")], sources: [source("b", start), source("a", start - 3_600_001, { failure, failures: 3 })] },
      ["Ready=True ReleasesKnown", "Stale=True ReleaseSourceUnreachable", "Conflicting=False SourcesAgree"],
    ],
    [
      "never answered",
      { sources: [source("a", undefined, { failure, failures: 3 })] },
      ["Ready=False NoReleases", "Stale=True ReleaseSourceUnreachable", "Conflicting=False SourcesAgree"],
    ],
    [
      "differing",
      { releases: [releaseWith("v1.35.0")], sources: [source("a", start)], conflicts: [conflict] },
      ["Ready=True ReleasesKnown", "Stale=False SourcesAnswer", "Conflicting=True SourcesDiffer"],
    ],
  ])("%s", (_, view, expected) => {
    const conditions = catalogConditions({ releases: [], conflicts: [], sources: [], ...view }, start, 3600);
    expect(conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`)).toEqual(expected);
  });

  it("say what was seen and what to do", () => {
    const view: CatalogView = {
      releases: [],
      sources: [source("a", undefined, { failure }), source("b", start - 7_200_000)],
      conflicts: Array.from({ length: 7 }, () => conflict),
    };
    expect(catalogConditions(view, start, 3600).map(({ message }) => message)).toEqual([
      "No source has answered yet. a: a is down. Wait.",
      "a has never answered. a is down. Wait. b last answered at 2026-08-21T22:00:00.000Z; what it said then still counts.",
      `${"v1.35 endOfLifeAt: 2027-02-28 by a is taken, 2027-04-28 by b is not. ".repeat(5)} 2 more. The source that is listed first is believed; change their order, or correct the wrong one.`.replace(
        "  2",
        " 2",
      ),
    ]);
  });

  it.each([
    [[], undefined],
    [[source("a", start - 60_000), source("b", start - 90_000)], 90],
    [[source("a", start - 60_000), source("b", undefined)], undefined],
    [[source("a", start + 5_000)], 0],
  ])("age of %j", (sources, age) => {
    expect(catalogAgeSeconds({ releases: [], conflicts: [], sources }, start)).toBe(age);
  });
});
