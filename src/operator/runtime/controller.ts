import type { Clock } from "../../clock.ts";
import type { CacheChange } from "../../kubernetes/watch-cache.ts";
import { failureOf, type Failure } from "./failure.ts";
import { createWorkQueue, type WorkQueue, type WorkQueueCounts } from "./work-queue.ts";

/** Names an object that is reconciled; `namespace` is empty for kinds without one. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

export type ReconcileResult =
  /** Only a change wakes it again. */
  | { readonly kind: "done" }
  /** Epoch milliseconds. */
  | { readonly kind: "look-again"; readonly at: number };

export interface ControllerOptions {
  /** For logs and metrics: `cluster-upgrade`. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Keys that are worked on at the same time. */
  readonly concurrency: number;
  /** One pass over one object, which may be gone. Idempotent. */
  readonly reconcile: (key: ObjectKey, signal: AbortSignal) => Promise<ReconcileResult>;
  /** Puts a failure into the object's conditions and events. What it throws is told to `onPass` and hinders nothing. */
  readonly report?: (key: ObjectKey, failure: Failure, failures: number) => Promise<void>;
  /** Told of each pass, for logs and metrics. */
  readonly onPass?: (pass: Pass) => void;
}

export interface Pass {
  readonly controller: string;
  readonly key: ObjectKey;
  readonly milliseconds: number;
  readonly failure: Failure | undefined;
  /** The error itself, for the log. */
  readonly error: unknown;
}

export interface Controller {
  readonly name: string;
  wake(key: ObjectKey, afterMilliseconds?: number): void;
  /** Works until the signal aborts; resolves when the passes under way have ended. */
  run(signal: AbortSignal): Promise<void>;
  counts(): WorkQueueCounts;
}

/** Changes come in bursts; one pass is made of each. */
const settleMilliseconds = 100;

/** A work queue with one pass over each key at a time; the one place where an error becomes a retry. */
export function createController(options: ControllerOptions): Controller {
  const { name, clock, random, concurrency } = options;
  const queue = createWorkQueue({ clock, random });

  async function pass(text: string, signal: AbortSignal): Promise<void> {
    const key = parseKey(text);
    const began = clock.now();
    const tell = (failure?: Failure, error?: unknown): void =>
      options.onPass?.({ controller: name, key, milliseconds: clock.now() - began, failure, error });
    try {
      const result = await options.reconcile(key, signal);
      queue.forget(text);
      if (result.kind === "look-again") queue.addAfter(text, Math.max(1, result.at - clock.now()));
      tell();
    } catch (error) {
      // The next process sees everything anew.
      if (signal.aborted) return;
      const failure = failureOf(error);
      retry(queue, text, failure);
      tell(failure, error);
      try {
        await options.report?.(key, failure, queue.failures(text));
      } catch (reportError) {
        tell(failureOf(reportError), reportError);
      }
    }
  }

  return {
    name,
    wake: (key, afterMilliseconds = settleMilliseconds) => queue.addAfter(formatKey(key), afterMilliseconds),
    run: (signal) => queue.run((text) => pass(text, signal), concurrency, signal),
    counts: () => queue.counts(),
  };
}

function retry(queue: WorkQueue, text: string, { kind, againAfterMilliseconds }: Failure): void {
  if (kind === "waiting") queue.forget(text);
  // That a server says when to ask again makes it no less of a failure: what lasts is told.
  if (againAfterMilliseconds === undefined || kind === "transient") queue.addFailed(text, againAfterMilliseconds);
  else queue.addAfter(text, againAfterMilliseconds);
}

/** The key of the changed object itself. */
export function ownKey({ object }: CacheChange): ObjectKey {
  return { namespace: object.metadata.namespace ?? "", name: object.metadata.name };
}

/** Names of Kubernetes hold no slash. */
function formatKey({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

function parseKey(text: string): ObjectKey {
  const slash = text.indexOf("/");
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}
