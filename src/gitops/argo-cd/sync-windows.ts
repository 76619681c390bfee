import { Cron } from "croner";
import { flagAt, recordsAt, textAt, textsAt, type RawObject } from "../raw-object.ts";
import type { Application } from "./application.ts";
import { globMatches } from "./glob.ts";

export interface ClosedWindow {
  /** `the allow window "0 22 * * *" for 1h (UTC) of AppProject argocd/default is closed`. */
  readonly message: string;
  /** Epoch milliseconds at which automatic syncs are allowed again; undefined when that cannot be told. */
  readonly opensAt: number | undefined;
}

interface Window {
  readonly kind: "allow" | "deny";
  readonly words: string;
  /** Epoch milliseconds; the occurrence that `now` is in. */
  readonly openUntil: number | undefined;
  readonly nextStart: number | undefined;
}

/**
 * Whether the windows of an Application's project hold automatic syncs back at `now` (argo-cd SyncWindows.CanSync): an open `deny` does; else an open `allow` lets through; else
 * any `allow` that is not open does. Undefined when nothing does.
 */
export function closedWindow(application: Application, project: RawObject, now: number): ClosedWindow | undefined {
  const name = `AppProject ${application.controllerNamespace}/${application.project}`;
  const windows: Window[] = [];
  for (const raw of recordsAt(project, "spec.syncWindows").filter((window) => applies(window, application))) {
    const window = readWindow(raw, now);
    if (window === undefined)
      return {
        message: `a sync window of ${name} cannot be understood (${wordsOf(raw)}), and Argo CD syncs nothing then`,
        opensAt: undefined,
      };
    windows.push(window);
  }
  const denying = windows.filter(({ kind, openUntil }) => kind === "deny" && openUntil !== undefined);
  const [deny] = denying;
  if (deny !== undefined) {
    const opensAt = Math.max(...denying.map(({ openUntil }) => openUntil ?? now));
    return { message: `the deny window ${deny.words} of ${name} is open`, opensAt };
  }
  const allowing = windows.filter(({ kind }) => kind === "allow");
  const [allow] = allowing;
  if (allow === undefined || allowing.some(({ openUntil }) => openUntil !== undefined)) return undefined;
  const starts = allowing.flatMap(({ nextStart }) => nextStart ?? []);
  return {
    message: `the allow window ${allow.words} of ${name} is closed`,
    opensAt: starts.length === 0 ? undefined : Math.min(...starts),
  };
}

/** By application, cluster or namespace (of the destination, not of objects); `andOperator` wants all of those that are given. */
function applies(window: RawObject, { ref, object }: Application): boolean {
  const destination = (field: string): string => textAt(object, `spec.destination.${field}`) ?? "";
  const lists: readonly (readonly [readonly string[], readonly string[]])[] = [
    [textsAt(window, "applications"), [ref.name]],
    [textsAt(window, "clusters"), [destination("name"), destination("server")].filter((text) => text !== "")],
    [textsAt(window, "namespaces"), [destination("namespace")]],
  ];
  const given = lists.filter(([patterns]) => patterns.length > 0);
  const matches = given.map(([patterns, values]) => patterns.some((pattern) => values.some((value) => globMatches(pattern, value))));
  return given.length > 0 && (flagAt(window, "andOperator") === true ? matches.every(Boolean) : matches.some(Boolean));
}

function readWindow(raw: RawObject, now: number): Window | undefined {
  const kind = textAt(raw, "kind");
  const duration = goDuration(textAt(raw, "duration") ?? "");
  if ((kind !== "allow" && kind !== "deny") || duration === undefined) return undefined;
  try {
    const schedule = new Cron(textAt(raw, "schedule") ?? "", { mode: "5-part", timezone: textAt(raw, "timeZone") ?? "UTC", paused: true });
    const latest = schedule.nextRun(new Date(now - duration))?.getTime();
    return {
      kind,
      words: wordsOf(raw),
      openUntil: latest !== undefined && latest < now ? latest + duration : undefined,
      nextStart: schedule.nextRun(new Date(now - 1))?.getTime(),
    };
  } catch {
    // croner throws on patterns and time zones that it does not know; neither does Argo CD.
    return undefined;
  }
}

function wordsOf(raw: RawObject): string {
  return `"${textAt(raw, "schedule") ?? ""}" for ${textAt(raw, "duration") ?? "?"} (${textAt(raw, "timeZone") ?? "UTC"})`;
}

const unitMilliseconds: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Go's time.ParseDuration, of units that a window can have: `1h30m`. */
export function goDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)) total += Number(number) * (unitMilliseconds[unit ?? ""] ?? 0);
  return total;
}
