import type { Clock } from "../../clock.ts";
import { ApiError, ConnectionError } from "../../kubernetes/errors.ts";
import type { Log } from "../../telemetry/log.ts";
import { failureOf } from "./failure.ts";
import { faultFields, lastingFault } from "./lasting-fault.ts";

/** What watches tell of themselves, for the log. */
export interface WatchOutage {
  onError(error: unknown): void;
  onCurrent(): void;
}

export interface WatchOutageOptions {
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  /** Whether all that is watched is up to date. */
  readonly isCurrent: () => boolean;
}

/** Every watch ends now and then, and there are about a dozen, all of which fail together. */
const patience = 20;

/**
 * That an API server is away is told once it lasts, by all watches together. What may not be watched is not told again and again: it is asked for instead. A mistake of this program in what it does
 * with a change is told with its stack, once a minute.
 */
export function watchOutage({ log, clock, isCurrent }: WatchOutageOptions): WatchOutage {
  const server = lastingFault({
    log,
    clock,
    message: "the API server cannot be watched",
    over: "the API server is watched again",
    patience,
  });
  const mistakes = lastingFault({ log, clock, message: "a change was not taken in", over: "changes are taken in again" });
  return {
    onError(error) {
      log.debug("a watch was interrupted", faultFields(error));
      if (error instanceof ConnectionError || (error instanceof ApiError && (error.status >= 500 || error.status === 429)))
        server.failed(error);
      else if (failureOf(error).kind === "unexpected") mistakes.failed(error);
    },
    onCurrent() {
      if (isCurrent()) server.passed();
    },
  };
}
