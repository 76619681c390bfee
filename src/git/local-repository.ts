import { rm } from "node:fs/promises";
import type { Clock } from "../clock.ts";
import { blobStore } from "./blob-store.ts";
import { commitFiles, type CommitFiles } from "./commit-files.ts";
import { writeCommit } from "./commit-writer.ts";
import { commitOverdue, gitUntil, inTime, type Deadline } from "./deadline.ts";
import { gitRunner, type GitProcessSettings, type RunGit } from "./git-command.ts";
import type { Environment } from "./git-environment.ts";
import { GitError } from "./git-error.ts";
import type { CommitRequest, GitRepository, TransactionStep } from "./git-repository.ts";
import { history, withTrailer } from "./history.ts";
import { fetchArguments } from "./local-copy.ts";
import { objectReader } from "./object-reader.ts";
import { unobserved } from "./observe.ts";
import { push } from "./push.ts";
import { prepareSigner, type Signer } from "./signing.ts";
import { transact, type Tips, type TransactionGround } from "./transaction.ts";

export interface LocalRepositoryParts {
  readonly settings: GitProcessSettings;
  readonly url: string;
  readonly branch: string;
  /** Gives the local copy back. */
  readonly release: () => Promise<void>;
  readonly clock: Clock;
  readonly historyDepth: number;
  /** Of a commit as a whole, and of fetching contents; Infinity: none. */
  readonly workSeconds: number;
  readonly random: () => number;
  readonly onStep: (step: TransactionStep) => Promise<void>;
  readonly surrounding: Environment;
}

/** A tip this old may still be worked on without asking again: the push is compare-and-swap anyway. */
const freshForMilliseconds = 5_000;

/** Each fetch leaves a pack; a process that stays for weeks puts them together now and then. */
const fetchesBetweenTidying = 200;

/** A GitRepository on top of a bare local copy. */
export function localRepository(parts: LocalRepositoryParts): GitRepository {
  const { settings, branch, clock, historyDepth, workSeconds } = parts;
  const { observe: observed = unobserved } = settings;
  const git = gitRunner(settings);
  const reader = objectReader(settings);
  const blobs = blobStore(
    (args, options) => git(args, { ...options, withinSeconds: Math.min(settings.timeoutSeconds, workSeconds) }),
    reader,
  );
  const views = new Map<string, CommitFiles>();
  const signers = new Map<string, Promise<Signer>>();
  let observedAt: number | undefined = clock.now();
  let fetches = 0;
  let last: Promise<unknown> = Promise.resolve();

  // One view of a commit for all who ask: what is worked out from it is worked out once (`manifests/once-for-each.ts`), and goes with it.
  const files = (commit: string): CommitFiles => {
    const view = views.get(commit) ?? commitFiles(commit, git, blobs);
    views.delete(commit);
    views.set(commit, view);
    const [oldest] = views.keys();
    if (views.size > 4 && oldest !== undefined) views.delete(oldest);
    return view;
  };

  const localTip = async (name: string): Promise<string | undefined> => (await reader.read(`refs/heads/${name}^{commit}`))?.id;

  const fetchBranches = async (names: readonly string[], by: RunGit): Promise<void> => {
    // A branch for review may have left the base branch further back than our history reaches.
    fetches += 1;
    if (fetches % fetchesBetweenTidying === 0) await git(["gc", "--quiet"]);
    await by(fetchArguments(names, names.length > 1 ? [`--depth=${historyDepth}`] : []));
  };

  const knownBase = async (): Promise<string> => {
    const tip = await localTip(branch);
    if (tip === undefined) throw lostBranch(parts.url, branch);
    return tip;
  };

  const baseTip = async (by = git): Promise<string> => {
    if (observedAt !== undefined && clock.now() - observedAt <= freshForMilliseconds) return knownBase();
    await fetchBranches([branch], by);
    observedAt = clock.now();
    return knownBase();
  };

  const observe = async (review: string | undefined, by = git): Promise<Tips> => {
    if (review === undefined) return { base: await baseTip(by), review: undefined };
    const remote = await remoteTips([branch, review], by);
    const reviewTip = remote.get(review);
    const known = (await localTip(branch)) === remote.get(branch) && (reviewTip === undefined || (await localTip(review)) === reviewTip);
    if (!known) await fetchBranches(reviewTip === undefined ? [branch] : [branch, review], by);
    observedAt = clock.now();
    // What was fetched may be newer than what was listed; each is a tip that the remote really had.
    return { base: await knownBase(), review: reviewTip === undefined ? undefined : await localTip(review) };
  };

  const remoteTips = async (names: readonly string[], by: RunGit): Promise<ReadonlyMap<string, string>> => {
    const { stdout } = await by(["ls-remote", "--quiet", "--end-of-options", "origin", ...names.map((name) => `refs/heads/${name}`)]);
    const lines = stdout
      .toString("utf8")
      .split("\n")
      .filter((line) => line.includes("\trefs/heads/"));
    return new Map(
      lines.map((line) => [line.slice(line.indexOf("\trefs/heads/") + "\trefs/heads/".length), line.slice(0, line.indexOf("\t"))]),
    );
  };

  const signerFor = (signing: NonNullable<CommitRequest["signing"]>): Promise<Signer> => {
    const key = JSON.stringify(signing);
    const signer = signers.get(key) ?? prepareSigner(signing, settings.directory, parts.surrounding);
    signers.set(key, signer);
    // A key that was not there yet may be there next time.
    signer.catch(() => signers.delete(key));
    return signer;
  };

  const groundUntil = (by: RunGit): TransactionGround => ({
    branch,
    clock,
    random: parts.random,
    historyLimit: historyDepth,
    onStep: parts.onStep,
    observe: (review) => observe(review, by),
    files,
    history: (range) => history(git, range),
    write: async (commit, signing) => writeCommit(git, { ...commit, signer: signing === undefined ? undefined : await signerFor(signing) }),
    push: (request) => {
      // Whatever comes of it, the tip that is known is the one from before.
      observedAt = undefined;
      return observed(
        "push",
        () => push(by, request),
        ({ kind }) => (kind === "pushed" || kind === "present" ? "done" : "refused"),
      );
    },
  });

  return {
    branch,
    url: parts.url,
    fetch: async () => {
      observedAt = undefined;
      return { commit: await baseTip() };
    },
    filesAt: files,
    findByTrailer: async (key, value, { limit = historyDepth, branch: other } = {}) => {
      const { base, review } = await observe(other === branch ? undefined : other);
      for (const tip of review === undefined ? [base] : [base, review]) {
        const found = withTrailer(await history(git, { from: tip, limit }), key, value);
        if (found !== undefined) return found.id;
      }
      return undefined;
    },
    transact: (request) => {
      const deadline: Deadline = { at: clock.now() + workSeconds * 1000, clock, overdue: () => commitOverdue(parts.url, workSeconds) };
      const by = gitUntil(git, deadline, settings.timeoutSeconds);
      const run = last.then(() => {
        if (clock.now() >= deadline.at) throw deadline.overdue();
        return transact(groundUntil(by), request);
      });
      last = run.catch(() => undefined);
      return inTime(run, deadline);
    },
    dispose: async () => {
      await last;
      reader.rest();
      await parts.release();
      for (const signer of signers.values()) await signer.then((prepared) => prepared.dispose()).catch(() => undefined);
      await rm(settings.directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function lostBranch(url: string, branch: string): GitError {
  return new GitError("missing-branch", {
    seen: `Branch ${branch} of ${url} is gone`,
    meaning: "There is nothing that a commit could go on top of",
    remedy: "Push the branch again, or name another",
  });
}
