import type { Clock } from "../../clock.ts";
import type { Log, LogFields } from "../../telemetry/log.ts";
import { failureOf } from "./failure.ts";

/** A fault of something that is tried over and over: told when it comes, when it becomes another, now and then while it lasts, and when it is over. */
export interface LastingFault {
  failed(error: unknown): void;
  passed(): void;
}

export interface LastingFaultOptions {
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  /** The line while it lasts: `the lease could not be asked for`. */
  readonly message: string;
  /** The line when it is over: `the lease can be asked for again`. */
  readonly over: string;
  /** In every line. */
  readonly fields?: LogFields;
}

/** So often what lasts is told once more, with how many times it was seen. */
const repeatMilliseconds = 60_000;

export function lastingFault({ log, clock, message, over, fields = {} }: LastingFaultOptions): LastingFault {
  let current: { readonly reason: string; readonly since: number; times: number; toldAt: number } | undefined;
  const lasted = (since: number): number => Math.round((clock.now() - since) / 1000);
  return {
    failed(error) {
      const now = clock.now();
      const { reason } = failureOf(error);
      if (current?.reason !== reason) {
        current = { reason, since: current?.since ?? now, times: (current?.times ?? 0) + 1, toldAt: now };
        log.warn(message, { ...fields, ...faultFields(error) });
        return;
      }
      current.times += 1;
      if (now - current.toldAt < repeatMilliseconds) return;
      current.toldAt = now;
      log.warn(message, { ...fields, ...faultFields(error), times: current.times, seconds: lasted(current.since) });
    },
    passed() {
      if (current === undefined) return;
      log.info(over, { ...fields, times: current.times, seconds: lasted(current.since) });
      current = undefined;
    },
  };
}

/** What is known to go wrong is told in words; only a mistake of this program needs its stack. */
export function faultFields(error: unknown): LogFields {
  const { kind, reason, message } = failureOf(error);
  return kind === "unexpected" ? { error } : { reason, why: message };
}
