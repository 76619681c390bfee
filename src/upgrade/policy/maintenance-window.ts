import type { Refusal } from "../../refusal.ts";
import { cronOpenings, type CronOpenings } from "./cron-openings.ts";
import { isTimeZone, localTime } from "./local-time.ts";
import type { Exclusion, Schedule } from "./schedule.ts";

/** How far an upgrade goes: exclusions may spare patches. */
export type ChangeKind = "patch" | "minor";

/** Whether steps may start now. */
export interface WindowState {
  readonly open: boolean;
  /** Epoch milliseconds at which it is no longer open; undefined when closed, or when it does not close as far as we look (`FURTHEST_CLOSING_…`). */
  readonly closesAt: number | undefined;
  /** Epoch milliseconds at which it opens next; undefined when open, or when it never opens again. */
  readonly opensAt: number | undefined;
  /** In one sentence: why it is as it is, and until when. */
  readonly reason: string;
  /** The exclusion that keeps it closed now. */
  readonly exclusion: Exclusion | undefined;
  /** The schedule cannot be read: then it is never open. */
  readonly refusal: Refusal | undefined;
}

/** Windows that join without a gap are followed for this long, and for so many. */
const FURTHEST_CLOSING_MILLISECONDS = 35 * 86_400_000;
const FURTHEST_CLOSING_WINDOWS = 150;

interface Windows {
  readonly openings: CronOpenings;
  readonly duration: number;
}

/**
 * Whether a step of this kind may start at `now`. A window lasts its duration in elapsed time, also over a change of daylight saving time; windows may overlap, and join. Without windows it
 * is always open, but for the exclusions (GKE: "maintenance exclusions" win over windows).
 */
export function windowAt(schedule: Schedule, change: ChangeKind, now: number): WindowState {
  const refusal = scheduleRefusal(schedule);
  if (refusal !== undefined)
    return { open: false, closesAt: undefined, opensAt: undefined, reason: refusal.message, exclusion: undefined, refusal };
  const windows = readWindows(schedule);
  const exclusions = schedule.exclusions.filter(({ scope, from, until }) => (scope === "all" || change === "minor") && from < until);
  const exclusion = lastingExclusion(exclusions, now);
  const cover = coverAt(windows, now);
  const told = (at: number): string => localTime(at, schedule.timeZone);
  if (exclusion === undefined && cover !== undefined) {
    const cuts = exclusions.map(({ from }) => from).filter((from) => from > now && from < cover.until);
    const closesAt = earliest([...cuts, cover.ends ? cover.until : undefined]);
    const always = windows === undefined ? "There are no maintenance windows" : "The maintenance windows join, with no end in sight";
    const reason = closesAt === undefined ? `${always}: steps may start at any time.` : `Steps may start until ${told(closesAt)}.`;
    return { open: true, closesAt, opensAt: undefined, reason, exclusion: undefined, refusal: undefined };
  }
  const opensAt = nextOpen(windows, exclusions, now);
  const why =
    exclusion === undefined
      ? "Outside of the maintenance windows"
      : `Exclusion ${exclusion.name} lasts until ${told(exclusion.until)}${exclusion.scope === "minor" ? ", for minor upgrades" : ""}`;
  const next = opensAt === undefined ? "no window opens after it any more; change the schedule" : `steps may start again ${told(opensAt)}`;
  return { open: false, closesAt: undefined, opensAt, reason: `${why}; ${next}.`, exclusion, refusal: undefined };
}

/** Why the schedule cannot be followed; undefined when it can. */
export function scheduleRefusal({ timeZone, windows, exclusions }: Schedule): Refusal | undefined {
  const wrong = [
    ...(isTimeZone(timeZone) ? [] : [`${JSON.stringify(timeZone)} is not a time zone of the IANA database, such as Europe/Berlin`]),
    ...windows.flatMap(({ cron, durationSeconds }) => {
      const openings = isTimeZone(timeZone) ? cronOpenings(cron, timeZone) : "";
      const text = typeof openings === "string" && openings !== "" ? [openings] : [];
      return durationSeconds > 0 ? text : [...text, `window ${JSON.stringify(cron)} has a duration of ${durationSeconds} s`];
    }),
    ...exclusions
      .filter(({ from, until }) => !(from < until))
      .map(({ name }) => `exclusion ${JSON.stringify(name)} does not end after it begins`),
  ];
  if (wrong.length === 0) return undefined;
  return {
    reason: "InvalidSchedule",
    message: `The schedule cannot be followed: ${wrong[0] ?? ""}. Nothing is started, because nobody can tell when it may be.`,
    remedy: "Mend the schedule of the policy (or of the upgrade, if it was made by hand), then ask again.",
    evidence: wrong,
  };
}

/** Undefined: no windows, always open. The schedule was found to be good. */
function readWindows({ windows, timeZone }: Schedule): readonly Windows[] | undefined {
  if (windows.length === 0) return undefined;
  return windows.flatMap(({ cron, durationSeconds }) => {
    const openings = cronOpenings(cron, timeZone);
    return typeof openings === "string" ? [] : [{ openings, duration: durationSeconds * 1000 }];
  });
}

interface Cover {
  /** Surely open until then. */
  readonly until: number;
  /** False: it goes on beyond what we look at. */
  readonly ends: boolean;
}

/** The windows that are open at `at`, and those that join them; undefined when none is open. */
function coverAt(windows: readonly Windows[] | undefined, at: number): Cover | undefined {
  if (windows === undefined) return { until: Infinity, ends: false };
  let until = at;
  for (let joined = 0; joined < FURTHEST_CLOSING_WINDOWS; joined++) {
    const ends = windows.map(({ openings, duration }) => (openings(until).last ?? -Infinity) + duration);
    const next = Math.max(until, ...ends);
    if (next === until) return until === at ? undefined : { until, ends: true };
    until = next;
    if (until - at > FURTHEST_CLOSING_MILLISECONDS) break;
  }
  return { until, ends: false };
}

function nextOpen(windows: readonly Windows[] | undefined, exclusions: readonly Exclusion[], now: number): number | undefined {
  let at = now;
  // Each turn leaves an exclusion behind, or finds an opening that is in one or is the answer.
  for (let turn = 0; turn <= 2 * exclusions.length + 1; turn++) {
    const exclusion = lastingExclusion(exclusions, at);
    if (exclusion !== undefined) at = exclusion.until;
    if (lastingExclusion(exclusions, at) !== undefined) continue;
    if (coverAt(windows, at) !== undefined) return at;
    const opening = earliest((windows ?? []).map(({ openings }) => openings(at).next));
    if (opening === undefined) return undefined;
    at = opening;
    if (lastingExclusion(exclusions, at) === undefined) return at;
  }
  return undefined;
}

/** Of those that last at `at`, the one that ends last. */
function lastingExclusion(exclusions: readonly Exclusion[], at: number): Exclusion | undefined {
  const lasting = exclusions.filter(({ from, until }) => from <= at && at < until);
  return lasting.reduce<Exclusion | undefined>((last, each) => (last === undefined || each.until > last.until ? each : last), undefined);
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
