import type { SummaryEntry, UpgradeSummary } from "../../operator/api/upgrade-summary.ts";
import { formatDuration } from "../duration.ts";
import { oneLine, table } from "./table.ts";

/** One row an attempt, newest first; `wide` has the whole reason, and the timeline of each below. */
export function historyText(attempts: readonly UpgradeSummary[], now: number, wide: boolean): string {
  const header = ["NAME", "FROM", "TO", "PHASE", "MACHINES", "STARTED", "TOOK", "WHY"];
  const rows = attempts.map((attempt) => [
    attempt.name,
    attempt.from ?? "",
    attempt.to,
    attempt.phase,
    attempt.machines ?? "",
    attempt.startedAt === undefined ? "" : minute(attempt.startedAt),
    attempt.startedAt === undefined ? "" : formatDuration(((attempt.finishedAt ?? now) - attempt.startedAt) / 1_000),
    wide || attempt.message.length <= 90 ? attempt.message : `${attempt.message.slice(0, 87)}...`,
  ]);
  const timelines = wide ? attempts.filter(({ timeline }) => timeline.length > 0).map(timelineText) : [];
  return [table(header, rows), ...timelines].join("\n\n");
}

function timelineText({ name, timeline }: UpgradeSummary): string {
  return [`${name}:`, ...timeline.map((entry) => `  ${minute(entry.at)}  ${oneLine(words(entry))}`)].join("\n");
}

function words({ phase, message, by }: SummaryEntry): string {
  if (by !== undefined) return `${by} ${message}`;
  return phase === undefined ? message : `${phase}: ${message}`;
}

/** `2026-11-29 01:46Z`. */
function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")}Z`;
}
