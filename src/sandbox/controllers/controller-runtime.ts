import { ApiStatusError } from "../api/api-status-error.ts";
import type { Objects } from "../api/objects.ts";
import type { Random } from "../engine/random.ts";
import type { Timeline } from "../engine/timeline.ts";
import type { StoreEvent, TypeKey } from "../store/object-store.ts";
import { namespacedName } from "../store/remembered-texts.ts";

export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

export interface Controller {
  /** As the real one is named, e.g. `kubeadmcontrolplane`. */
  readonly name: string;
  /** Which keys an event of that type wakes. The types that are watched are the keys of this. */
  readonly watches: Readonly<Record<TypeKey, (event: StoreEvent) => readonly ObjectKey[]>>;
  /** Least time from the start of one pass over a key to the next, in milliseconds: Cluster API's controllers keep one second (gate ReconcilerRateLimiting, on by default). Default 0. */
  readonly intervalMilliseconds?: number;
  /** How long a pass of the real one takes until it writes, in milliseconds, where that decides who is first. Default 0. */
  readonly passMilliseconds?: number;
  /** One pass over one object, which may be gone. Synchronous, idempotent. Gives when to look again although nothing happens: milliseconds from now. */
  reconcile(key: ObjectKey): { readonly requeueAfterMilliseconds?: number } | void;
}

export interface ControllerRuntimeOptions {
  readonly objects: Objects;
  readonly timeline: Timeline;
  readonly random: Random;
  /** From an event to the pass that it wakes, in milliseconds; drawn for each. Default 1 to 20: informers and work queues of a management cluster that is not busy. */
  readonly latencyMilliseconds?: { readonly from: number; readonly to: number };
  /** Until a controller that starts looks at what is there already, in milliseconds more than an event takes; then at one object after the other. Default 0: at all of them at once. */
  readonly startMilliseconds?: number;
  /** Told of each pass that failed: its error is also tried again, after 5 ms × 2ⁿ, at most 1000 s (controller-runtime's default rate limiter). */
  readonly onError?: (controller: string, key: ObjectKey, error: Error) => void;
}

export interface ControllerRuntime {
  add(controller: Controller): void;
  /** Of the controllers that were added. */
  names(): readonly string[];
  /** Passes made so far. */
  passes(): number;
  /** A controller stops, and starts again with all its objects: what is woken meanwhile is lost, as with a process that is down. */
  stop(controller: string): void;
  start(controller: string): void;
  /** Wakes a controller for a key, e.g. because something outside of this store changed. */
  wake(controller: string, key: ObjectKey, afterMilliseconds?: number): void;
}

interface Running {
  readonly controller: Controller;
  readonly random: Random;
  /** Due passes by key; a key waits only once. */
  readonly due: Map<string, { readonly at: number; readonly cancel: () => void }>;
  readonly failures: Map<string, number>;
  /** When the last pass over a key began; only where there is an interval to keep. */
  readonly begun: Map<string, number>;
  /** At this size of `begun`, those that no longer matter are forgotten. */
  begunLimit: number;
  stopped: boolean;
}

interface Watching {
  readonly each: Running;
  readonly keys: Controller["watches"][TypeKey];
}

/** A fleet of a thousand clusters is looked at within a few minutes of such a start, beside which there is time for everybody who asks. */
const betweenObjectsMilliseconds = 5;

/** Work queues over a timeline: an event wakes keys, each key waits only once, a pass that fails is tried again with growing pauses. */
export function createControllerRuntime(options: ControllerRuntimeOptions): ControllerRuntime {
  const { objects, timeline } = options;
  const { from, to } = options.latencyMilliseconds ?? { from: 1, to: 20 };
  const start = options.startMilliseconds ?? 0;
  const running = new Map<string, Running>();
  const byType = new Map<TypeKey, Watching[]>();
  let passes = 0;

  objects.store.subscribe((event) => {
    const watching = byType.get(event.type);
    if (watching === undefined) return;
    for (const { each, keys } of watching) {
      if (each.stopped) continue;
      for (const key of keys(event)) enqueue(each, key, latency(each));
    }
  });

  function latency({ controller, random }: Running): number {
    return from + random.next() * (to - from) + (controller.passMilliseconds ?? 0);
  }

  function enqueue(each: Running, key: ObjectKey, afterMilliseconds: number): void {
    const text = namespacedName(key.namespace, key.name);
    const at = Math.max(timeline.now() + afterMilliseconds, nextAllowed(each, text));
    const waiting = each.due.get(text);
    if (waiting !== undefined) {
      if (waiting.at <= at) return;
      waiting.cancel();
    }
    each.due.set(text, { at, cancel: timeline.at(at, () => pass(each, key, text)) });
  }

  function nextAllowed({ begun, controller }: Running, text: string): number {
    const last = begun.get(text);
    return last === undefined ? 0 : last + (controller.intervalMilliseconds ?? 0);
  }

  function noteBegun(each: Running, text: string): void {
    const { intervalMilliseconds = 0 } = each.controller;
    if (intervalMilliseconds === 0) return;
    each.begun.set(text, timeline.now());
    if (each.begun.size < each.begunLimit) return;
    for (const [key, at] of each.begun) if (at + intervalMilliseconds <= timeline.now()) each.begun.delete(key);
    each.begunLimit = Math.max(4096, 2 * each.begun.size);
  }

  function pass(each: Running, key: ObjectKey, text: string): void {
    each.due.delete(text);
    if (each.stopped) return;
    passes += 1;
    noteBegun(each, text);
    try {
      const result = each.controller.reconcile(key);
      each.failures.delete(text);
      if (result?.requeueAfterMilliseconds !== undefined) enqueue(each, key, result.requeueAfterMilliseconds);
    } catch (error) {
      // A refusal of the API server is part of the story; anything else is a mistake of the sandbox itself.
      if (!(error instanceof ApiStatusError) && !(error instanceof ReconcileError)) throw error;
      const failures = each.failures.get(text) ?? 0;
      each.failures.set(text, failures + 1);
      options.onError?.(each.controller.name, key, error);
      enqueue(each, key, Math.min(1_000_000, 5 * 2 ** failures));
    }
  }

  function wakeAll(each: Running): void {
    let objectsBefore = 0;
    for (const [type, keys] of Object.entries(each.controller.watches)) {
      for (const object of objects.store.list(type)) {
        const after = start === 0 ? 0 : start + objectsBefore * betweenObjectsMilliseconds;
        objectsBefore += 1;
        const event = { kind: "added", type, object, revision: objects.store.revision() } as const;
        for (const key of keys(event)) enqueue(each, key, after + latency(each));
      }
    }
  }

  return {
    add(controller) {
      const each: Running = {
        controller,
        random: options.random.fork(`controller/${controller.name}`),
        due: new Map(),
        failures: new Map(),
        begun: new Map(),
        begunLimit: 4096,
        stopped: false,
      };
      running.set(controller.name, each);
      for (const [type, keys] of Object.entries(controller.watches)) byType.set(type, [...(byType.get(type) ?? []), { each, keys }]);
      wakeAll(each);
    },
    names: () => [...running.keys()],
    passes: () => passes,
    stop(name) {
      const each = running.get(name);
      if (each === undefined) return;
      each.stopped = true;
      for (const { cancel } of each.due.values()) cancel();
      each.due.clear();
    },
    start(name) {
      const each = running.get(name);
      if (each === undefined || !each.stopped) return;
      each.stopped = false;
      wakeAll(each);
    },
    wake(name, key, afterMilliseconds = 0) {
      const each = running.get(name);
      if (each !== undefined && !each.stopped) enqueue(each, key, afterMilliseconds);
    },
  };
}

/** A pass that could not be finished, and is tried again: what a Go controller gives back as an error. */
export class ReconcileError extends Error {
  override readonly name = "ReconcileError";
}
