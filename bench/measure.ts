import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

/** Two ways of doing the same thing, timed in turn in one run, so that a drift of the machine's speed hits both. Milliseconds. */
export interface Paired {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

export interface Result {
  readonly name: string;
  readonly against: string;
  readonly aim: number;
  readonly paired: Paired;
  /** What was measured, in a few words. */
  readonly setting: string;
}

/** Each once to warm up, then `rounds` times in turn. */
export async function pair(rounds: number, ours: () => unknown, theirs: () => unknown, warmUp = true): Promise<Paired> {
  if (warmUp) {
    await theirs();
    await ours();
  }
  const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round += 1) {
    times.theirs.push(await timed(theirs));
    times.ours.push(await timed(ours));
  }
  return times;
}

async function timed(action: () => unknown): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** Median of the ratios of each pair. */
export function ratio({ ours, theirs }: Paired): number {
  return median(ours.map((time, index) => time / (theirs[index] ?? NaN)));
}

/** Seconds of a processor that a running process has used, as Linux tells it; or the processes that it started and that have ended. */
export function processorSeconds(pid: number | undefined, of: "itself" | "children" = "itself"): number {
  const fields =
    readFileSync(`/proc/${pid ?? 0}/stat`, "utf8")
      .split(") ")[1]
      ?.split(" ") ?? [];
  // utime and stime, or cutime and cstime, in ticks of 10 ms.
  const first = of === "itself" ? 11 : 13;
  return (Number(fields[first]) + Number(fields[first + 1])) / 100;
}
