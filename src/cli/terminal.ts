import { styleText } from "node:util";

/** Where a command writes: data to standard output, talk to standard error. */
export interface Terminal {
  /** Data; a final newline is added where there is none. */
  out(text: string): void;
  /** Talk. */
  say(text: string): void;
  /** Whether standard error is a terminal on which lines can be redrawn. */
  readonly interactive: boolean;
  /** Of standard error, at this moment. */
  readonly columns: number;
  readonly rows: number;
  paint(style: Paint, text: string): string;
  /** Asks a yes/no question; undefined when nobody can answer. */
  confirm(question: string): Promise<boolean | undefined>;
}

export type Paint = "good" | "bad" | "warn" | "dim" | "bold";

const styles = { good: "green", bad: "red", warn: "yellow", dim: "dim", bold: "bold" } as const;

export function processTerminal(colour: boolean): Terminal {
  const interactive = process.stderr.isTTY;
  const coloured = colour && interactive && process.stdout.isTTY && !process.env["NO_COLOR"];
  const line = (text: string): string => (text.endsWith("\n") ? text : `${text}\n`);
  return {
    out: (text) => void process.stdout.write(line(text)),
    say: (text) => void process.stderr.write(line(text)),
    interactive,
    get columns() {
      return process.stderr.columns ?? 120;
    },
    get rows() {
      return process.stderr.rows ?? 24;
    },
    paint: (style, text) => (coloured ? styleText(styles[style], text) : text),
    async confirm(question) {
      if (!process.stdin.isTTY) return undefined;
      const { createInterface } = await import("node:readline/promises");
      const readline = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return /^y(es)?$/i.test((await readline.question(`${question} [y/N] `)).trim());
      } finally {
        readline.close();
      }
    },
  };
}
