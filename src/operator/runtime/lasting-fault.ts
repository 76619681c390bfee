import type { Clock } from "../../clock.ts";
import type { Log, LogFields } from "../../telemetry/log.ts";
import { failureOf } from "./failure.ts";

/** A fault of something that is tried over and over: told when it comes, when it becomes another, now and then while it lasts, and when it is over. */
export interface LastingFault {
  readonly failed: (error: unknown) => void;
  readonly passed: () => void;
}

export interface LastingFaultOptions {
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  /** The line while it lasts: `the lease could not be asked for`. */
  readonly message: string;
  /** The line when it is over: `the lease can be asked for again`. */
  readonly over: string;
  /** Failures before the first line, for what fails now and then without meaning. Default 1. */
  readonly patience?: number;
  /** In every line. */
  readonly fields?: LogFields;
}

/** So often what lasts is told once more, with how many times it was seen. */
const repeatMilliseconds = 60_000;

interface Fault {
  readonly since: number;
  readonly told: Set<string>;
  times: number;
}

/** What comes and goes is told no more often than what stays: each reason has its minute, and an end is only told of what was told. */
export function lastingFault({ log, clock, message, over, patience = 1, fields = {} }: LastingFaultOptions): LastingFault {
  let current: Fault | undefined;
  /** By reason, of which there are few: also of the faults before. */
  const toldAt = new Map<string, number>();
  const count = ({ times, since }: Fault): LogFields => ({ times, seconds: Math.round((clock.now() - since) / 1000) });
  return {
    failed(error) {
      const now = clock.now();
      const { reason } = failureOf(error);
      current ??= { since: now, told: new Set(), times: 0 };
      current.times += 1;
      if (current.times < patience || now - (toldAt.get(reason) ?? -Infinity) < repeatMilliseconds) return;
      toldAt.set(reason, now);
      log.warn(message, { ...fields, ...faultFields(error), ...(current.told.has(reason) ? count(current) : {}) });
      current.told.add(reason);
    },
    passed() {
      if (current !== undefined && current.told.size > 0) log.info(over, { ...fields, ...count(current) });
      current = undefined;
    },
  };
}

/** What is known to go wrong is told in words; only a mistake of this program needs its stack. */
export function faultFields(error: unknown): LogFields {
  const { kind, reason, message } = failureOf(error);
  return kind === "unexpected" ? { error } : { reason, why: message };
}
