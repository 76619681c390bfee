/** What the process ends with; documented in docs/cli.md. */
export const exitCodes = {
  /** Done, or proven. */
  done: 0,
  unexpected: 1,
  usage: 2,
  /** Refused before anything was written, or blocked. */
  refused: 3,
  /** Contradicted by what was seen: reverted, wedged. */
  contradicted: 4,
  timedOut: 5,
  /** Ctrl-C: no longer watching; nothing was undone. */
  detached: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
