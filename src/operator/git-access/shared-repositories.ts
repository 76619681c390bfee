import { createHash } from "node:crypto";
import type { Clock } from "../../clock.ts";
import type { GitRemote, GitRepository } from "../../git/git-repository.ts";

/** One local copy for each remote, branch and credentials, shared by all attempts that write there. */
export interface SharedRepositories {
  /** Rejects with GitError. Whoever is given one disposes of it; the copy goes when nobody has had it for a while. */
  open(remote: GitRemote): Promise<GitRepository>;
  /** Copies that are there. */
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

interface Entry {
  readonly opening: Promise<GitRepository>;
  users: number;
  unusedSince: number;
  tip: { readonly at: number; readonly commit: Promise<{ readonly commit: string }> } | undefined;
}

export function sharedRepositories({ clock, open }: SharedRepositoriesOptions): SharedRepositories {
  const entries = new Map<string, Entry>();

  async function dispose(key: string, { opening }: Entry): Promise<void> {
    entries.delete(key);
    await opening.then(
      (repository) => repository.dispose(),
      // What could not be opened needs no closing.
      () => undefined,
    );
  }

  async function disposeOfIdle(): Promise<void> {
    const idle = [...entries].filter(([, { users, unusedSince }]) => users === 0 && clock.now() - unusedSince >= idleMilliseconds);
    await Promise.all(idle.map(([key, entry]) => dispose(key, entry)));
  }

  function shared(repository: GitRepository, entry: Entry): GitRepository {
    let disposed = false;
    return {
      branch: repository.branch,
      url: repository.url,
      filesAt: (commit) => repository.filesAt(commit),
      findByTrailer: (key, value, options) => repository.findByTrailer(key, value, options),
      fetch({ notBefore = 0 } = {}) {
        if (entry.tip !== undefined && entry.tip.at >= notBefore && clock.now() - entry.tip.at < fetchMilliseconds) return entry.tip.commit;
        const commit = repository.fetch();
        const asked = { at: clock.now(), commit };
        entry.tip = asked;
        commit.catch(() => {
          if (entry.tip === asked) entry.tip = undefined;
        });
        return commit;
      },
      async transact(request) {
        try {
          return await repository.transact(request);
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
        entry = { opening: open(remote), users: 0, unusedSince: clock.now(), tip: undefined };
        entries.set(key, entry);
      }
      entry.users += 1;
      try {
        return shared(await entry.opening, entry);
      } catch (error) {
        entry.users -= 1;
        if (entries.get(key) === entry) entries.delete(key);
        throw error;
      }
    },
    count: () => entries.size,
    close: async () => void (await Promise.all([...entries].map(([key, entry]) => dispose(key, entry)))),
  };
}

/** Of credentials only a digest is a key. */
function keyOf({ url, branch, credentials }: GitRemote): string {
  const secret = createHash("sha256")
    .update(JSON.stringify(credentials ?? null))
    .digest("hex");
  return JSON.stringify([url, branch ?? "", secret]);
}
