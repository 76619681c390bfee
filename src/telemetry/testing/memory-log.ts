import { jsonLog, type Log } from "../log.ts";

export interface MemoryLog extends Log {
  /** What was written, a parsed line each. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly text: () => string;
}

/** The real log, writing into memory. Its time stands still unless a clock is given. */
export function memoryLog(clock = { now: () => Date.UTC(2027, 0, 1) }, secrets: () => readonly string[] = () => []): MemoryLog {
  const lines: Readonly<Record<string, unknown>>[] = [];
  let text = "";
  const write = (line: string): void => {
    text += line;
    lines.push(JSON.parse(line) as Readonly<Record<string, unknown>>);
  };
  return { ...jsonLog({ level: "debug", clock, write, secrets }), lines, text: () => text };
}
