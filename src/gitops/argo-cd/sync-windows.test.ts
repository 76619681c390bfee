import { describe, expect, it } from "vitest";
import { application } from "../testing/objects.ts";
import type { RawObject } from "../raw-object.ts";
import { readApplication } from "./application.ts";
import { closedWindow, goDuration } from "./sync-windows.ts";

const at = (time: string): number => Date.parse(`2026-11-29T${time}:00Z`); // a Sunday
const window = (kind: string, schedule: string, duration: string, more: RawObject = {}): RawObject => ({
  kind,
  schedule,
  duration,
  applications: ["*"],
  ...more,
});
const closed = (now: number, ...syncWindows: readonly RawObject[]) =>
  closedWindow(readApplication(application()), { spec: { syncWindows } }, now);

describe("closedWindow", () => {
  it.each([
    ["no windows", at("12:00"), [], undefined],
    ["inside of allow", at("22:30"), [window("allow", "0 22 * * *", "1h")], undefined],
    ["before allow", at("21:59"), [window("allow", "0 22 * * *", "1h")], at("22:00")],
    ["at its very start, a moment before Argo CD opens it", at("22:00"), [window("allow", "0 22 * * *", "1h")], at("22:00")],
    ["at its end", at("23:00"), [window("allow", "0 22 * * *", "1h")], at("22:00") + 86_400_000],
    ["inside of deny", at("22:30"), [window("deny", "0 22 * * *", "1h")], at("23:00")],
    ["outside of deny", at("12:00"), [window("deny", "0 22 * * *", "1h")], undefined],
    ["deny wins over allow", at("22:30"), [window("allow", "0 22 * * *", "2h"), window("deny", "0 22 * * *", "1h")], at("23:00")],
    ["one of two allows is open", at("22:30"), [window("allow", "0 22 * * *", "1h"), window("allow", "0 3 * * *", "1h")], undefined],
    ["the next of two allows", at("12:00"), [window("allow", "0 22 * * *", "1h"), window("allow", "0 13 * * *", "1h")], at("13:00")],
    [
      "two denies: the later end",
      at("22:30"),
      [window("deny", "0 22 * * *", "1h"), window("deny", "0 22 * * *", "3h")],
      at("22:00") + 3 * 3_600_000,
    ],
    ["over midnight", at("00:30"), [window("allow", "0 22 * * *", "4h")], undefined],
    ["weekdays only", at("22:30"), [window("allow", "0 22 * * 1-5", "1h")], at("22:00") + 86_400_000],
    ["in its own time zone", at("15:30"), [window("allow", "0 22 * * *", "1h", { timeZone: "Asia/Ho_Chi_Minh" })], undefined],
    ["of other applications", at("12:00"), [window("allow", "0 22 * * *", "1h", { applications: ["other-*"] })], undefined],
    [
      "of a cluster",
      at("12:00"),
      [window("allow", "0 22 * * *", "1h", { applications: [], clusters: ["https://kubernetes.default.svc"] })],
      at("22:00"),
    ],
    ["of a namespace", at("12:00"), [window("allow", "0 22 * * *", "1h", { applications: ["x"], namespaces: ["clust*"] })], at("22:00")],
    [
      "and of an application",
      at("12:00"),
      [window("allow", "0 22 * * *", "1h", { applications: ["x"], namespaces: ["clust*"], andOperator: true })],
      undefined,
    ],
    ["of nothing", at("12:00"), [window("allow", "0 22 * * *", "1h", { applications: [] })], undefined],
  ])("%s", (_, now, windows, opensAt) => {
    expect(closed(now, ...windows)?.opensAt).toBe(opensAt);
    expect(closed(now, ...windows) === undefined).toBe(opensAt === undefined);
  });

  it("names the window and the project", () => {
    expect(closed(at("12:00"), window("allow", "0 22 * * *", "1h"))?.message).toBe(
      'the allow window "0 22 * * *" for 1h (UTC) of AppProject argocd/default is closed',
    );
  });

  it.each([
    window("allow", "sometimes", "1h"),
    window("allow", "0 22 * * *", "an hour"),
    window("perhaps", "0 22 * * *", "1h"),
    window("allow", "0 22 * * *", "1h", { timeZone: "Mars/Olympus" }),
  ])("one that Argo CD cannot understand either holds everything back: %o", (broken) => {
    expect(closed(at("12:00"), broken)).toMatchObject({ opensAt: undefined, message: expect.stringContaining("cannot be understood") });
  });
});

describe("goDuration", () => {
  it.each([
    ["1h", 3_600_000],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["90s", 90_000],
    ["500ms", 500],
    ["", undefined],
    ["1d", undefined],
    ["h", undefined],
  ])("%s: %s", (text, expected) => expect(goDuration(text)).toBe(expected));
});
