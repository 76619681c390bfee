import { readClusterSnapshot } from "../../src/cluster-api/read-cluster.ts";
import { createWorkloadReader } from "../../src/cluster-api/workload.ts";
import { createDiscovery } from "../../src/kubernetes/discovery.ts";
import { ConnectionError } from "../../src/kubernetes/errors.ts";
import { createGitWriter } from "../../src/operator/git-writer.ts";
import { upgradeIdOf } from "../../src/operator/upgrade-id.ts";
import { runUpgrade, type UpgradeResult } from "../../src/operator/upgrade-run.ts";
import { timelineClock, type Timeline } from "../../src/sandbox/engine/timeline.ts";
import type { Random } from "../../src/sandbox/engine/random.ts";
import type { MemoryRemote } from "../../src/sandbox/git/memory-remote.ts";
import { openMemoryRepository } from "../../src/sandbox/git/memory-repository.ts";
import { inProcessClient, type AnswersRequests } from "../../src/sandbox/in-process/in-process-client.ts";
import { GitError } from "../../src/git/git-error.ts";
import type { ClusterSnapshot } from "../../src/upgrade/cluster-snapshot.ts";
import type { Scenario } from "./random-scenario.ts";

/** The process was killed here. */
export class Killed extends Error {
  override readonly name = "Killed";
}

export interface ProcessWorld {
  readonly scenario: Scenario;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly remote: MemoryRemote;
  readonly management: AnswersRequests;
  /** The API server behind a kubeconfig; undefined: nobody answers. */
  readonly workload: () => AnswersRequests | undefined;
  /** Each request that could change something. */
  readonly onWrite: (method: string, path: string) => void;
  readonly note: (text: string) => void;
}

/** One run of `capi-gitops upgrade --wait`, from its start to its end or its death. Rejects with Killed. */
export async function runProcess(world: ProcessWorld): Promise<UpgradeResult | { readonly kind: "unreadable"; readonly message: string }> {
  const { scenario, timeline, random, remote } = world;
  const clock = timelineClock(timeline);
  let dead = false;
  const mayDie = (where: string): void => {
    if (dead) throw new Killed(where);
    if (!random.chance(scenario.crashes / 20)) return;
    dead = true;
    world.note(`killed ${where}`);
    throw new Killed(where);
  };
  /** At the boundaries of what has an effect it dies more often. */
  const mayDieThere = (where: string): void => {
    if (!dead && random.chance(scenario.crashes)) {
      dead = true;
      world.note(`killed ${where}`);
    }
    if (dead) throw new Killed(where);
  };

  const client = inProcessClient(world.management, {
    clock,
    random: () => random.next(),
    async intercept({ method, path }) {
      mayDie(`before ${method} ${path}`);
      if (method !== "GET") world.onWrite(method, path);
      await clock.sleep(1 + random.below(20));
      if (!random.chance(scenario.requestFaults)) return undefined;
      switch (random.below(3)) {
        case 0:
          return { status: 429, message: "too many requests, please try again later", retryAfterSeconds: 1 };
        case 1:
          return { status: 500, message: "etcdserver: request timed out" };
        default:
          throw new ConnectionError("reset", `${method} ${path}: the connection was lost (ECONNRESET).`);
      }
    },
    onAnswered: async ({ method, path }) => mayDie(`after ${method} ${path}`),
  });
  const address = { namespace: scenario.namespace, name: scenario.name };
  const workload = createWorkloadReader(client, address, {
    clock,
    connect: () => {
      const server = world.workload();
      const answers: AnswersRequests = server ?? {
        handle: () => {
          throw new ConnectionError("refused", "the workload cluster refuses connections");
        },
      };
      return Promise.resolve(inProcessClient(answers, { clock, random: () => random.next(), name: "workload" }));
    },
  });
  const discovery = createDiscovery(client);
  const repository = openMemoryRepository(remote, {
    clock,
    random: () => random.next(),
    onStep: async (step) => {
      mayDieThere(`in the transaction, ${step}`);
      await clock.sleep(10 + random.below(500));
    },
    onRemote: (moment) => {
      if (!random.chance(scenario.gitFaults)) return;
      if (moment === "push" && random.chance(0.7)) {
        const at = Math.floor(timeline.now() / 1000);
        remote.commitOnTop(remote.defaultBranch, colleague, "Somebody was first\n", { "notes.md": `${timeline.now()}\n` }, at);
        return;
      }
      throw new GitError("unreachable", { seen: "the remote hung up", meaning: "Nothing is known", remedy: "Try again" });
    },
  });

  const stale = staleReads(scenario.staleMilliseconds, () => clock.now());
  async function look(): Promise<ClusterSnapshot> {
    const snapshot = await readClusterSnapshot(client, address, { clock, workload, discovery });
    if ("kind" in snapshot) throw new ConnectionError("reset", snapshot.kind === "not-found" ? snapshot.message : snapshot.gap.message);
    return stale(snapshot);
  }
  const snapshot = await patiently(look, (milliseconds) => clock.sleep(milliseconds));
  mayDieThere("after the first look");
  const upgradeId = upgradeIdOf(snapshot, scenario.target);
  const writer = createGitWriter({ repository, clock, upgradeId, directory: "clusters", author: bot, signOff: false, again: false });
  return runUpgrade({
    cluster: {
      snapshot: () => patiently(look, (milliseconds) => clock.sleep(milliseconds)),
      changed: (milliseconds, signal) => clock.sleep(Math.min(milliseconds, 1_000 + random.below(6_000)), signal),
    },
    request: { upgradeId, target: scenario.target, via: scenario.via, holdSeconds: 30, stallSeconds: 900 },
    writer,
    wait: true,
    clock,
    timeoutSeconds: 4 * 3600,
    onDecision: () => mayDieThere("after a decision"),
    onWritten: (outcome) => {
      world.note(`step ${outcome.kind}${outcome.kind === "refused" ? `: ${outcome.refusal.reason}` : ""}`);
      mayDieThere("after a write");
    },
  });
}

const bot = { name: "capi-gitops", email: "bot@example.com" };
const colleague = { name: "Ada", email: "ada@example.com" };

/** What watches do with broken connections: look again a little later. */
async function patiently<T>(look: () => Promise<T>, sleep: (milliseconds: number) => Promise<void>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof ConnectionError) || tries > 300) throw error;
      await sleep(1_000);
    }
  }
}

/** A cache that lags: gives again what it gave before, for a while. Never older than what was given last. */
function staleReads(milliseconds: number, now: () => number): (fresh: ClusterSnapshot) => ClusterSnapshot {
  let kept: { readonly at: number; readonly snapshot: ClusterSnapshot } | undefined;
  return (fresh) => {
    if (kept === undefined || now() - kept.at >= milliseconds) kept = { at: now(), snapshot: fresh };
    return kept.snapshot;
  };
}
