import type { Clock } from "../../clock.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { ApiError, ConnectionError } from "../../kubernetes/errors.ts";
import type { ApiResource, KubernetesObject } from "../../kubernetes/resource.ts";

export interface LeaderElectionOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  /** 0 ≤ x < 1, so that contenders do not ask all at the same time. */
  readonly random: () => number;
  readonly namespace: string;
  /** The Lease. One for each shard. */
  readonly name: string;
  /** Of the Lease; null: it has none of that name, whoever had it before. */
  readonly annotations?: Readonly<Record<string, string | null>>;
  /** Names this process and no other, not even its former life. */
  readonly identity: string;
  /** How long others let a silent leader be, in seconds. Default 15. */
  readonly leaseSeconds?: number;
  /** A leader that could not renew for so long stops leading, in seconds. Default 10: less than the lease, so that it stops before another begins. */
  readonly renewSeconds?: number;
  /** Between two tries, in seconds. Default 2. */
  readonly retrySeconds?: number;
  /** Told each failure that is survived. */
  readonly onError?: (error: unknown) => void;
  /** Told each time that the server answered. */
  readonly onAnswer?: () => void;
  /** Told whom the lease belongs to, whenever that changes. */
  readonly onLeader?: (identity: string) => void;
}

/** What a leader works by. */
export interface Leadership {
  /** Aborted when leading is over: with LeaseLostError, or with the reason of whoever asked to stop. */
  readonly signal: AbortSignal;
  /** False once nobody may rely any more on this process being the only one: asked before each write, because a process that was suspended finds out late. */
  isCertain(): boolean;
}

/** Another process may lead by now. Nothing more may be written; the process ends, and begins anew as a contender. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}

export const leases: ApiResource = { group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease", namespaced: true };

/** A process that ends does not wait longer for a server that does not answer. */
const releaseSeconds = 5;

const shortestTrySeconds = 0.1;

/** client-go's JitterFactor. */
const jitter = 1.2;

interface LeaseSpec {
  readonly holderIdentity?: string | undefined;
  readonly leaseDurationSeconds?: number | undefined;
  readonly acquireTime?: string | undefined;
  readonly renewTime?: string | undefined;
  readonly leaseTransitions?: number | undefined;
}

/**
 * Waits until this process leads, leads, and gives the lease back once `lead` has ended. The lease is renewed until then, also after `stop` was aborted: work that is being finished is
 * still protected. Resolves with what `lead` gives, or with undefined when stopped before it led; rejects with LeaseLostError, at once, whatever `lead` is at. As client-go's
 * leaderelection: every write is optimistic by resourceVersion, and only this machine's clock is looked at, for how long nobody has renewed.
 */
export async function leadWhenElected<T>(
  options: LeaderElectionOptions,
  lead: (leadership: Leadership) => Promise<T>,
  stop: AbortSignal,
): Promise<T | undefined> {
  const { clock, random } = options;
  const { leaseSeconds = 15, renewSeconds = 10, retrySeconds = 2 } = options;
  const lease = leaseRecord(options, leaseSeconds);

  while (!(await lease.tryOnce(stop, renewSeconds / 2))) {
    if (stop.aborted) return undefined;
    await clock.sleep(retrySeconds * 1000 * (1 + jitter * random()), stop).catch(() => undefined);
    if (stop.aborted) return undefined;
  }

  const leading = new AbortController();
  const onStop = (): void => leading.abort(stop.reason);
  stop.addEventListener("abort", onStop, { once: true });
  if (stop.aborted) onStop();
  const over = new AbortController();

  /** Rejects when the lease is lost, resolves when leading is over. */
  async function keepRenewing(): Promise<void> {
    for (;;) {
      await clock.sleep(retrySeconds * 1000, over.signal).catch(() => undefined);
      if (over.signal.aborted) return;
      const left = lease.heldFor(renewSeconds);
      // No answer would come in so short a time.
      if (left < shortestTrySeconds) throw lostTo(lease.holder(), options, renewSeconds);
      if (await lease.tryOnce(over.signal, Math.min(renewSeconds / 2, left))) continue;
      // Read anew: the end may have come while the server was being asked.
      if ((over.signal as { readonly aborted: boolean }).aborted) return;
      if (lease.heldFor(renewSeconds) > 0 && lease.holder() === options.identity) continue;
      throw lostTo(lease.holder(), options, renewSeconds);
    }
  }

  const renewing = keepRenewing();
  const work = lead({ signal: leading.signal, isCertain: () => lease.heldFor(leaseSeconds) > 0 });
  work.catch(() => undefined);
  try {
    const result = await Promise.race([work, renewing.then(() => work)]);
    over.abort();
    await renewing.catch(() => undefined);
    await lease.release();
    return result;
  } catch (error) {
    over.abort();
    leading.abort(error);
    await renewing.catch(() => undefined);
    if (!(error instanceof LeaseLostError)) await lease.release();
    throw error;
  } finally {
    stop.removeEventListener("abort", onStop);
  }
}

function lostTo(holder: string, { name, namespace, identity }: LeaderElectionOptions, renewSeconds: number): LeaseLostError {
  const seen =
    holder === identity || holder === ""
      ? `could not be renewed for ${renewSeconds} s`
      : `is held by ${holder} now, and this process is ${identity}`;
  return new LeaseLostError(
    `Lease ${namespace}/${name} ${seen}: another process may lead, so this one stops. It begins anew as a contender; look at the API server's health when this happens often.`,
  );
}

interface LeaseRecord {
  /** Acquires or renews. False: somebody else has it, or the server did not say yes within `seconds`. Never rejects. */
  tryOnce(signal: AbortSignal, seconds: number): Promise<boolean>;
  /** Seconds of `total` that are left since this process last asked for a renewal that was granted. */
  heldFor(total: number): number;
  holder(): string;
  /** Lets others have it at once. Never rejects. */
  release(): Promise<void>;
}

function leaseRecord(options: LeaderElectionOptions, leaseSeconds: number): LeaseRecord {
  const { client, clock, namespace, name, identity, annotations = {} } = options;
  /** The lease as it was seen last, and since when it has been so, by this machine's clock. */
  let seen: { readonly version: string; readonly spec: LeaseSpec; readonly since: number } | undefined;
  let renewedAt = Number.NEGATIVE_INFINITY;

  function look(object: KubernetesObject): LeaseSpec {
    const spec = (object["spec"] ?? {}) as LeaseSpec;
    const version = object.metadata.resourceVersion ?? "";
    if (seen?.version === version) return spec;
    if (seen?.spec.holderIdentity !== spec.holderIdentity) options.onLeader?.(spec.holderIdentity ?? "");
    seen = { version, spec, since: clock.now() };
    return spec;
  }

  async function acquireOrRenew(signal: AbortSignal): Promise<boolean> {
    const askedAt = clock.now();
    const time = microTime(askedAt);
    let live: KubernetesObject;
    try {
      live = await client.get(leases, name, namespace, signal);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
      const spec = {
        holderIdentity: identity,
        leaseDurationSeconds: leaseSeconds,
        acquireTime: time,
        renewTime: time,
        leaseTransitions: 0,
      };
      look(
        await client.create(
          leases,
          {
            apiVersion: "coordination.k8s.io/v1",
            kind: "Lease",
            metadata: { name, namespace, annotations: withoutNull(annotations) },
            spec,
          },
          { signal },
        ),
      );
      renewedAt = askedAt;
      return true;
    }
    const spec = look(live);
    const holder = spec.holderIdentity ?? "";
    const mine = holder === identity;
    const lasts = (spec.leaseDurationSeconds ?? leaseSeconds) * 1000;
    if (!mine && holder !== "" && clock.now() < (seen?.since ?? clock.now()) + lasts) return false;
    const patch: LeaseSpec = {
      holderIdentity: identity,
      leaseDurationSeconds: leaseSeconds,
      renewTime: time,
      ...(mine ? {} : { acquireTime: time, leaseTransitions: (spec.leaseTransitions ?? 0) + 1 }),
    };
    const { resourceVersion } = live.metadata;
    look(await client.mergePatch(leases, name, { metadata: { resourceVersion, annotations }, spec: patch }, { namespace, signal }));
    renewedAt = askedAt;
    return true;
  }

  async function within<R>(seconds: number, task: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const limit = new AbortController();
    const done = new AbortController();
    clock.sleep(seconds * 1000, done.signal).then(
      () =>
        limit.abort(
          new ConnectionError("timeout", `the API server took more than ${seconds.toFixed(1)} s over Lease ${namespace}/${name}`),
        ),
      () => undefined,
    );
    try {
      return await task(limit.signal);
    } finally {
      done.abort();
    }
  }

  return {
    async tryOnce(signal, seconds) {
      try {
        const granted = await within(seconds, (limit) => acquireOrRenew(AbortSignal.any([signal, limit])));
        options.onAnswer?.();
        return granted;
      } catch (error) {
        if (!signal.aborted) options.onError?.(error);
        return false;
      }
    },
    heldFor: (total) => Math.max(0, total - (clock.now() - renewedAt) / 1000),
    holder: () => seen?.spec.holderIdentity ?? "",
    async release() {
      if (seen === undefined || seen.spec.holderIdentity !== identity) return;
      const { version: resourceVersion, spec: held } = seen;
      const spec: Record<keyof LeaseSpec, unknown> = {
        holderIdentity: "",
        leaseDurationSeconds: 1,
        acquireTime: microTime(clock.now()),
        renewTime: microTime(clock.now()),
        leaseTransitions: held.leaseTransitions ?? 0,
      };
      try {
        await within(releaseSeconds, (signal) =>
          client.mergePatch(leases, name, { metadata: { resourceVersion }, spec }, { namespace, signal }),
        );
      } catch (error) {
        // It runs out by itself.
        options.onError?.(error);
      }
    },
  };
}

function withoutNull(annotations: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
}

/** As Kubernetes' MicroTime is written. */
function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("Z", "000Z");
}
