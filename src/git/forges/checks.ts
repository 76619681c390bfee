import type { Checks } from "./forge.ts";

export type CheckResult = "passing" | "failing" | "pending";

/** Sums up what runs on a commit: one failure fails it, else one that runs keeps it waiting. */
export function checksOf(results: readonly { readonly name: string; readonly result: CheckResult }[]): Checks {
  const named = (wanted: CheckResult): readonly string[] =>
    [...new Set(results.filter(({ result }) => result === wanted).map(({ name }) => name))].sort();
  const failing = named("failing");
  const pending = named("pending");
  if (results.length === 0) return { state: "none", failing, pending };
  return { state: failing.length > 0 ? "failing" : pending.length > 0 ? "pending" : "passing", failing, pending };
}

export function allPass({ state }: Checks): boolean {
  return state === "passing" || state === "none";
}
