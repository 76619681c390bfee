import { calledOff, type Clock } from "../clock.ts";
import type { RunGit } from "./git-command.ts";
import { GitError } from "./git-error.ts";

/** When work with a remote has to be over, in epoch milliseconds. */
export interface Deadline {
  readonly at: number;
  readonly clock: Clock;
  /** What is thrown at it. */
  readonly overdue: () => GitError;
}

/** The same git, each command of which is ended at the deadline; none is begun after it. */
export function gitUntil(git: RunGit, { at, clock, overdue }: Deadline, commandSeconds: number): RunGit {
  if (at === Infinity) return git;
  return (args, options) => {
    const left = (at - clock.now()) / 1000;
    return left <= 0 ? Promise.reject(overdue()) : git(args, { ...options, withinSeconds: Math.min(commandSeconds, left) });
  };
}

/** The result, if it comes in time: whoever waits is let go at the deadline, whatever the work is at. */
export async function inTime<T>(work: Promise<T>, { at, clock, overdue }: Deadline): Promise<T> {
  if (at === Infinity) return work;
  const done = new AbortController();
  const tooLate = clock.sleep(Math.max(0, at - clock.now()), done.signal).then((): never => {
    throw overdue();
  });
  tooLate.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    done.abort(calledOff);
  }
}

export function commitOverdue(url: string, seconds: number): GitError {
  return new GitError("timeout", {
    seen: `${url} did not take a commit within ${seconds} s`,
    meaning: "Whether it has it all the same is looked up before anything is written again: a step is committed once",
    remedy: "It is tried again by itself; if it stays, see whether that server is well, and what its hooks do with a push",
  });
}
