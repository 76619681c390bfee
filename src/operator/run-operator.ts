import { randomInt } from "node:crypto";
import { watchFleet, type FleetWatch } from "../cluster-api/fleet-watch.ts";
import type { ClusterAddress } from "../cluster-api/fetch-cluster-objects.ts";
import { createWorkloadReader } from "../cluster-api/workload.ts";
import type { Clock } from "../clock.ts";
import type { GitRemote, GitRepository } from "../git/git-repository.ts";
import type { OnRemoteOperation } from "../git/observe.ts";
import type { SendHttp } from "../http/send-http.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { createDiscovery } from "../kubernetes/discovery.ts";
import type { KubernetesObject } from "../kubernetes/resource.ts";
import { startWatchCache, type CacheChange, type WatchCache } from "../kubernetes/watch-cache.ts";
import type { Log } from "../telemetry/log.ts";
import type { Release } from "../upgrade/policy/release.ts";
import { clusterUpgrades, releaseCatalogs, upgradePolicies } from "./api/kinds.ts";
import { clusterOf, watchAttempts } from "./controllers/cluster-upgrade/attempt-cache.ts";
import { people, type Notify } from "./controllers/cluster-upgrade/people.ts";
import { clusterUpgradeReconciler } from "./controllers/cluster-upgrade/reconcile.ts";
import { isSettled, unlessSettled } from "./controllers/cluster-upgrade/settled.ts";
import { orphanedHolds } from "./controllers/held-pools/orphaned-holds.ts";
import { holderOf } from "./controllers/held-pools/pool-hold.ts";
import type { OpenWorkload, OperatorContext } from "./controllers/operator-context.ts";
import type { OperatorStep } from "./controllers/operator-steps.ts";
import { imageCatalogs } from "./controllers/release-catalog/image-catalogs.ts";
import { releaseCatalogReconciler } from "./controllers/release-catalog/reconcile.ts";
import { reportFailure } from "./controllers/report-failure.ts";
import { roundKey, upgradePolicyReconciler } from "./controllers/upgrade-policy/reconcile.ts";
import type { NotifyAvailable } from "./controllers/upgrade-policy/tell-available.ts";
import { statusWriter, type StatusWriter } from "./controllers/write-status.ts";
import { sharedRepositories } from "./git-access/shared-repositories.ts";
import { sharedReviewBranches } from "./shared-review-branches.ts";
import { createController, ownKey, type Controller, type ControllerOptions, type ObjectKey, type Pass } from "./runtime/controller.ts";
import { createEventRecorder } from "./runtime/event-recorder.ts";
import { lastingFault } from "./runtime/lasting-fault.ts";
import type { Leadership } from "./runtime/leader-election.ts";
import { watchOutage } from "./runtime/watch-outage.ts";
import { isMine, leadsPolicies, wholeFleet, type Shard } from "./runtime/shard.ts";

export interface OperatorOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1. */
  readonly random?: () => number;
  /** The operator's own: Secrets that policies name are in it. */
  readonly namespace: string;
  /** Names this process in events. */
  readonly instance: string;
  readonly shard?: Shard;
  /** Leads policies while it is the one of all replica sets that does; for shards with a selector. Default: it is. Rejects with LeaseLostError. */
  readonly electForPolicies?: (lead: (leadership: Leadership) => Promise<void>, signal: AbortSignal) => Promise<unknown>;
  /** ClusterUpgrades that are worked on at the same time. Default 8. */
  readonly concurrency?: number;
  readonly openRepository: (remote: GitRemote) => Promise<GitRepository>;
  readonly send: SendHttp;
  readonly openWorkload?: OpenWorkload;
  /** Absent: there is nobody to tell. */
  readonly notify?: Notify;
  readonly notifyAvailable?: NotifyAvailable;
  readonly onPass?: (pass: Pass) => void;
  /** Told each time that a watch is begun again, and why. */
  readonly onWatchRestart?: (reason: string) => void;
  /** Told each operation on a forge; of Git, `openRepository` tells. */
  readonly onRemoteOperation?: OnRemoteOperation;
  /** Told of each change of a ClusterUpgrade; not of what there was before this process watched. */
  readonly onUpgradeChange?: (before: KubernetesObject, after: KubernetesObject) => void;
  /** Told when everything is known and the work begins. */
  readonly onReady?: (running: RunningOperator) => void;
  /** For tests that stop the process at a boundary. */
  readonly onStep?: (step: OperatorStep) => void | Promise<void>;
}

/** For metrics and health: clusters and attempts that this process works on. */
export interface RunningOperator {
  readonly fleet: Pick<FleetWatch, "clusters">;
  readonly controllers: readonly Controller[];
  readonly attempts: () => readonly KubernetesObject[];
  readonly policies: () => readonly KubernetesObject[];
  readonly catalogs: () => readonly KubernetesObject[];
  /** By the catalog's name; undefined while it is not there. */
  readonly releasesOf: (catalog: string) => readonly Release[] | undefined;
}

/** Changes of the fleet come in bursts, and all policies are decided over together. */
const roundMilliseconds = 1_000;

/**
 * Runs the controllers until `leadership.signal` aborts; resolves when what was under way has ended. Rejects when Cluster API or our own kinds may not be read, with the API server's words.
 * What it keeps it could lose: all state is in objects and in Git.
 */
export async function runOperator(options: OperatorOptions, leadership: Leadership): Promise<void> {
  const { client, clock, log, namespace, shard = wholeFleet } = options;
  const random = options.random ?? (() => randomInt(2 ** 32) / 2 ** 32);
  const { signal } = leadership;
  const discovery = createDiscovery(client);
  const eventFault = lastingFault({ log, clock, message: "events could not be written", over: "events are written again" });
  const events = createEventRecorder({
    client,
    clock,
    random,
    instance: options.instance,
    onError: (error) => eventFault.failed(error),
    onWritten: () => eventFault.passed(),
  });
  const repositories = sharedRepositories({ clock, open: options.openRepository });
  const watching = {
    ...watchOutage({ log, clock, isCurrent: () => [fleet, attempts, policies, catalogs].every((watch) => watch.isCurrent()) }),
    ...(options.onWatchRestart === undefined ? {} : { onRestart: options.onWatchRestart }),
  };

  const fleet = watchFleet(client, discovery, { onChange: onFleetChange, ...watching, random });
  const attempts = watchAttempts(client, { onChange: onAttemptChange, ...watching });
  const policies = startWatchCache(client, upgradePolicies, { onChange: onPolicyChange, ...watching });
  const catalogs = startWatchCache(client, releaseCatalogs, {
    onChange: (change) => {
      if (change.kind === "deleted") catalogStatus.forget(change.object);
      if (isNews(change)) catalogController.wake(ownKey(change));
    },
    ...watching,
  });

  const context: OperatorContext = {
    client,
    discovery,
    clock,
    fleet,
    namespace,
    repositories,
    reviewBranches: sharedReviewBranches(),
    send: options.send,
    events,
    log,
    lookingSince: clock.now(),
    isCertain: () => leadership.isCertain(),
    imageCatalog: imageCatalogs({
      get: (name) => catalogs.get(name),
      releasesOf: (name) => catalog.releasesOf(name),
      policy: (name) => policies.get(name),
    }),
    openWorkload: options.openWorkload ?? ((cluster, more) => createWorkloadReader(client, cluster, { clock, ...more })),
    ...(options.onRemoteOperation === undefined ? {} : { onRemoteOperation: options.onRemoteOperation }),
    ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
  };
  const [attemptStatus, policyStatus, catalogStatus] = [
    statusWriter({ client, resource: clusterUpgrades, volatile: ["estimatedSeconds", "memory"] }),
    statusWriter({ client, resource: upgradePolicies, volatile: [] }),
    statusWriter({ client, resource: releaseCatalogs, volatile: ["fetchedAt", "sources"] }),
  ];
  const upgrades = clusterUpgradeReconciler({
    context,
    attempts,
    status: attemptStatus,
    people: people({ events, log, notify: options.notify ?? (() => true) }),
  });
  const catalog = releaseCatalogReconciler({
    tools: { client, namespace, clock, send: options.send, repositories },
    get: (name) => catalogs.get(name),
    status: catalogStatus,
    onChange: () => policyController.wake(roundKey),
  });
  let policyLeadership = leadership;
  const round = upgradePolicyReconciler({
    context: { ...context, isCertain: () => leadership.isCertain() && policyLeadership.isCertain() },
    policies: () => policies.objects(),
    attempts,
    releasesOf: (name) => catalog.releasesOf(name),
    status: policyStatus,
    notifyAvailable: options.notifyAvailable ?? (() => true),
  });

  const reportTo =
    (get: (key: ObjectKey) => KubernetesObject | undefined, status: StatusWriter): NonNullable<ControllerOptions["report"]> =>
    async (key, failure, failures) => {
      const object = get(key);
      if (object !== undefined) await reportFailure(object, failure, failures, { status, events, now: clock.now() });
    };
  const common = { clock, random, onPass };
  const upgradeController = createController({
    ...common,
    name: "cluster-upgrade",
    concurrency: options.concurrency ?? 8,
    // A cluster's labels may have changed since it was woken for.
    reconcile: (key, passSignal) => (isOurs(key) ? upgrades.reconcile(key, passSignal) : Promise.resolve({ kind: "done" })),
    report: reportTo((key) => unlessSettled(attempts.get(key)), attemptStatus),
  });
  const policyController = createController({ ...common, name: "upgrade-policy", concurrency: 1, reconcile: () => round.reconcile() });
  const catalogController = createController({
    ...common,
    name: "release-catalog",
    concurrency: 4,
    reconcile: (key, passSignal) => catalog.reconcile(key, passSignal),
    report: reportTo(({ name }) => catalogs.get(name), catalogStatus),
  });
  const holdController = createController({
    ...common,
    name: "held-pools",
    concurrency: 2,
    reconcile: orphanedHolds({ client, discovery, fleet, attempts, log }),
  });
  const ofClusters = [upgradeController, holdController];
  const ofPolicies = [policyController, catalogController];

  function isMyCluster(cluster: ClusterAddress): boolean {
    const live = fleet.cluster(cluster);
    return isMine(shard, cluster, live && (live.metadata.labels ?? {}));
  }

  function isOurs(key: ObjectKey): boolean {
    const attempt = attempts.get(key);
    return attempt === undefined || isMyCluster(clusterOf(attempt));
  }

  function onFleetChange(cluster: ClusterAddress, change: CacheChange): void {
    if (isMyCluster(cluster)) {
      for (const { metadata } of attempts.ofCluster(cluster))
        upgradeController.wake({ namespace: metadata.namespace ?? "", name: metadata.name }, settleMilliseconds);
      if (change.kind !== "deleted" && holderOf(change.object) !== undefined) holdController.wake(cluster, holdMilliseconds);
    }
    // Machines come and go all the time; policies look at none of them.
    if (change.object.kind !== "Machine" && change.object.kind !== "MachineSet") policyController.wake(roundKey, roundMilliseconds);
  }

  function onAttemptChange(change: CacheChange): void {
    const cluster = clusterOf(change.object);
    policyController.wake(roundKey, roundMilliseconds);
    if (!isMyCluster(cluster)) return;
    if (change.kind === "modified") options.onUpgradeChange?.(change.before, change.object);
    if (change.kind === "deleted") upgrades.forget(change.object);
    // Of one that has ended, as its status says now, nothing is kept any more.
    if (isNews(change) || isSettled(change.object)) upgradeController.wake(ownKey(change));
    // The next in turn may be due.
    for (const { metadata } of attempts.ofCluster(cluster))
      if (metadata.name !== change.object.metadata.name)
        upgradeController.wake({ namespace: metadata.namespace ?? "", name: metadata.name }, settleMilliseconds);
    if (change.kind === "deleted") holdController.wake(cluster, holdMilliseconds);
  }

  function onPolicyChange(change: CacheChange): void {
    if (change.kind === "deleted") policyStatus.forget(change.object);
    if (isNews(change)) policyController.wake(roundKey, roundMilliseconds);
  }

  function onPass(pass: Pass): void {
    options.onPass?.(pass);
    const { controller, key, failure, error } = pass;
    if (failure === undefined) return;
    const fields = { controller, object: `${key.namespace}/${key.name}`, reason: failure.reason, why: failure.message };
    if (failure.kind === "unexpected") log.error("a pass failed unexpectedly", { ...fields, error });
    else if (failure.kind === "stalled") log.warn("a pass is stalled", fields);
    else log.debug("a pass is tried again", fields);
  }

  async function leadPolicies(): Promise<unknown> {
    const lead = async (over: Leadership): Promise<void> => {
      policyLeadership = over;
      // What this process watches since it leads is as new as what another did before; of policies another may have led meanwhile.
      if (over !== leadership) round.takeOver();
      await Promise.all(ofPolicies.map((controller) => controller.run(over.signal)));
    };
    const leads = leadsPolicies(shard);
    if (leads === false) return undefined;
    return leads === true || options.electForPolicies === undefined ? lead(leadership) : options.electForPolicies(lead, signal);
  }

  try {
    await untilSynced([fleet, attempts, policies, catalogs], signal);
    for (const { metadata } of attempts.all()) upgradeController.wake({ namespace: metadata.namespace ?? "", name: metadata.name });
    policyController.wake(roundKey, roundMilliseconds);
    options.onReady?.({
      // What others work on, they tell.
      fleet: {
        clusters: () =>
          fleet.clusters().filter(({ metadata }) => isMyCluster({ namespace: metadata.namespace ?? "", name: metadata.name })),
      },
      controllers: [...ofClusters, ...(leadsPolicies(shard) === false ? [] : ofPolicies)],
      attempts: () => attempts.all().filter((object) => isMyCluster(clusterOf(object))),
      policies: () => policies.objects(),
      catalogs: () => catalogs.objects(),
      releasesOf: (name) => catalog.releasesOf(name),
    });
    await Promise.all([...ofClusters.map((controller) => controller.run(signal)), leadPolicies()]);
  } finally {
    fleet.close();
    attempts.close();
    policies.stop();
    catalogs.stop();
    await upgrades.dispose();
    await events.flush();
    await repositories.close();
  }
}

/** Of a cluster under way: one look for all that happens within it. */
const settleMilliseconds = 250;
/** A hold that nobody answers for is not urgent, and its upgrade may only be starting. */
const holdMilliseconds = 10_000;

/** A status that we wrote ourselves is none. */
function isNews(change: CacheChange): boolean {
  if (change.kind !== "modified") return true;
  const { object, before } = change;
  return (
    object.metadata.generation !== before.metadata.generation ||
    object.metadata["deletionTimestamp"] !== before.metadata["deletionTimestamp"] ||
    JSON.stringify([object.metadata.annotations, object.metadata.labels]) !==
      JSON.stringify([before.metadata.annotations, before.metadata.labels])
  );
}

/** Rejects when one is refused, and when the signal aborts. */
async function untilSynced(caches: readonly Pick<WatchCache, "synced">[], signal: AbortSignal): Promise<void> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
    if (signal.aborted) resolve();
    signal.addEventListener("abort", onAbort, { once: true });
  });
  await Promise.race([Promise.all(caches.map(({ synced }) => synced)), aborted]);
  signal.removeEventListener("abort", onAbort);
}
