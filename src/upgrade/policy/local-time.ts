/** `Mon 2026-01-05 22:00 (Europe/Berlin)`: a time as the people see it whose windows these are. An unknown time zone is told as UTC. */
export function localTime(at: number, timeZone: string): string {
  const format = formatIn(timeZone);
  const parts = new Map((format ?? UTC).formatToParts(at).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  const name = format === undefined ? "UTC" : timeZone;
  return `${part("weekday")} ${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")} (${name})`;
}

/** A name of the IANA database. Offsets such as `+01:00` are none: they know no daylight saving time, and who writes one most likely means a place. */
export function isTimeZone(timeZone: string): boolean {
  return !/^[+-]/.test(timeZone) && formatIn(timeZone) !== undefined;
}

/** Making one costs more than using it a hundred times. There are some six hundred time zones. */
const formats = new Map<string, Intl.DateTimeFormat | undefined>();

function formatIn(timeZone: string): Intl.DateTimeFormat | undefined {
  if (formats.has(timeZone)) return formats.get(timeZone);
  let made: Intl.DateTimeFormat | undefined;
  try {
    made = formatFor(timeZone);
  } catch {
    made = undefined;
  }
  if (formats.size < 1_000) formats.set(timeZone, made);
  return made;
}

function formatFor(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    weekday: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
}

const UTC = formatFor("UTC");
