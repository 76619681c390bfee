import { pino, type Logger } from "pino";
import type { Clock } from "../clock.ts";
import { redaction, type Redaction } from "./redaction.ts";

/** What a line is about. `error` is told with its causes. */
export interface LogFields {
  /** `namespace/name`. */
  readonly cluster?: string;
  readonly upgrade?: string;
  readonly phase?: string;
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

/** `message` is always the same words, so that lines can be counted and found; what differs is in the fields. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log, with these fields in every line. */
  with(fields: LogFields): Log;
}

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly level: LogLevel;
  readonly clock: Pick<Clock, "now">;
  /** Takes each line, line break included: `(line) => process.stderr.write(line)`. */
  readonly write: (line: string) => void;
  /** Known secrets, besides what looks like one. */
  readonly secrets?: () => readonly string[];
}

/** JSON lines `{"level":"info","time":"2026-08-22T10:00:00.000Z","msg":"…",…}`, without secrets. */
export function jsonLog({ level, clock, write, secrets }: LogOptions): Log {
  const redact = redaction(secrets);
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  return over(logger, redact);
}

/** A field of the same name as one of pino's own would be there twice. */
const own = /^(level|time|msg)$/;

function over(logger: Logger, redact: Redaction, always: LogFields = {}): Log {
  const at =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, fields: LogFields = {}): void => {
      if (!logger.isLevelEnabled(level)) return;
      const line = Object.entries({ ...always, ...fields }).map(([key, item]) => [own.test(key) ? `${key}_` : key, item]);
      // An object with these keys gives one with these keys.
      logger[level](redact.value(Object.fromEntries(line)) as object, redact.text(message));
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => over(logger, redact, { ...always, ...fields }),
  };
}
