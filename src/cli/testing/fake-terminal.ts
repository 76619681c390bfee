import type { Paint, Terminal } from "../terminal.ts";

/** A terminal that keeps what it was told. Styles show as `<bad>…</bad>` when `styled`, so that tests can read them. */
export interface FakeTerminal extends Terminal {
  /** Standard output. */
  readonly data: readonly string[];
  /** Standard error. */
  readonly talk: readonly string[];
}

export interface FakeTerminalOptions {
  readonly interactive?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly styled?: boolean;
}

export function fakeTerminal({ interactive = false, columns = 120, rows = 40, styled = false }: FakeTerminalOptions = {}): FakeTerminal {
  const data: string[] = [];
  const talk: string[] = [];
  return {
    data,
    talk,
    out: (text) => void data.push(text),
    say: (text) => void talk.push(text),
    interactive,
    columns,
    rows,
    paint: (style: Paint, text) => (styled ? `<${style}>${text}</${style}>` : text),
    confirm: async () => undefined,
  };
}
