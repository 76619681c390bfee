import type { Clock } from "../../clock.ts";
import { ConnectionError } from "../../kubernetes/errors.ts";
import type { ObjectStream } from "../../kubernetes/client.ts";
import type { WatchEvent, WatchSubscription } from "../api/api-request.ts";

/** What a network does to one watch. Without any of it, every event arrives at once. */
export interface StreamFaults {
  /** From the server's sending to the client's seeing, in milliseconds; in order. */
  readonly lagMilliseconds?: number;
  /** After this long the connection is lost, with what was under way. */
  readonly cutAfterMilliseconds?: number;
  /** After this long nothing comes any more, and nobody says so. */
  readonly silentAfterMilliseconds?: number;
  /** Every so many-th event comes twice. */
  readonly repeatEvery?: number;
}

interface StreamOptions extends StreamFaults {
  readonly label: string;
  readonly clock: Clock;
  /** Without an event for this long, the client gives up. */
  readonly idleMilliseconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** A watch as a connection would bring it, in the sandbox's time: the events themselves, whose objects are frozen as they are stored. */
export function streamOf(watch: WatchSubscription, options: StreamOptions): ObjectStream {
  const { clock, label, lagMilliseconds = 0, signal } = options;
  const arrived: WatchEvent[] = [];
  let failure: Error | undefined;
  let ended = false;
  let heardAt = clock.now();
  let sent = 0;
  let silent = false;
  const over = new AbortController();
  let wake = (): void => undefined;

  const finish = (error?: Error): void => {
    if (ended) return;
    ended = true;
    failure = error;
    close();
    over.abort(streamOver);
    signal?.removeEventListener("abort", aborted);
    wake();
  };
  const arrive = (event: WatchEvent, times: number): void => {
    if (ended || silent) return;
    heardAt = clock.now();
    for (let time = 0; time < times; time += 1) arrived.push(event);
    wake();
  };
  const underWay: { readonly at: number; readonly arrival: () => void }[] = [];
  /** What is sent arrives in the order of sending, each after the same time. */
  const send = (arrival: () => void): void => {
    if (lagMilliseconds === 0) arrival();
    else if (underWay.push({ at: clock.now() + lagMilliseconds, arrival }) === 1) later(lagMilliseconds, deliver);
  };
  const deliver = (): void => {
    while (underWay.length > 0 && underWay[0]!.at <= clock.now()) underWay.shift()!.arrival();
    if (underWay.length > 0) later(underWay[0]!.at - clock.now(), deliver);
  };
  const later = (milliseconds: number, task: () => void): void => {
    clock.sleep(milliseconds, over.signal).then(task, () => undefined);
  };
  const aborted = (): void => finish(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
  signal?.addEventListener("abort", aborted, { once: true });

  const close = watch.open(
    (event) => {
      sent += 1;
      const times = options.repeatEvery !== undefined && sent % options.repeatEvery === 0 ? 2 : 1;
      send(() => arrive(event, times));
    },
    () => send(() => finish()),
  );
  if (options.cutAfterMilliseconds !== undefined) {
    later(options.cutAfterMilliseconds, () => finish(new ConnectionError("reset", `${label}: the connection was lost (ECONNRESET).`)));
  }
  if (options.silentAfterMilliseconds !== undefined) later(options.silentAfterMilliseconds, () => (silent = true));
  const checkIdle = (): void => {
    const left = heardAt + options.idleMilliseconds - clock.now();
    if (left > 0) later(left, checkIdle);
    else finish(new ConnectionError("timeout", `${label}: nothing came for ${options.idleMilliseconds / 1000} s.`));
  };
  later(options.idleMilliseconds, checkIdle);

  async function* events(): AsyncGenerator<WatchEvent> {
    for (;;) {
      while (arrived.length > 0) yield arrived.shift()!;
      if (failure !== undefined) throw failure;
      if (ended) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  return {
    status: 200,
    text: () => Promise.reject(new Error("a watch has no end to wait for")),
    objects: events,
    destroy: () => finish(),
  };
}

/** Nobody sees it; as an error that is there already it costs no stack. */
const streamOver = new Error("the stream is over");
