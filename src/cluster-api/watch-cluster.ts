import { calledOff, type Clock } from "../clock.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { createDiscovery, type Discovery } from "../kubernetes/discovery.ts";
import { ConnectionError } from "../kubernetes/errors.ts";
import type { ClusterSnapshot } from "../upgrade/cluster-snapshot.ts";
import { assembleSnapshot } from "./assemble-snapshot.ts";
import { watchClusterObjects, type ClusterCaches } from "./cluster-caches.ts";
import { CLUSTER_GROUP, fetchClusterObjects, type ClusterAddress } from "./fetch-cluster-objects.ts";
import { managementReads } from "./management-reads.ts";
import type { Reads } from "./reads.ts";
import { rememberedReads } from "./remembered-reads.ts";
import { sparingLooks } from "./sparing-looks.ts";
import { readCluster } from "./views/cluster.ts";
import type { WorkloadReader } from "./workload.ts";

export interface WatchClusterOptions {
  readonly clock: Clock;
  readonly workload?: WorkloadReader | undefined;
  readonly discovery?: Discovery | undefined;
  /** After each change of an object of the cluster. */
  readonly onChange?: (() => void) | undefined;
  /** Told each fault that was survived. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A cluster that is kept an eye on. */
export interface ClusterWatch {
  /**
   * The cluster as it is now. While the management cluster does not answer, waits for it, five minutes at most. Rejects with ClusterGoneError when the
   * Cluster object is not there (any more) or may not be read.
   */
  snapshot(signal?: AbortSignal): Promise<ClusterSnapshot>;
  /** The same, read anew from the API server. Of the watches behind `snapshot` one may lag behind another: what is told at the end does not rest on them. */
  freshSnapshot(signal?: AbortSignal): Promise<ClusterSnapshot>;
  /** Resolves when something changed since the last snapshot, after `milliseconds` at the latest; rejects when `signal` aborts. */
  changed(milliseconds: number, signal?: AbortSignal): Promise<void>;
  close(): void;
}

/** The cluster that was watched is not there any more, or may not be read any more. */
export class ClusterGoneError extends Error {
  override readonly name = "ClusterGoneError";
}

/** Changes come in bursts; one snapshot is made of each. */
const settleMilliseconds = 150;
const rememberMilliseconds = 60_000;
const patienceMilliseconds = 300_000;
const retryMilliseconds = 1_000;

export function watchCluster(client: KubernetesClient, address: ClusterAddress, options: WatchClusterOptions): ClusterWatch {
  const { clock } = options;
  const discovery = options.discovery ?? createDiscovery(client);
  const direct = managementReads(client, discovery);
  const others = rememberedReads(direct, clock, rememberMilliseconds);
  const signals = changeSignal(clock);
  const readWorkload = sparingLooks(options.workload, clock);
  let caches: Promise<ClusterCaches> | undefined;
  let closed = false;

  const started = (): Promise<ClusterCaches> => {
    caches ??= watchClusterObjects(client, discovery, address, {
      direct,
      others,
      onError: options.onError,
      onChange: (change) => {
        if (change.kind !== "modified" || change.before.metadata.generation !== change.object.metadata.generation) others.forget();
        signals.raise();
        options.onChange?.();
      },
    });
    caches.catch(() => (caches = undefined));
    return caches;
  };

  async function watchedReads(): Promise<Reads> {
    const current = await started();
    if (closed) current.close();
    const own = await current.reads.get({ group: CLUSTER_GROUP, kind: "Cluster", ...address });
    const { controlPlaneRef } = own.value === undefined ? {} : readCluster(own.value, () => undefined);
    if (controlPlaneRef !== undefined) await current.watchObject(controlPlaneRef);
    return current.reads;
  }

  async function look(reads: Reads, changed: boolean, signal: AbortSignal | undefined): Promise<ClusterSnapshot> {
    const { value, gap } = await fetchClusterObjects(reads, address, () => readWorkload(changed, signal));
    if (gap !== undefined) throw new ClusterGoneError(`Cluster ${address.namespace}/${address.name} can no longer be read: ${gap.message}`);
    return assembleSnapshot(value, clock.now());
  }

  async function patiently(take: () => Promise<ClusterSnapshot>, signal: AbortSignal | undefined): Promise<ClusterSnapshot> {
    const giveUpAt = clock.now() + patienceMilliseconds;
    for (;;) {
      try {
        return await abortable(take(), signal);
      } catch (error) {
        if (!(error instanceof ConnectionError) || clock.now() >= giveUpAt) throw error;
        options.onError?.(error);
        await clock.sleep(retryMilliseconds, signal);
      }
    }
  }

  return {
    snapshot: (signal) =>
      patiently(async () => {
        const reads = await watchedReads();
        return look(reads, signals.lower(), signal);
      }, signal),
    freshSnapshot: (signal) => patiently(() => look(direct, true, signal), signal),
    changed: (milliseconds, signal) => signals.wait(milliseconds, signal),
    close() {
      closed = true;
      options.workload?.close();
      caches?.then((current) => current.close()).catch(() => undefined);
    },
  };
}

/** The first list of a watch waits for as long as it takes; a person who has had enough does not. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  promise.catch(() => undefined);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

interface ChangeSignal {
  raise(): void;
  /** Whether it was raised. */
  lower(): boolean;
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

function changeSignal(clock: Clock): ChangeSignal {
  let raised = false;
  let wake: () => void = () => undefined;
  return {
    raise() {
      raised = true;
      wake();
    },
    lower() {
      const was = raised;
      raised = false;
      return was;
    },
    async wait(milliseconds, signal) {
      if (!raised) {
        const timer = new AbortController();
        const either = signal === undefined ? timer.signal : AbortSignal.any([timer.signal, signal]);
        const change = new Promise<void>((resolve) => (wake = resolve));
        try {
          await Promise.race([change, clock.sleep(milliseconds, either)]);
        } finally {
          timer.abort(calledOff);
        }
      }
      if (raised) await clock.sleep(Math.min(settleMilliseconds, milliseconds), signal);
    },
  };
}
