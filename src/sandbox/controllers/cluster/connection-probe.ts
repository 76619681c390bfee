import { timestamp } from "../../api/objects.ts";
import type { ConditionState } from "../../conditions/condition.ts";
import { namespacedName } from "../../store/remembered-texts.ts";
import type { ObjectKey } from "../controller-runtime.ts";

/** `--remote-connection-grace-period`, default of v1.14. */
const graceMilliseconds = 50_000;
/** Five attempts, 30 s apart, before a first connection counts as failed. */
const firstAttemptsMilliseconds = 120_000;

/** How the connection to one workload cluster has been. */
export interface ConnectionProbe {
  /** Undefined: as it was before. */
  readonly state: ConditionState | undefined;
  /** When it will be another one, if nothing happens. */
  readonly changesInMilliseconds?: number;
}

interface Connection {
  /** When somebody first tried. */
  readonly since: number;
  /** The last time it was seen to work; undefined: never. */
  readonly succeededAt: number | undefined;
  /** Since when it is seen not to work any more. */
  readonly lostAt: number | undefined;
}

/**
 * Cluster API probes each cluster every 10 s. Here the state is only looked at when something else wakes the controller: a fault that takes an API server away wakes it too
 * (`runtime.wake("cluster", key)`), or the next change of the control plane does.
 */
export interface ConnectionProbes {
  probe(
    key: ObjectKey,
    found: { readonly isReachable: boolean; readonly isTried: boolean; readonly isKnown: boolean; readonly now: number },
  ): ConnectionProbe;
  forget(key: ObjectKey): void;
}

const type = "RemoteConnectionProbe";

export function createConnectionProbes(): ConnectionProbes {
  const connections = new Map<string, Connection>();
  const textOf = ({ namespace, name }: ObjectKey): string => namespacedName(namespace, name);
  const notYet: ConditionState = { type, status: "False", reason: "ProbeFailed", message: "Remote connection not established yet" };

  return {
    forget: (key) => void connections.delete(textOf(key)),
    probe(key, { isReachable, isTried, isKnown, now }) {
      const known = connections.get(textOf(key));
      if (isReachable) {
        connections.set(textOf(key), { since: known?.since ?? now, succeededAt: now, lostAt: undefined });
        return { state: { type, status: "True", reason: "ProbeSucceeded" } };
      }
      const connection: Connection = { since: known?.since ?? now, succeededAt: known?.succeededAt, lostAt: known?.lostAt ?? now };
      if (isTried) connections.set(textOf(key), connection);
      if (connection.succeededAt === undefined) {
        const left = connection.since + firstAttemptsMilliseconds - now;
        if (isTried && left <= 0) return { state: { ...notYet, message: "Remote connection probe failed" } };
        return { state: isKnown ? undefined : notYet, ...(isTried ? { changesInMilliseconds: left } : {}) };
      }
      // It worked until somebody noticed that it does not.
      const lostAt = connection.lostAt ?? now;
      const left = lostAt + graceMilliseconds - now;
      if (left >= 0) return { state: { type, status: "True", reason: "ProbeSucceeded" }, changesInMilliseconds: left + 1 };
      const message = `Remote connection probe failed, probe last succeeded at ${timestamp(lostAt)}`;
      return { state: { type, status: "False", reason: "ProbeFailed", message } };
    },
  };
}
