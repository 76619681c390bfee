import type { Clock } from "../../clock.ts";
import type { CommitFiles } from "../../git/commit-files.ts";
import { GitError } from "../../git/git-error.ts";
import type { GitRepository, TransactionStep } from "../../git/git-repository.ts";
import { withTrailer } from "../../git/history.ts";
import { transact, type Tips, type TransactionGround } from "../../git/transaction.ts";
import type { MemoryRemote } from "./memory-remote.ts";

export interface MemoryRepositoryOptions {
  readonly clock: Clock;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Told each step as it is reached; what it throws ends the transaction there, as a killed process would. */
  readonly onStep?: (step: TransactionStep) => void | Promise<void>;
  /** Before the remote is asked, and between its doing and its answer; may throw a GitError. */
  readonly onRemote?: (moment: "fetch" | "push" | "push-answer") => void;
}

/** A GitRepository over a remote in memory: the transaction itself is the real one (`git/transaction.ts`). */
export function openMemoryRepository(remote: MemoryRemote, options: MemoryRepositoryOptions): GitRepository {
  const { clock, random } = options;
  const branch = remote.defaultBranch;
  let last: Promise<unknown> = Promise.resolve();

  const views = new Map<string, CommitFiles>();

  const files = (commit: string): CommitFiles => {
    const known = views.get(commit);
    if (known !== undefined) return known;
    const { files: contents } = remote.commit(commit);
    const view: CommitFiles = {
      listing: () => Promise.resolve(remote.listing(commit)),
      list: () => Promise.resolve([...contents.keys()].sort()),
      read: (path) => Promise.resolve(contents.get(path)),
      search: (literals, under = "") => {
        const folder = under.replace(/\/+$/, "");
        const within = (path: string): boolean => folder === "" || path === folder || path.startsWith(`${folder}/`);
        const found = [...contents].filter(([path, text]) => within(path) && literals.some((literal) => text.includes(literal)));
        return Promise.resolve(found.map(([path]) => path).sort());
      },
    };
    views.set(commit, view);
    return view;
  };

  const observe = (review: string | undefined): Promise<Tips> => {
    options.onRemote?.("fetch");
    const base = remote.tip(branch);
    if (base === undefined) throw lostBranch(remote.url, branch);
    return Promise.resolve({ base, review: review === undefined ? undefined : remote.tip(review) });
  };

  const ground: TransactionGround = {
    branch,
    clock,
    random,
    historyLimit: 200,
    onStep: async (step) => options.onStep?.(step),
    observe: async (review) => observe(review),
    files,
    history: (range) => Promise.resolve(remote.history(range)),
    async write({ parent, changes, message, author, atSeconds, onObjects }) {
      const contents = new Map(remote.commit(parent).files);
      for (const { path, content } of changes) {
        if (content === null) contents.delete(path);
        else contents.set(path, content);
      }
      await onObjects?.();
      return remote.write({ parent, files: contents, author, message, atSeconds });
    },
    async push({ commit, branch: target, expected }) {
      options.onRemote?.("push");
      if (remote.tip(target) === commit) return { kind: "present" };
      if (!remote.move(target, expected, commit)) return { kind: "race", detail: "stale info" };
      options.onRemote?.("push-answer");
      return Promise.resolve({ kind: "pushed" });
    },
  };

  return {
    branch,
    url: remote.url,
    fetch: async () => ({ commit: (await observe(undefined)).base }),
    filesAt: files,
    async findByTrailer(key, value, { limit = 200, branch: other } = {}) {
      const { base, review } = await observe(other === branch ? undefined : other);
      for (const tip of review === undefined ? [base] : [base, review]) {
        const found = withTrailer(remote.history({ from: tip, limit }), key, value);
        if (found !== undefined) return found.id;
      }
      return undefined;
    },
    transact(request) {
      const run = last.then(() => transact(ground, request));
      last = run.catch(() => undefined);
      return run;
    },
    dispose: async () => void (await last),
  };
}

function lostBranch(url: string, branch: string): GitError {
  return new GitError("missing-branch", {
    seen: `Branch ${branch} of ${url} is gone`,
    meaning: "There is nothing that a commit could go on top of",
    remedy: "Push the branch again, or name another",
  });
}
