import { createHash } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { GitError } from "../../git/git-error.ts";
import type { GitRemote, GitRepository } from "../../git/git-repository.ts";

/**
 * One local copy for each remote, branch and credentials, shared by all attempts that write there. Who asks a remote that does not answer is told so soon: the remote is asked on beside the
 * work, by one for all, and what it says then is there for the next who asks.
 */
export interface SharedRepositories {
  /** Rejects with GitError. Whoever is given one disposes of it; the copy goes when nobody has had it for a while. */
  open(remote: GitRemote): Promise<GitRepository>;
  /** Copies that are there, and remotes that did not answer lately. */
  count(): number;
  close(): Promise<void>;
}

export interface SharedRepositoriesOptions {
  readonly clock: Clock;
  readonly open: (remote: GitRemote) => Promise<GitRepository>;
}

/** The remote is asked for its tip at most this often, however many ask. */
const fetchMilliseconds = 5_000;
/** A copy that nobody uses is kept for the next attempt for so long. */
const idleMilliseconds = 600_000;
/** Nobody waits longer than this for a copy, or for the tip; who is about to write, and may take no older one, waits a little longer. */
const answerMilliseconds = 10_000;
const freshAnswerMilliseconds = 30_000;
/** A remote that did not answer is let be for so long, doubled up to the longest: those who ask meanwhile get the same answer. */
const firstPauseMilliseconds = 1_000;
const longestPauseMilliseconds = 60_000;

interface Entry {
  readonly opening: Question<GitRepository>;
  users: number;
  unusedSince: number;
  tip: Question<{ readonly commit: string }> | undefined;
}

/** What a remote is asked, by one for all. */
interface Question<T> {
  readonly at: number;
  readonly answer: Promise<T>;
  /** Epoch milliseconds; undefined while it is on its way. */
  answeredAt: number | undefined;
}

interface Silence {
  readonly error: GitError;
  readonly until: number;
  readonly times: number;
}

export function sharedRepositories({ clock, open }: SharedRepositoriesOptions): SharedRepositories {
  const entries = new Map<string, Entry>();
  /** Remotes that did not answer, by key. */
  const silent = new Map<string, Silence>();

  /** Throws while a remote is let be. */
  function checkSilence(key: string): void {
    const silence = silent.get(key);
    if (silence !== undefined && clock.now() < silence.until) throw silence.error;
  }

  function noteSilence(key: string, error: unknown): void {
    if (!(error instanceof GitError) || !error.transient) return;
    const times = silent.get(key)?.times ?? 0;
    const pause = Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** times);
    silent.set(key, { error, until: clock.now() + pause, times: times + 1 });
  }

  /** Asks a remote; takes note of how that ends. */
  function question<T>(key: string, ask: () => Promise<T>, onFailure: () => void): Question<T> {
    checkSilence(key);
    const asked: Question<T> = { at: clock.now(), answer: ask(), answeredAt: undefined };
    const ended = (error?: unknown): void => {
      asked.answeredAt = clock.now();
      if (error === undefined) silent.delete(key);
      else {
        onFailure();
        noteSilence(key, error);
      }
    };
    asked.answer.then(() => ended(), ended);
    return asked;
  }

  /** The answer, if it comes in time; the question goes on. */
  async function inTime<T>(url: string, { at, answer, answeredAt }: Question<T>, limit = answerMilliseconds): Promise<T> {
    if (answeredAt !== undefined) return answer;
    const left = at + limit - clock.now();
    if (left <= 0) throw noAnswer(url, limit);
    const answered = new AbortController();
    const tooLate = clock.sleep(left, answered.signal).then((): never => {
      throw noAnswer(url, limit);
    });
    tooLate.catch(() => undefined);
    try {
      return await Promise.race([answer, tooLate]);
    } finally {
      answered.abort();
    }
  }

  async function dispose(key: string, { opening }: Entry): Promise<void> {
    entries.delete(key);
    await opening.answer.then(
      (repository) => repository.dispose(),
      // What could not be opened needs no closing.
      () => undefined,
    );
  }

  async function disposeOfIdle(): Promise<void> {
    for (const [key, { until }] of silent) if (!entries.has(key) && clock.now() - until >= idleMilliseconds) silent.delete(key);
    const idle = [...entries].filter(([, { users, unusedSince }]) => users === 0 && clock.now() - unusedSince >= idleMilliseconds);
    await Promise.all(idle.map(([key, entry]) => dispose(key, entry)));
  }

  function shared(key: string, repository: GitRepository, entry: Entry): GitRepository {
    let disposed = false;
    return {
      branch: repository.branch,
      url: repository.url,
      filesAt: (commit) => repository.filesAt(commit),
      findByTrailer: (key, value, options) => repository.findByTrailer(key, value, options),
      async fetch({ notBefore = 0 } = {}) {
        const { tip } = entry;
        const limit = notBefore > 0 ? freshAnswerMilliseconds : answerMilliseconds;
        const isOfNow = tip !== undefined && clock.now() - (tip.answeredAt ?? clock.now()) < fetchMilliseconds;
        if (isOfNow && tip.at >= notBefore) return inTime(repository.url, tip, limit);
        // A remote is asked by one at a time: whoever may not take what is on its way waits for it nevertheless.
        if (tip !== undefined && tip.answeredAt === undefined) await inTime(repository.url, tip, limit);
        const { tip: newer } = entry;
        if (newer !== undefined && newer !== tip && newer.at >= notBefore) return inTime(repository.url, newer, limit);
        const asked = question(
          key,
          () => repository.fetch(),
          () => {
            if (entry.tip === asked) entry.tip = undefined;
          },
        );
        entry.tip = asked;
        return inTime(repository.url, asked, limit);
      },
      async transact(request) {
        try {
          const outcome = await repository.transact(request);
          silent.delete(key);
          return outcome;
        } catch (error) {
          noteSilence(key, error);
          throw error;
        } finally {
          entry.tip = undefined;
        }
      },
      dispose() {
        if (!disposed) entry.users -= 1;
        disposed = true;
        entry.unusedSince = clock.now();
        return Promise.resolve();
      },
    };
  }

  return {
    async open(remote) {
      await disposeOfIdle();
      const key = keyOf(remote);
      let entry = entries.get(key);
      if (entry === undefined) {
        const opening = question(
          key,
          () => open(remote),
          // It is tried anew by the next.
          () => {
            if (entries.get(key)?.opening === opening) entries.delete(key);
          },
        );
        entry = { opening, users: 0, unusedSince: clock.now(), tip: undefined };
        entries.set(key, entry);
      }
      entry.users += 1;
      try {
        return shared(key, await inTime(remote.url, entry.opening), entry);
      } catch (error) {
        entry.users -= 1;
        entry.unusedSince = clock.now();
        throw error;
      }
    },
    count: () => new Set([...entries.keys(), ...silent.keys()]).size,
    close: async () => void (await Promise.all([...entries].map(([key, entry]) => dispose(key, entry)))),
  };
}

function noAnswer(url: string, limit: number): GitError {
  return new GitError("timeout", {
    seen: `${url} has not answered for ${limit / 1000} s`,
    meaning: "What it holds now is not known, and nothing is written before it is",
    remedy: "It is asked on by itself; if it stays, see whether the operator can reach it (network policy, proxy, the server itself)",
  });
}

/** Of credentials only a digest is a key. */
function keyOf({ url, branch, credentials }: GitRemote): string {
  const secret = createHash("sha256")
    .update(JSON.stringify(credentials ?? null))
    .digest("hex");
  return JSON.stringify([url, branch ?? "", secret]);
}
