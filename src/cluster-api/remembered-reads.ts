import type { Clock } from "../clock.ts";
import { referenceKey } from "./cluster-objects.ts";
import type { Reading, Reads } from "./reads.ts";

export interface RememberedReads extends Reads {
  /** Ask the server again from now on. */
  forget(): void;
}

/** Reads whose answers are used again for a while: templates and classes seldom change. Gaps are not remembered: what is missing may come any moment. */
export function rememberedReads(reads: Reads, clock: Clock, milliseconds: number): RememberedReads {
  const known = new Map<string, { readonly until: number; readonly reading: unknown }>();
  async function once<T>(key: string, read: () => Promise<Reading<T>>): Promise<Reading<T>> {
    const remembered = known.get(key);
    // The key holds the whole request, so what is kept under it is an answer to this one.
    if (remembered !== undefined && clock.now() < remembered.until) return remembered.reading as Reading<T>;
    const reading = await read();
    if (reading.gap === undefined) known.set(key, { until: clock.now() + milliseconds, reading });
    return reading;
  }
  return {
    get: (ref) => once(`get ${referenceKey(ref)}`, () => reads.get(ref)),
    list: (request) => once(`list ${JSON.stringify(request)}`, () => reads.list(request)),
    forget: () => known.clear(),
  };
}
