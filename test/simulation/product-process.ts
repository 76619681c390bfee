import { watchCluster } from "../../src/cluster-api/watch-cluster.ts";
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
import type { StreamFaults } from "../../src/sandbox/in-process/watch-stream.ts";
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
  /** Told of each thing that goes wrong, for the count of what the seeds have gone through. */
  readonly met: (what: string) => void;
}

/** One run of `capi-gitops upgrade --wait`, from its start to its end or its death. Rejects with Killed. */
export async function runProcess(world: ProcessWorld): Promise<UpgradeResult> {
  const { scenario, timeline, random, remote } = world;
  const clock = timelineClock(timeline);
  let dead = false;
  let bury: (reason: Killed) => void = () => undefined;
  const death = new Promise<never>((_, reject) => (bury = reject));
  death.catch(() => undefined);
  /** A killed process is told nothing any more, not even that it is dead. */
  const silence = new Promise<never>(() => undefined);
  const killed = (chance: number, where: string): boolean => {
    if (dead) return true;
    if (!random.chance(chance)) return false;
    dead = true;
    world.note(`killed ${where}`);
    // Of requests, without the object.
    world.met(`killed ${where.replace(/^(before|after) ([A-Z]+) .*/, "$1 a $2")}`);
    bury(new Killed(where));
    return true;
  };
  const mayDie = async (where: string): Promise<void> => {
    if (killed(scenario.crashes / 20, where)) await silence;
  };
  /** At the boundaries of what has an effect it dies more often. */
  const mayDieThere = (where: string): void => {
    if (killed(scenario.crashes, where)) throw new Killed(where);
  };

  const client = inProcessClient(world.management, {
    clock,
    random: () => random.next(),
    async intercept({ method, path }) {
      await mayDie(`before ${method} ${path}`);
      if (method !== "GET") world.onWrite(method, path);
      await clock.sleep(1 + random.below(20));
      if (!random.chance(scenario.requestFaults)) return undefined;
      const fault = (["answered 429", "answered 500", "connection lost"] as const)[random.below(3)]!;
      world.met(`request: ${fault}`);
      switch (fault) {
        case "answered 429":
          return { status: 429, message: "too many requests, please try again later", retryAfterSeconds: 1 };
        case "answered 500":
          return { status: 500, message: "etcdserver: request timed out" };
        case "connection lost":
          throw new ConnectionError("reset", `${method} ${path}: the connection was lost (ECONNRESET).`);
      }
    },
    onAnswered: ({ method, path }) => mayDie(`after ${method} ${path}`),
    streamFaults: () => {
      const faults = streamFaults(scenario, random);
      for (const fault of Object.keys(faults)) world.met(`watch: ${fault}`);
      return faults;
    },
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
        world.met("git: overtaken by a push");
        const at = Math.floor(timeline.now() / 1000);
        remote.commitOnTop(remote.defaultBranch, colleague, "Somebody was first\n", { "notes.md": `${timeline.now()}\n` }, at);
        return;
      }
      world.met(`git: unreachable at ${moment}`);
      throw new GitError("unreachable", { seen: "the remote hung up", meaning: "Nothing is known", remedy: "Try again" });
    },
  });

  const watch = watchCluster(client, address, { clock, workload, discovery });

  async function run(): Promise<UpgradeResult> {
    const snapshot = await watch.snapshot();
    mayDieThere("after the first look");
    const upgradeId = upgradeIdOf(snapshot, scenario.target);
    const writer = createGitWriter({ repository, clock, upgradeId, directory: "clusters", author: bot, signOff: false, again: false });
    return runUpgrade({
      cluster: watch,
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

  try {
    return await Promise.race([death, run()]);
  } finally {
    watch.close();
  }
}

const bot = { name: "capi-gitops", email: "bot@example.com" };
const colleague = { name: "Ada", email: "ada@example.com" };

/** What befalls one watch. */
export function streamFaults(
  { watchFaults, lagMilliseconds }: Pick<Scenario, "watchFaults" | "lagMilliseconds">,
  random: Random,
): StreamFaults {
  const lag = lagMilliseconds === 0 ? {} : { lagMilliseconds: random.below(lagMilliseconds) };
  if (!random.chance(watchFaults)) return lag;
  const milliseconds = random.below(120_000);
  switch (random.below(3)) {
    case 0:
      return { ...lag, cutAfterMilliseconds: milliseconds };
    case 1:
      return { ...lag, silentAfterMilliseconds: milliseconds };
    default:
      return { ...lag, repeatEvery: 1 + random.below(5) };
  }
}
