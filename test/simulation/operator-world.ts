import { createWorkloadReader } from "../../src/cluster-api/workload.ts";
import type { ForgeModel } from "../../src/git/forges/testing/forge-model.ts";
import type { GitRepository, TransactionStep } from "../../src/git/git-repository.ts";
import type { HttpCall } from "../../src/http/send-http.ts";
import { ConnectionError } from "../../src/kubernetes/errors.ts";
import type { OperatorStep } from "../../src/operator/controllers/operator-steps.ts";
import type { NotifyAvailable } from "../../src/operator/controllers/upgrade-policy/tell-available.ts";
import type { Notify } from "../../src/operator/controllers/cluster-upgrade/people.ts";
import { runOperator } from "../../src/operator/run-operator.ts";
import { parseClusterSelector } from "../../src/operator/runtime/cluster-selector.ts";
import { policiesElection, shardElection, wholeFleet } from "../../src/operator/runtime/shard.ts";
import { leadWhenElected } from "../../src/operator/runtime/leader-election.ts";
import { applyTo, manifestsIn } from "../../src/sandbox/applier/apply-object.ts";
import { startApplier } from "../../src/sandbox/applier/applier.ts";
import { createRandom, type Random } from "../../src/sandbox/engine/random.ts";
import { createTimeline, driveUntil, timelineClock, type Timeline } from "../../src/sandbox/engine/timeline.ts";
import { createMemoryRemote, type MemoryRemote } from "../../src/sandbox/git/memory-remote.ts";
import { openMemoryRepository } from "../../src/sandbox/git/memory-repository.ts";
import { kubeconfigText } from "../../src/sandbox/http/kubeconfig.ts";
import { inProcessClient, type AnswersRequests, type InProcessOptions } from "../../src/sandbox/in-process/in-process-client.ts";
import { createManagementCluster, type ManagementCluster } from "../../src/sandbox/management-cluster.ts";
import type { StoredObject } from "../../src/sandbox/store/stored-object.ts";
import { jsonLog } from "../../src/telemetry/log.ts";
import { simulatedForge, simulatedRepository } from "./simulated-forge.ts";

/** A management cluster with clusters from a Git repository that is applied to it, in virtual time. */
export interface OperatorWorld {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly management: ManagementCluster;
  readonly remote: MemoryRemote;
  /** What people see of pull requests; nothing answers there unless the world has a forge. */
  readonly forge: ForgeModel;
  /** What happened, a line each, with seconds since the operators may begin. */
  readonly log: string[];
  note(text: string): void;
  drive<T>(promise: Promise<T>): Promise<T>;
  pass(seconds: number): Promise<void>;
  /** Lets time pass until it is so; throws, with the log, when it is not so after that time. */
  until(what: string, condition: () => boolean, seconds: number): Promise<void>;
  /** As `kubectl apply`. */
  apply(object: object): void;
  get(kind: string, name: string, namespace?: string): StoredObject | undefined;
  list(kind: string): readonly StoredObject[];
  remove(kind: string, name: string, namespace?: string): void;
  /** Changes what is in Git, as a colleague does. */
  commit(title: string, files: Readonly<Record<string, string>>): void;
  /** A process; gives the way to end it. */
  startOperator(name: string, options?: ReplicaOptions): Replica;
  /** Stops what applies Git. */
  close(): Promise<void>;
}

export interface ReplicaOptions {
  readonly onStep?: (step: OperatorStep) => void | Promise<void>;
  readonly onTransaction?: (step: TransactionStep) => void | Promise<void>;
  readonly client?: Partial<InProcessOptions>;
  readonly notify?: Notify;
  readonly notifyAvailable?: NotifyAvailable;
  readonly onRemote?: (moment: string) => void;
  /** Told each connection to a workload cluster that is kept for an attempt. */
  readonly onWorkload?: (moment: "opened" | "closed") => void;
  /** As `--cluster-selector`. */
  readonly clusterSelector?: string;
  /** Before the forge does what it is asked for, and between its doing and its answer. */
  readonly onForge?: (moment: "asked" | "answered", call: HttpCall) => void | Promise<void>;
}

export interface Replica {
  readonly name: string;
  /** As SIGTERM. */
  stop(): Promise<unknown>;
  /** As SIGKILL: it does nothing any more, and does not know it. */
  kill(): void;
  readonly isDead: () => boolean;
  /** How it ended: `ended`, or the error. */
  readonly ended: Promise<unknown>;
}

export interface WorldOptions {
  readonly seed?: number;
  /** Below `clusters/`, applied. */
  readonly files: Readonly<Record<string, string>>;
  readonly applierMilliseconds?: number;
  /** The repository is on a simulated GitHub. */
  readonly forge?: boolean;
}

export const worldStart = Date.parse("2026-01-05T00:00:00Z");
const operatorNamespace = "clusterapi-gitops-system";
const nobody = { authority: "", client: { certificate: "", key: "" } };

export async function operatorWorld(options: WorldOptions): Promise<OperatorWorld> {
  const random = createRandom(options.seed ?? 1);
  const timeline = createTimeline(worldStart - 600_000);
  const clock = timelineClock(timeline);
  const log: string[] = [];
  const note = (text: string): void => void log.push(`${((timeline.now() - worldStart) / 1000).toFixed(1)} ${text}`);
  const drive = <T>(promise: Promise<T>): Promise<T> => driveUntil(timeline, promise);
  const management = createManagementCluster({
    timeline,
    random: random.fork("cluster"),
    workloadKubeconfig: ({ namespace, name }) => kubeconfigText(name, `https://sandbox/clusters/${namespace}/${name}`, nobody),
  });
  const apply = (object: object): void => {
    applyTo(management.handler, object as Parameters<typeof applyTo>[1], "kubectl");
  };
  apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: operatorNamespace } });
  for (const object of manifestsIn(Object.values(options.files))) applyTo(management.handler, object, "applier");
  timeline.runUntil(worldStart);

  const remote = createMemoryRemote(options.files, {
    atSeconds: worldStart / 1000,
    ...(options.forge === true ? { url: simulatedRepository } : {}),
  });
  const forge = simulatedForge(remote);
  // What is loaded when it is first needed takes real time, in which virtual time would go on.
  if (options.forge === true) await import("../../src/git/forges/github.ts");
  const applier = startApplier({
    repository: openMemoryRepository(remote, { clock, random: () => 0 }),
    folder: "clusters",
    clock,
    intervalMilliseconds: options.applierMilliseconds ?? 10_000,
    apply: (object) => Promise.resolve().then(() => applyTo(management.handler, object, "applier")),
    onAttempt: ({ revision, errors }) =>
      note(`applied ${revision.slice(0, 8)}${errors.map(({ object, message }) => `; ${object}: ${message}`).join("")}`),
  });
  const typeOf = (kind: string) => {
    const found = management.types.find((type) => type.kind === kind);
    if (found === undefined) throw new Error(`no kind ${kind}`);
    return found;
  };

  /** For people, when something did not come to be. */
  const statuses = (): readonly string[] =>
    ["UpgradePolicy", "ReleaseCatalog", "ClusterUpgrade"].flatMap((kind) =>
      management.objects.store.list(typeOf(kind).key).map(({ metadata, status }) => {
        const { message, phase, conditions } = (status ?? {}) as Readonly<Record<string, unknown>>;
        return `${kind} ${metadata.name}: ${JSON.stringify({ phase, message, conditions })}`;
      }),
    );

  function startOperator(name: string, replica: ReplicaOptions = {}): Replica {
    const own = random.fork(name);
    let dead = false;
    const silence = new Promise<never>(() => undefined);
    const alive = async (): Promise<void> => {
      if (dead) await silence;
    };
    const stop = new AbortController();
    const client = inProcessClient(management.handler, {
      clock,
      random: () => own.next(),
      ...replica.client,
      async intercept(request) {
        await alive();
        await clock.sleep(1 + own.below(10));
        await alive();
        return replica.client?.intercept?.(request);
      },
      async onAnswered(request) {
        await replica.client?.onAnswered?.(request);
        await alive();
      },
    });
    const openWorkload = (cluster: { readonly namespace: string; readonly name: string }) => {
      const reader = createWorkloadReader(client, cluster, {
        clock,
        connect: () => {
          const answers: AnswersRequests = {
            handle(request) {
              const handler = management.workloadHandler(cluster);
              if (handler === undefined) throw new ConnectionError("refused", "the workload cluster refuses connections");
              return handler.handle(request);
            },
          };
          return Promise.resolve(inProcessClient(answers, { clock, random: () => own.next(), name: "workload" }));
        },
      });
      replica.onWorkload?.("opened");
      return {
        ...reader,
        close() {
          replica.onWorkload?.("closed");
          reader.close();
        },
      };
    };
    const openRepository = (): Promise<GitRepository> =>
      Promise.resolve(
        openMemoryRepository(remote, {
          clock,
          random: () => own.next(),
          onStep: async (step) => {
            await alive();
            await replica.onTransaction?.(step);
            await clock.sleep(10 + own.below(200));
            await alive();
          },
          ...(replica.onRemote === undefined ? {} : { onRemote: replica.onRemote }),
        }),
      );
    const selector = replica.clusterSelector === undefined ? undefined : parseClusterSelector(replica.clusterSelector);
    if (typeof selector === "string") throw new Error(selector);
    const shard = { ...wholeFleet, ...(selector === undefined ? {} : { selector }) };
    const election = { client, clock, random: () => own.next(), namespace: operatorNamespace, identity: name };
    const ended = leadWhenElected(
      { ...election, ...shardElection(shard) },
      (leadership) => {
        note(`${name} leads`);
        return runOperator(
          {
            client,
            clock,
            log: jsonLog({ level: "warn", clock, write: (line) => note(`${name}: ${line.trim()}`) }),
            random: () => own.next(),
            namespace: operatorNamespace,
            instance: name,
            shard,
            electForPolicies: (lead, over) =>
              leadWhenElected(
                { ...election, ...policiesElection },
                (policies) => {
                  note(`${name} leads policies`);
                  return lead(policies);
                },
                over,
              ),
            openRepository,
            openWorkload,
            async send(call) {
              if (options.forge !== true) throw new Error("nothing is sent anywhere");
              await alive();
              await clock.sleep(10 + own.below(100));
              await alive();
              await replica.onForge?.("asked", call);
              const answer = await forge.send(call);
              await replica.onForge?.("answered", call);
              await alive();
              return answer;
            },
            ...(replica.notify === undefined ? {} : { notify: replica.notify }),
            ...(replica.notifyAvailable === undefined ? {} : { notifyAvailable: replica.notifyAvailable }),
            onStep: async (step) => {
              await alive();
              await replica.onStep?.(step);
              await alive();
            },
          },
          leadership,
        );
      },
      stop.signal,
    ).then(
      () => "ended",
      (error: unknown) => error,
    );
    return {
      name,
      ended,
      isDead: () => dead,
      stop() {
        stop.abort(new Error("SIGTERM"));
        return ended;
      },
      kill() {
        dead = true;
        note(`${name} was killed`);
      },
    };
  }

  return {
    timeline,
    random,
    management,
    remote,
    forge: forge.model,
    log,
    note,
    drive,
    pass: (seconds) => drive(clock.sleep(seconds * 1000)),
    async until(what, condition, seconds) {
      const end = timeline.now() + seconds * 1000;
      while (!condition()) {
        if (timeline.now() >= end) throw new Error(`not so after ${seconds} s: ${what}\n${[...log.slice(-60), ...statuses()].join("\n")}`);
        await drive(clock.sleep(1_000));
      }
    },
    apply,
    get: (kind, name, namespace) => management.objects.store.get(typeOf(kind).key, namespace, name),
    remove: (kind, name, namespace) => void management.objects.delete(typeOf(kind), namespace, name, {}),
    list: (kind) => management.objects.store.list(typeOf(kind).key),
    commit: (title, files) =>
      void remote.commitOnTop("main", { name: "Ada", email: "ada@example.com" }, title, files, Math.floor(timeline.now() / 1000)),
    startOperator,
    close: () => drive(applier.stop()),
  };
}
