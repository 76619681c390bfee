import { deliver, type DeliveryResult, type DeliveryTools, type NotificationTarget } from "./deliver.ts";
import type { Notification } from "./notification.ts";

/** Takes notifications and returns at once: who reconciles never waits for a receiver. */
export interface Outbox {
  /**
   * `dropped`: the receiver's queue is full, or it is in a pause after a failure. What is not confirmed by `onResult` as sent is to be posted again at a later look: at least once, and
   * once only while all goes well. A key that is on its way already is not taken twice.
   */
  post(target: NotificationTarget, notification: Notification): "queued" | "under-way" | "dropped";
  /** Resolves when nothing is queued or on its way. */
  idle(): Promise<void>;
}

export interface OutboxOptions extends DeliveryTools {
  readonly signal: AbortSignal;
  /** After each delivery; the caller keeps the keys of what was sent. */
  readonly onResult: (target: NotificationTarget, notification: Notification, result: DeliveryResult) => void;
  /** A fault of our own; the receiver's queue goes on with the next that is posted. */
  readonly onFault: (error: unknown) => void;
}

const queueLimit = 1000;
const firstPauseMilliseconds = 60_000;
const longestPauseMilliseconds = 15 * 60_000;

interface Receiver {
  readonly queue: { readonly target: NotificationTarget; readonly notification: Notification }[];
  readonly keys: Set<string>;
  working: Promise<void> | undefined;
  failures: number;
  pausedUntil: number;
}

/** One queue a receiver, so that a dead one holds up no other; it gets a pause after each failure, from a minute up to fifteen. */
export function outbox(options: OutboxOptions): Outbox {
  const { clock, signal, onResult, onFault } = options;
  const receivers = new Map<string, Receiver>();

  const work = async (receiver: Receiver): Promise<void> => {
    for (let next = receiver.queue.shift(); next !== undefined; next = receiver.queue.shift()) {
      const { target, notification } = next;
      const result = await deliver(target, notification, options, signal);
      receiver.keys.delete(notification.dedupeKey);
      receiver.failures = result.kind === "sent" ? 0 : receiver.failures + 1;
      onResult(target, notification, result);
      if (result.kind === "sent") continue;
      // The rest would fail too, each after five tries; whoever posted it does so again.
      receiver.pausedUntil =
        clock.now() + Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** Math.min(receiver.failures - 1, 10));
      receiver.queue.length = 0;
      receiver.keys.clear();
    }
  };
  const start = (receiver: Receiver): void => {
    receiver.working ??= work(receiver)
      .catch((error: unknown) => {
        if (!signal.aborted) onFault(error);
      })
      .finally(() => (receiver.working = undefined));
  };

  return {
    post: (target, notification) => {
      const receiver = receivers.get(target.name) ?? { queue: [], keys: new Set(), working: undefined, failures: 0, pausedUntil: 0 };
      receivers.set(target.name, receiver);
      if (receiver.keys.has(notification.dedupeKey)) return "under-way";
      if (signal.aborted || receiver.queue.length >= queueLimit || clock.now() < receiver.pausedUntil) return "dropped";
      receiver.keys.add(notification.dedupeKey);
      receiver.queue.push({ target, notification });
      start(receiver);
      return "queued";
    },
    idle: async () => {
      const busy = (): readonly Promise<void>[] => [...receivers.values()].flatMap(({ working }) => working ?? []);
      while (busy().length > 0) await Promise.all(busy());
    },
  };
}
