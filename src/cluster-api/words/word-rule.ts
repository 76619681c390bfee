import type { ConditionSnapshot, ObjectReference } from "../../upgrade/cluster-snapshot.ts";

/**
 * How a condition stands towards an upgrade. `moving`: work is under way by itself. `waiting`: it goes on once something else is done.
 * `blocked`: it goes on only once a person does something. `failed`: an attempt was made and refused.
 */
export type Standing = "moving" | "waiting" | "blocked" | "failed";

export interface WordContext {
  readonly object: ObjectReference;
  readonly condition: ConditionSnapshot;
  readonly now: number;
}

/** One row: which conditions it speaks about, and what it says. The first row that fits is used. */
export interface WordRule {
  readonly types: readonly string[];
  readonly status: readonly ConditionSnapshot["status"][];
  readonly reasons?: readonly string[];
  /** Must be found in the message; its groups are handed to `say`. */
  readonly message?: RegExp;
  readonly standing: Standing;
  readonly say: (context: WordContext, groups: Readonly<Record<string, string>>) => string;
  readonly remedy?: string;
}

/** `for 3 min`, or nothing where the condition tells no time. */
export function forHowLong({ condition, now }: WordContext, since = condition.since): string {
  return since === undefined ? "" : ` for ${durationInWords(now - since)}`;
}

export function durationInWords(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** The bullet points of an aggregated message, without their markers; the whole message where there are none. */
export function pointsOf(message: string): readonly string[] {
  const points = message.split("\n").flatMap((line) => /^\s*\* (.+)$/.exec(line)?.[1]?.trim() ?? []);
  return points.length > 0 ? points : [oneLine(message)];
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
