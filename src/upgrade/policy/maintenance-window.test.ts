import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scheduleRefusal, windowAt, type ChangeKind } from "./maintenance-window.ts";
import type { Exclusion, MaintenanceWindow, Schedule } from "./schedule.ts";

const HOUR = 3_600;

function at(text: string): number {
  return Date.parse(text);
}

function schedule(
  timeZone: string,
  windows: readonly (readonly [cron: string, hours: number])[],
  exclusions: readonly Exclusion[] = [],
): Schedule {
  return { timeZone, windows: windows.map(([cron, hours]) => ({ cron, durationSeconds: hours * HOUR })), exclusions };
}

function exclusion(from: string, until: string, scope: Exclusion["scope"] = "all", name = "freeze"): Exclusion {
  return { name, from: at(from), until: at(until), scope };
}

/** `open, closes …` or `closed, opens …`, in UTC, as a table has it. */
function told(given: Schedule, now: string, change: ChangeKind = "patch"): string {
  const { open, opensAt, closesAt } = windowAt(given, change, at(now));
  const time = (value: number | undefined): string =>
    value === undefined ? "never" : new Date(value).toISOString().replace(":00.000Z", "Z");
  return open ? `open, closes ${time(closesAt)}` : `closed, opens ${time(opensAt)}`;
}

describe("a window in its time zone, as hand-made tables of UTC instants", () => {
  const cases: readonly (readonly [zone: string, cron: string, hours: number, now: string, expected: string])[] = [
    ["UTC", "0 22 * * *", 8, "2026-01-05T21:59:59Z", "closed, opens 2026-01-05T22:00Z"],
    ["UTC", "0 22 * * *", 8, "2026-01-05T22:00:00Z", "open, closes 2026-01-06T06:00Z"],
    ["UTC", "0 22 * * *", 8, "2026-01-06T05:59:59.999Z", "open, closes 2026-01-06T06:00Z"],
    ["UTC", "0 22 * * *", 8, "2026-01-06T06:00:00Z", "closed, opens 2026-01-06T22:00Z"],
    // Monday to Thursday; 2026-01-08 is a Thursday.
    ["UTC", "0 22 * * 1-4", 8, "2026-01-09T06:00:00Z", "closed, opens 2026-01-12T22:00Z"],
    ["UTC", "0 22 * * MON-THU", 8, "2026-01-09T06:00:00Z", "closed, opens 2026-01-12T22:00Z"],
    ["UTC", "0 0 29 2 *", 1, "2026-03-01T00:00:00Z", "closed, opens 2028-02-29T00:00Z"],
    // Winter (+1) and summer (+2).
    ["Europe/Berlin", "0 22 * * *", 2, "2026-01-05T20:30:00Z", "closed, opens 2026-01-05T21:00Z"],
    ["Europe/Berlin", "0 22 * * *", 2, "2026-07-05T20:30:00Z", "open, closes 2026-07-05T22:00Z"],
    // 29 March 2026: 02:00 becomes 03:00 at 01:00Z. A duration is elapsed time: eight hours end at 07:00 on the clock.
    ["Europe/Berlin", "0 22 * * *", 8, "2026-03-29T00:00:00Z", "open, closes 2026-03-29T05:00Z"],
    ["Europe/Berlin", "30 2 * * *", 1, "2026-03-29T00:59:59Z", "closed, opens 2026-03-29T01:00Z"],
    ["Europe/Berlin", "30 2 * * *", 1, "2026-03-29T01:00:00Z", "open, closes 2026-03-29T02:00Z"],
    ["Europe/Berlin", "30 2 * * *", 1, "2026-03-29T02:00:00Z", "closed, opens 2026-03-30T00:30Z"],
    // 25 October 2026: 03:00 becomes 02:00 at 01:00Z; 02:30 exists at 00:30Z and 01:30Z, and the window opens at the first.
    ["Europe/Berlin", "30 2 * * *", 0.5, "2026-10-25T00:29:00Z", "closed, opens 2026-10-25T00:30Z"],
    ["Europe/Berlin", "30 2 * * *", 0.5, "2026-10-25T00:30:00Z", "open, closes 2026-10-25T01:00Z"],
    ["Europe/Berlin", "30 2 * * *", 0.5, "2026-10-25T01:30:00Z", "closed, opens 2026-10-26T01:30Z"],
    ["Europe/Berlin", "0 22 * * *", 8, "2026-10-25T00:00:00Z", "open, closes 2026-10-25T04:00Z"],
    // 8 March 2026: 02:00 becomes 03:00 at 07:00Z. 1 November: 02:00 becomes 01:00 at 06:00Z.
    ["America/New_York", "15 2 * * *", 1, "2026-03-08T06:59:00Z", "closed, opens 2026-03-08T07:00Z"],
    ["America/New_York", "15 2 * * *", 1, "2026-03-07T06:59:00Z", "closed, opens 2026-03-07T07:15Z"],
    ["America/New_York", "30 1 * * *", 1, "2026-11-01T05:00:00Z", "closed, opens 2026-11-01T05:30Z"],
    ["America/New_York", "30 1 * * *", 1, "2026-11-01T06:30:00Z", "closed, opens 2026-11-02T06:30Z"],
    // Half an hour of daylight saving time: 4 October 2026 02:00 (+10:30) becomes 02:30 (+11) at 15:30Z the day before.
    ["Australia/Lord_Howe", "15 2 * * *", 1, "2026-10-03T15:29:00Z", "closed, opens 2026-10-03T15:30Z"],
    ["Australia/Lord_Howe", "15 2 * * *", 1, "2026-10-02T15:29:00Z", "closed, opens 2026-10-02T15:45Z"],
    ["Australia/Lord_Howe", "15 2 * * *", 1, "2026-10-03T16:30:00Z", "closed, opens 2026-10-04T15:15Z"],
    // 5 April 2026 02:00 (+11) becomes 01:30 (+10:30) at 15:00Z the day before; 01:45 exists at 14:45Z and 15:15Z.
    ["Australia/Lord_Howe", "45 1 * * *", 0.25, "2026-04-04T14:44:00Z", "closed, opens 2026-04-04T14:45Z"],
    ["Australia/Lord_Howe", "45 1 * * *", 0.25, "2026-04-04T15:15:00Z", "closed, opens 2026-04-05T15:15Z"],
    // +05:45, always.
    ["Asia/Kathmandu", "0 22 * * *", 2, "2026-03-29T16:14:59Z", "closed, opens 2026-03-29T16:15Z"],
    ["Asia/Kathmandu", "0 22 * * *", 2, "2026-03-29T18:14:59Z", "open, closes 2026-03-29T18:15Z"],
  ];
  it.each(cases)("%s, %s for %d h, at %s: %s", (zone, cron, hours, now, expected) => {
    expect(told(schedule(zone, [[cron, hours]]), now)).toBe(expected);
  });
});

describe("several windows", () => {
  const cases: readonly (readonly [what: string, given: Schedule, now: string, expected: string])[] = [
    [
      "that overlap are one",
      schedule("UTC", [
        ["0 20 * * *", 3],
        ["0 22 * * *", 4],
      ]),
      "2026-01-05T20:00:00Z",
      "open, closes 2026-01-06T02:00Z",
    ],
    [
      "that join are one",
      schedule("UTC", [
        ["0 20 * * *", 2],
        ["0 22 * * *", 2],
      ]),
      "2026-01-05T20:00:00Z",
      "open, closes 2026-01-06T00:00Z",
    ],
    [
      "with a minute between are two",
      schedule("UTC", [
        ["0 20 * * *", 2],
        ["1 22 * * *", 2],
      ]),
      "2026-01-05T20:00:00Z",
      "open, closes 2026-01-05T22:00Z",
    ],
    [
      "open at the first that comes",
      schedule("UTC", [
        ["0 20 * * 6", 2],
        ["0 3 * * 0", 2],
      ]),
      "2026-01-05T20:00:00Z",
      "closed, opens 2026-01-10T20:00Z",
    ],
    [
      "one inside of another",
      schedule("UTC", [
        ["0 20 * * *", 10],
        ["0 22 * * *", 1],
      ]),
      "2026-01-05T22:30:00Z",
      "open, closes 2026-01-06T06:00Z",
    ],
    ["one longer than its period", schedule("UTC", [["0 22 * * *", 30]]), "2026-01-05T20:00:00Z", "open, closes never"],
    ["one that joins itself", schedule("UTC", [["0 22 * * *", 24]]), "2026-01-05T20:00:00Z", "open, closes never"],
    [
      "weekdays that join and a weekend between",
      schedule("UTC", [["0 0 * * 1-5", 24]]),
      "2026-01-05T12:00:00Z",
      "open, closes 2026-01-10T00:00Z",
    ],
    ["one of a minute, every minute", schedule("UTC", [["* * * * *", 1 / 60]]), "2026-01-05T12:00:30Z", "open, closes never"],
    ["half a minute, every minute", schedule("UTC", [["* * * * *", 1 / 120]]), "2026-01-05T12:00:30Z", "closed, opens 2026-01-05T12:01Z"],
    ["none at all", schedule("UTC", []), "2026-01-05T12:00:30Z", "open, closes never"],
    ["that never open", schedule("UTC", [["0 0 30 2 *", 1]]), "2026-01-05T12:00:00Z", "closed, opens never"],
  ];
  it.each(cases)("%s", (_, given, now, expected) => {
    expect(told(given, now)).toBe(expected);
  });
});

describe("exclusions", () => {
  const nightly = [["0 22 * * *", 8]] as const;
  const freeze = exclusion("2026-01-06T00:00Z", "2026-01-08T00:00Z");
  const cases: readonly (readonly [what: string, given: Schedule, now: string, change: ChangeKind, expected: string])[] = [
    ["cut a window short", schedule("UTC", nightly, [freeze]), "2026-01-05T23:00:00Z", "patch", "open, closes 2026-01-06T00:00Z"],
    ["close it", schedule("UTC", nightly, [freeze]), "2026-01-06T00:00:00Z", "patch", "closed, opens 2026-01-08T00:00Z"],
    [
      "a window that is open when one ends opens then",
      schedule("UTC", nightly, [freeze]),
      "2026-01-07T23:59:59Z",
      "patch",
      "closed, opens 2026-01-08T00:00Z",
    ],
    [
      "end outside of a window",
      schedule("UTC", nightly, [exclusion("2026-01-06T00:00Z", "2026-01-08T12:00Z")]),
      "2026-01-06T01:00:00Z",
      "patch",
      "closed, opens 2026-01-08T22:00Z",
    ],
    [
      "that meet are passed together",
      schedule("UTC", [], [freeze, exclusion("2026-01-08T00:00Z", "2026-01-09T00:00Z")]),
      "2026-01-06T01:00:00Z",
      "patch",
      "closed, opens 2026-01-09T00:00Z",
    ],
    [
      "that overlap are passed together",
      schedule("UTC", [], [freeze, exclusion("2026-01-07T00:00Z", "2026-01-09T00:00Z")]),
      "2026-01-07T01:00:00Z",
      "patch",
      "closed, opens 2026-01-09T00:00Z",
    ],
    [
      "cover the next opening as well",
      schedule("UTC", nightly, [exclusion("2026-01-06T20:00Z", "2026-01-07T07:00Z")]),
      "2026-01-06T12:00:00Z",
      "patch",
      "closed, opens 2026-01-07T22:00Z",
    ],
    [
      "for minors, spare patches",
      schedule("UTC", [], [exclusion("2026-01-06T00:00Z", "2026-01-08T00:00Z", "minor")]),
      "2026-01-07T00:00:00Z",
      "patch",
      "open, closes never",
    ],
    [
      "for minors, close minors",
      schedule("UTC", [], [exclusion("2026-01-06T00:00Z", "2026-01-08T00:00Z", "minor")]),
      "2026-01-07T00:00:00Z",
      "minor",
      "closed, opens 2026-01-08T00:00Z",
    ],
    [
      "without windows, close by themselves",
      schedule("UTC", [], [freeze]),
      "2026-01-01T00:00:00Z",
      "patch",
      "open, closes 2026-01-06T00:00Z",
    ],
    [
      "beyond what is looked at say nothing of the windows before them",
      schedule("UTC", [["*/10 1-23 * * *", 0.5]], [exclusion("2026-03-01T00:00Z", "2026-03-02T00:00Z")]),
      "2026-01-05T01:00:00Z",
      "patch",
      "open, closes 2026-01-06T00:20Z",
    ],
    [
      "beyond many windows that join",
      schedule("UTC", [["*/5 1-23 * * *", 0.1]], [exclusion("2026-03-01T00:00Z", "2026-03-02T00:00Z")]),
      "2026-01-05T01:00:00Z",
      "patch",
      "open, closes never",
    ],
    [
      "over the last window there is",
      schedule("UTC", [["0 0 30 2 *", 1]], [freeze]),
      "2026-01-07T00:00:00Z",
      "patch",
      "closed, opens never",
    ],
  ];
  it.each(cases)("%s", (_, given, now, change, expected) => {
    expect(told(given, now, change)).toBe(expected);
  });

  it("are named, the one that lasts longest", () => {
    const given = schedule("Europe/Berlin", nightly, [
      freeze,
      exclusion("2026-01-05T00:00Z", "2026-01-10T00:00Z", "all", "fair"),
      exclusion("2026-01-05T00:00Z", "2026-01-20T00:00Z", "minor", "no new minors"),
    ]);
    expect(windowAt(given, "patch", at("2026-01-06T10:00Z"))).toMatchObject({
      exclusion: { name: "fair" },
      reason:
        "Exclusion fair lasts until Sat 2026-01-10 01:00 (Europe/Berlin); steps may start again Sat 2026-01-10 01:00 (Europe/Berlin).",
    });
    expect(windowAt(given, "minor", at("2026-01-06T10:00Z"))).toMatchObject({
      exclusion: { name: "no new minors" },
      reason:
        "Exclusion no new minors lasts until Tue 2026-01-20 01:00 (Europe/Berlin), for minor upgrades; steps may start again Tue 2026-01-20 01:00 (Europe/Berlin).",
    });
  });
});

describe("words", () => {
  it.each([
    [schedule("Asia/Kathmandu", [["0 22 * * *", 2]]), "2026-01-05T16:15Z", "Steps may start until Tue 2026-01-06 00:00 (Asia/Kathmandu)."],
    [
      schedule("UTC", [["0 22 * * *", 2]]),
      "2026-01-05T16:15Z",
      "Outside of the maintenance windows; steps may start again Mon 2026-01-05 22:00 (UTC).",
    ],
    [schedule("UTC", []), "2026-01-05T16:15Z", "There are no maintenance windows: steps may start at any time."],
    [
      schedule("UTC", [["0 0 * * *", 25]]),
      "2026-01-05T16:15Z",
      "The maintenance windows join, with no end in sight: steps may start at any time.",
    ],
    [
      schedule("UTC", [["0 0 31 4 *", 2]]),
      "2026-01-05T16:15Z",
      "Outside of the maintenance windows; no window opens after it any more; change the schedule.",
    ],
  ])("%#", (given, now, reason) => {
    expect(windowAt(given, "patch", at(now)).reason).toBe(reason);
  });
});

describe("a schedule that cannot be followed", () => {
  const good: MaintenanceWindow = { cron: "0 22 * * *", durationSeconds: 60 };
  it.each<readonly [what: string, given: Schedule, evidence: readonly unknown[]]>([
    [
      "a time zone that is none",
      { timeZone: "Europe/Nowhere", windows: [good], exclusions: [] },
      [expect.stringContaining('"Europe/Nowhere" is not a time zone')],
    ],
    ["no time zone, and no windows", { timeZone: "", windows: [], exclusions: [] }, [expect.stringContaining('"" is not a time zone')]],
    ["an offset", { timeZone: "+01:00", windows: [good], exclusions: [] }, [expect.stringContaining('"+01:00" is not a time zone')]],
    [
      "an hour too many",
      { timeZone: "UTC", windows: [{ ...good, cron: "0 24 * * *" }], exclusions: [] },
      [expect.stringContaining('"0 24 * * *" is not a cron expression')],
    ],
    [
      "six fields",
      { timeZone: "UTC", windows: [{ ...good, cron: "0 0 22 * * *" }], exclusions: [] },
      [expect.stringContaining("of five fields")],
    ],
    [
      "nothing",
      { timeZone: "UTC", windows: [{ ...good, cron: "" }], exclusions: [] },
      [expect.stringContaining('"" is not a cron expression')],
    ],
    [
      "no duration",
      { timeZone: "UTC", windows: [{ ...good, durationSeconds: 0 }], exclusions: [] },
      ['window "0 22 * * *" has a duration of 0 s'],
    ],
    [
      "a duration that is no number",
      { timeZone: "UTC", windows: [{ ...good, durationSeconds: NaN }], exclusions: [] },
      ['window "0 22 * * *" has a duration of NaN s'],
    ],
    [
      "an exclusion that ends before it begins",
      { timeZone: "UTC", windows: [good], exclusions: [exclusion("2026-01-02T00:00Z", "2026-01-01T00:00Z")] },
      ['exclusion "freeze" does not end after it begins'],
    ],
    [
      "two things",
      { timeZone: "UTC", windows: [{ cron: "x", durationSeconds: -1 }], exclusions: [] },
      [expect.stringContaining('"x"'), 'window "x" has a duration of -1 s'],
    ],
  ])("%s", (_, given, evidence) => {
    expect(scheduleRefusal(given)).toMatchObject({ reason: "InvalidSchedule", evidence });
    expect(windowAt(given, "patch", at("2026-01-05T22:10Z"))).toMatchObject({
      open: false,
      opensAt: undefined,
      refusal: { reason: "InvalidSchedule" },
    });
  });

  it("is not one that is merely never open", () => {
    expect(scheduleRefusal(schedule("UTC", [["0 0 30 2 *", 1]]))).toBeUndefined();
  });
});

describe("for any schedule and time", () => {
  const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"];
  // Around the changes of daylight saving time of 2026, and in between.
  const START = at("2026-03-01T00:00Z");
  const time = fc.integer({ min: 0, max: 260 * 24 * 60 }).map((minutes) => START + minutes * 60_000 + 7_000);
  const window = fc.record({
    cron: fc
      .tuple(
        fc.constantFrom("0", "30", "*/20", "15,45"),
        fc.constantFrom("*", "2", "1-3", "22", "*/6"),
        fc.constantFrom("*", "1-5", "0", "6,0"),
        fc.constantFrom("*", "1", "15"),
      )
      .map(([minute, hour, weekday, day]) => `${minute} ${hour} ${day} * ${weekday}`),
    durationSeconds: fc.constantFrom(60, 600, 1_800, 3_600, 7_200, 28_800, 86_400, 100_000),
  });
  const exclusionAt = fc.record({
    name: fc.constantFrom("a", "b"),
    from: time,
    days: fc.constantFrom(0.01, 1, 7, 40),
    scope: fc.constantFrom("all" as const, "minor" as const),
  });
  const any = fc.record({
    timeZone: fc.constantFrom(...ZONES),
    windows: fc.array(window, { maxLength: 3 }),
    exclusions: fc.array(
      exclusionAt.map(({ name, from, days, scope }) => ({ name, from, until: from + days * 86_400_000, scope })),
      { maxLength: 3 },
    ),
  });

  it("is never open in an exclusion, opens when it says, and closes when it says, not before", () => {
    fc.assert(
      fc.property(any, time, fc.constantFrom<ChangeKind>("patch", "minor"), (given, now, change) => {
        const state = windowAt(given, change, now);
        const excluded = given.exclusions.some(
          ({ from, until, scope }) => from <= now && now < until && (scope === "all" || change === "minor"),
        );
        if (excluded) expect(state.open).toBe(false);
        if (state.open) {
          expect(state.opensAt).toBeUndefined();
          if (state.closesAt === undefined) return;
          expect(state.closesAt).toBeGreaterThan(now);
          expect(windowAt(given, change, state.closesAt - 1).open).toBe(true);
          expect(windowAt(given, change, state.closesAt).open).toBe(false);
          expect(windowAt(given, change, Math.floor((now + state.closesAt) / 2))).toEqual(state);
        } else if (state.opensAt !== undefined) {
          expect(state.opensAt).toBeGreaterThan(now);
          expect(windowAt(given, change, state.opensAt).open).toBe(true);
          expect(windowAt(given, change, state.opensAt - 1).open).toBe(false);
          expect(windowAt(given, change, Math.floor((now + state.opensAt) / 2)).open).toBe(false);
        }
        expect(state.refusal).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it("is open exactly when, by the wall clock of the zone, a minute in its duration matches (away from daylight saving time)", () => {
    const quiet = fc.integer({ min: 0, max: 60 * 24 * 4 }).map((quarters) => at("2026-05-01T00:00Z") + quarters * 900_000);
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 1, max: 23 }),
        quiet,
        (timeZone, hour, hours, now) => {
          const clock = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
          const [h = 0, m = 0] = clock.format(now).split(":").map(Number);
          const minutesSince = (h * 60 + m - hour * 60 + 1440) % 1440;
          expect(windowAt(schedule(timeZone, [[`0 ${hour} * * *`, hours]]), "patch", now).open).toBe(minutesSince < hours * 60);
        },
      ),
      { numRuns: 300 },
    );
  });
});
