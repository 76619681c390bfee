import { Cron } from "croner";
import { isTimeZone } from "./local-time.ts";

/** The openings next to a moment, in epoch milliseconds; undefined where there is none (30 February). */
export interface NearestOpenings {
  /** At the moment or before. */
  readonly last: number | undefined;
  readonly next: number | undefined;
}

/**
 * When windows open, by a cron expression in a time zone. A window in an hour that daylight saving time skips opens when that hour would have begun; one in an hour that exists twice opens at
 * its first.
 */
export type CronOpenings = (at: number) => NearestOpenings;

/** Reading a cron expression and searching the calendar cost a third of a millisecond each; a thousand clusters ask for the same windows again and again. */
const REMEMBERED_EXPRESSIONS = 500;
const REMEMBERED_SPANS = 256;

/** Answers that never change, kept: the same question always has the same answer, so nobody can tell. */
const remembered = new Map<string, CronOpenings | string>();

/** What is wrong with the expression or the time zone, as a text; else the openings. */
export function cronOpenings(cron: string, timeZone: string): CronOpenings | string {
  const key = `${timeZone} ${cron}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const made = read(cron, timeZone);
  if (remembered.size >= REMEMBERED_EXPRESSIONS) remembered.clear();
  remembered.set(key, made);
  return made;
}

function read(cron: string, timeZone: string): CronOpenings | string {
  if (!isTimeZone(timeZone)) return `${JSON.stringify(timeZone)} is not a time zone of the IANA database, such as Europe/Berlin`;
  let parsed: Cron;
  try {
    parsed = new Cron(cron, { timezone: timeZone, mode: "5-part", paused: true });
  } catch (error) {
    return `${JSON.stringify(cron)} is not a cron expression of five fields, such as "0 22 * * 1-4" (${reasonOf(error)})`;
  }
  let spans: readonly NearestOpenings[] = [];
  return (at) => {
    const known = spans.find(({ last = -Infinity, next = Infinity }) => last <= at && at < next);
    if (known !== undefined) return known;
    const next = parsed.nextRun(new Date(at))?.getTime();
    // The library tells what ran strictly before.
    const last = parsed.previousRuns(1, new Date(at + 1))[0]?.getTime();
    spans = [{ last, next }, ...spans].slice(0, REMEMBERED_SPANS);
    return { last, next };
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error);
}
