import type { Clock } from "../clock.ts";
import { ForgeError, type ForgeErrorKind } from "./forges/forge-error.ts";
import { GitError, type GitErrorKind } from "./git-error.ts";

/** One exchange with a Git server or a forge. */
export interface RemoteOperation {
  /** `clone`, `fetch`, `ls-remote`, `push`; `forge-find`, `forge-open`… */
  readonly operation: string;
  /** `refused`: the other side answered, and said no. `failed`: there was no answer, or none that could be used. */
  readonly outcome: "done" | "refused" | "failed";
  readonly seconds: number;
}

export type OnRemoteOperation = (operation: RemoteOperation) => void;

/** Does the work, and tells how it ended. `answer`: what an answer means that is no error. */
export type Observe = <T>(operation: string, work: () => Promise<T>, answer?: (result: T) => "done" | "refused") => Promise<T>;

export const unobserved: Observe = (_operation, work) => work();

export function observer(clock: Pick<Clock, "now">, onOperation: OnRemoteOperation | undefined): Observe {
  if (onOperation === undefined) return unobserved;
  return async (operation, work, answer = () => "done") => {
    const began = clock.now();
    const tell = (outcome: RemoteOperation["outcome"]): void => onOperation({ operation, outcome, seconds: (clock.now() - began) / 1000 });
    try {
      const result = await work();
      tell(answer(result));
      return result;
    } catch (error) {
      // Its caller gave up: that tells nothing of the other side.
      if (!isAborted(error)) tell(isRefusal(error) ? "refused" : "failed");
      throw error;
    }
  };
}

const refusals: ReadonlySet<GitErrorKind | ForgeErrorKind> = new Set([
  "authentication",
  "authorization",
  "not-found",
  "empty-repository",
  "missing-branch",
  "moved",
  "rate-limited",
  "conflict",
  "rejected",
]);

function isRefusal(error: unknown): boolean {
  return (error instanceof GitError || error instanceof ForgeError) && refusals.has(error.kind);
}

function isAborted(error: unknown): boolean {
  return (error instanceof GitError && error.kind === "aborted") || (error instanceof Error && error.name === "AbortError");
}
