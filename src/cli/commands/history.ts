import { attemptsOf, isList } from "../attempts.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { refusalText } from "../failure.ts";
import type { GlobalOptions } from "../global-options.ts";
import { historyText } from "../output/history-text.ts";
import { render } from "../output/structured.ts";
import { openSession } from "../session.ts";

export async function history(cluster: string, options: GlobalOptions): Promise<ExitCode> {
  const session = await openSession(options);
  const { terminal, format, clock } = session;
  try {
    const attempts = await attemptsOf(session, cluster);
    if (!isList(attempts)) {
      terminal.say(refusalText(terminal, attempts));
      return exitCodes.refused;
    }
    const data = attempts.map(({ said: _said, resourceVersion: _version, ...attempt }) => ({
      ...attempt,
      createdAt: new Date(attempt.createdAt).toISOString(),
      startedAt: time(attempt.startedAt),
      finishedAt: time(attempt.finishedAt),
      timeline: attempt.timeline.map((entry) => ({ ...entry, at: new Date(entry.at).toISOString() })),
    }));
    terminal.out(await render(format, { upgrades: data }, () => historyText(attempts, clock.now(), format === "wide")));
    return exitCodes.done;
  } finally {
    session.close();
  }
}

function time(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}
