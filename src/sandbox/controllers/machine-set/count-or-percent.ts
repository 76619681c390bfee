import type { CountOrPercent } from "./machine-objects.ts";

/** `5`, or `40%` of the total. */
export function countOf(value: CountOrPercent, total: number, round: (value: number) => number): number {
  if (typeof value === "number") return value;
  return value.endsWith("%") ? round((Number.parseInt(value, 10) * total) / 100) : Number.parseInt(value, 10);
}
