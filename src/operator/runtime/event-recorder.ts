import type { Clock } from "../../clock.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { ApiError } from "../../kubernetes/errors.ts";
import type { ApiResource, KubernetesObject } from "../../kubernetes/resource.ts";
import { WaitingError } from "./failure.ts";

/** What happened to an object, for `kubectl events`. */
export interface RecordedEvent {
  readonly type: "Normal" | "Warning";
  /** UpperCamelCase, at most 128 characters: `StepWritten`. */
  readonly reason: string;
  /** What was being done: `Upgrade`. */
  readonly action: string;
  /** For people; cut at 1 kB. No secrets. */
  readonly note: string;
}

export interface EventRecorder {
  /** Returns at once and never throws: that an event cannot be written hinders nothing. */
  record(about: KubernetesObject, event: RecordedEvent): void;
  /** Resolves once all that was recorded has been written or given up. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  /** Of names. 0 ≤ x < 1. */
  readonly random: () => number;
  /** Names this process: `metadata.name` of its pod. */
  readonly instance: string;
  readonly onError?: (error: unknown) => void;
  /** Told each event that was written. */
  readonly onWritten?: () => void;
}

const events: ApiResource = { group: "events.k8s.io", version: "v1", plural: "events", kind: "Event", namespaced: true };
const controller = "upgrades.clusterapi-gitops.io/operator";

/** The same thing within this time is one event that is counted, as client-go's recorder does. */
const seriesMilliseconds = 360_000;
/** A count is written at most this often. */
const countIntervalMilliseconds = 30_000;
/** Of one object, as client-go's spam filter: so many at once, and then one every five minutes. */
const burst = 25;
const refillMilliseconds = 300_000;
/** Of so many objects it is not looked whose allowance is whole again. */
const fewAllowances = 64;
/** Waiting to be written; what comes on top is dropped. Some 2 kB each. */
const longestQueue = 5_000;
/** Requests at a time: one after the other is slower than a large fleet tells of itself when all its upgrades begin. */
const writersAtMost = 4;
const longestNote = 1_024;

interface Series {
  readonly name: string;
  readonly namespace: string;
  count: number;
  lastAt: number;
  writtenAt: number;
  /** It waits to be written, or is being written: a count must not overtake its event. */
  pending: boolean;
}

/** Writes events of events.k8s.io/v1 a few at a time, beside the work. */
export function createEventRecorder({ client, clock, random, instance, onError, onWritten }: EventRecorderOptions): EventRecorder {
  /** What was recorded last is last. */
  const series = new Map<string, Series>();
  let manyAllowances = fewAllowances;
  const allowances = new Map<string, { left: number; at: number }>();
  const queue: (() => Promise<void>)[] = [];
  const writers = new Set<Promise<void>>();

  function record(about: KubernetesObject, { type, reason, action, note }: RecordedEvent): void {
    const now = clock.now();
    forgetOld(now);
    const { name, namespace = "default", uid } = about.metadata;
    const key = JSON.stringify([uid ?? `${about.kind}/${namespace}/${name}`, type, reason, action, note]);
    const known = series.get(key);
    if (known !== undefined) {
      known.count += 1;
      known.lastAt = now;
      series.delete(key);
      series.set(key, known);
      if (!known.pending && now - known.writtenAt >= countIntervalMilliseconds) enqueueCount(known);
      return;
    }
    if (!allowed(uid ?? `${namespace}/${name}`, now)) return;
    const event = {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: `${name.slice(0, 230)}.${suffix(random)}`, namespace },
      eventTime: microTime(now),
      reportingController: controller,
      reportingInstance: instance.slice(0, 128),
      type,
      reason,
      action,
      note: shortened(note),
      regarding: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name,
        ...(about.metadata.namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(about.metadata.resourceVersion === undefined ? {} : { resourceVersion: about.metadata.resourceVersion }),
      },
    };
    const entry: Series = { name: event.metadata.name, namespace, count: 1, lastAt: now, writtenAt: now, pending: true };
    series.set(key, entry);
    enqueue(async () => {
      try {
        await client.create(events, event);
      } finally {
        entry.pending = false;
      }
    });
  }

  function enqueueCount(entry: Series): void {
    entry.pending = true;
    enqueue(async () => {
      entry.writtenAt = clock.now();
      const patch = { series: { count: entry.count, lastObservedTime: microTime(entry.lastAt) } };
      try {
        await client.mergePatch(events, entry.name, patch, { namespace: entry.namespace });
      } finally {
        entry.pending = false;
      }
    });
  }

  function enqueue(task: () => Promise<void>): void {
    if (queue.length >= longestQueue) {
      onError?.(new WaitingError("EventsDropped", `more than ${longestQueue} events wait to be written: one was dropped`, 0));
      return;
    }
    queue.push(task);
    if (writers.size >= writersAtMost) return;
    const writer = writeAll().finally(() => writers.delete(writer));
    writers.add(writer);
  }

  async function writeAll(): Promise<void> {
    // What is recorded in this turn is written after it.
    await Promise.resolve();
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
      try {
        await task();
        onWritten?.();
      } catch (error) {
        // A namespace that goes away takes no events any more.
        if (!(error instanceof ApiError && error.reason === "NotFound")) onError?.(error);
      }
    }
  }

  function allowed(object: string, now: number): boolean {
    const allowance = allowances.get(object) ?? { left: burst, at: now };
    allowances.set(object, allowance);
    const refilled = Math.floor((now - allowance.at) / refillMilliseconds);
    if (refilled > 0) {
      allowance.left = Math.min(burst, allowance.left + refilled);
      allowance.at += refilled * refillMilliseconds;
    }
    if (allowance.left === 0) return false;
    allowance.left -= 1;
    return true;
  }

  function forgetOld(now: number): void {
    for (const [key, entry] of series) {
      if (now - entry.lastAt < seriesMilliseconds) break;
      series.delete(key);
      if (!entry.pending && entry.count > 1) enqueueCount(entry);
    }
    // Each event of a fleet that begins at once would go through those of all before it.
    if (allowances.size < manyAllowances) return;
    for (const [key, { left, at }] of allowances) if (left + (now - at) / refillMilliseconds >= burst) allowances.delete(key);
    manyAllowances = 2 * allowances.size + fewAllowances;
  }

  return {
    record(about, event) {
      try {
        record(about, event);
      } catch (error) {
        onError?.(error);
      }
    },
    async flush() {
      while (writers.size > 0) await Promise.all(writers);
    },
  };
}

/** Counted in bytes by the API server; cut between characters. */
function shortened(note: string): string {
  if (Buffer.byteLength(note) <= longestNote) return note;
  let text = note.slice(0, longestNote);
  while (Buffer.byteLength(text) > longestNote - 3) text = text.slice(0, -1);
  return `${text}…`;
}

/** 16 hexadecimal digits. */
function suffix(random: () => number): string {
  return [0, 0]
    .map(() =>
      Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, "0"),
    )
    .join("");
}

function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("Z", "000Z");
}
