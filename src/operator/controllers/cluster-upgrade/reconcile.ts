import { decideAttempt } from "../../../upgrade/attempt/decide-attempt.ts";
import { isEnd } from "../../../upgrade/attempt/attempt-phases.ts";
import type { AttemptDecision, AttemptInput } from "../../../upgrade/attempt/attempt-types.ts";
import type { ClusterSnapshot, WorkloadSnapshot } from "../../../upgrade/cluster-snapshot.ts";
import { managementReads } from "../../../cluster-api/management-reads.ts";
import { sameObject } from "../../../upgrade/cluster-words.ts";
import type { Pace } from "../../../upgrade/decision.ts";
import { openInTurn } from "../../../upgrade/policy/next-attempt.ts";
import { holdersInWords } from "../../../upgrade/policy/places.ts";
import { ApiError } from "../../../kubernetes/errors.ts";
import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import { readMemory } from "../../api/cluster-upgrade-memory.ts";
import { clusterUpgradeStatus, unreadableUpgradeStatus } from "../../api/cluster-upgrade-status.ts";
import type { ClusterUpgrade } from "../../api/generated/cluster-upgrade.gen.ts";
import { clusterUpgrades } from "../../api/kinds.ts";
import { readClusterUpgrade, type UpgradeObject } from "../../api/read-cluster-upgrade.ts";
import { formerTemplates } from "../../former-templates.ts";
import type { ObjectKey, ReconcileResult } from "../../runtime/controller.ts";
import { StalledError, WaitingError } from "../../runtime/failure.ts";
import type { OperatorContext } from "../operator-context.ts";
import type { StatusWriter } from "../write-status.ts";
import { clusterOf, knownAttempt, placeAnnotation, supersededAnnotation, type AttemptCache } from "./attempt-cache.ts";
import { openSession, type AttemptAccess, type AttemptSession } from "./attempt-session.ts";
import { execute } from "./execute.ts";
import { observe } from "./observe.ts";
import { isOwed, type People } from "./people.ts";
import { refusedByWriter } from "./refused-by-writer.ts";
import { isSettled } from "./settled.ts";

export interface ClusterUpgradeOptions {
  readonly context: OperatorContext;
  readonly attempts: AttemptCache;
  readonly status: StatusWriter;
  readonly people: People;
}

export interface ClusterUpgradeReconciler {
  reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult>;
  /** Of an attempt that was deleted. */
  forget(object: KubernetesObject): void;
  dispose(): Promise<void>;
}

/** A look at an attempt, and what is to be done about it. */
interface Considered {
  readonly object: KubernetesObject;
  readonly upgrade: UpgradeObject;
  readonly access: AttemptAccess;
  readonly decision: AttemptDecision;
}

/** After something was changed the next look is soon: its effect is to be seen. */
const afterChangeMilliseconds = 1_000;

const done: ReconcileResult = { kind: "done" };

export function clusterUpgradeReconciler({ context, attempts, status, people }: ClusterUpgradeOptions): ClusterUpgradeReconciler {
  const { client, clock, fleet } = context;
  /** By `namespace/name`; of another object of that name nothing is kept. */
  const sessions = new Map<string, { readonly uid: string; readonly session: AttemptSession }>();

  async function reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult> {
    const object = attempts.get(key);
    if (object === undefined || object.metadata["deletionTimestamp"] !== undefined) {
      await end(key);
      return done;
    }
    const read = readClusterUpgrade(object);
    if (read.kind === "refused") {
      await status.write(object, unreadableUpgradeStatus(read.refusals, apiObject(object), clock.now()));
      return done;
    }
    const upgrade = read.value;
    if (isSettled(object) && !isOwed(object, clock.now())) {
      forget(object);
      await end(key);
      return done;
    }
    const session = await sessionOf(key, upgrade);
    let found = await consider(object, session, false, signal);
    await context.onStep?.("decided");
    if (isConsequential(found.decision)) {
      found = await consider(await readAnew(object, signal), session, true, signal);
      await context.onStep?.("looked-anew");
    }
    return carryOut(found, session);
  }

  async function consider(object: KubernetesObject, session: AttemptSession, fresh: boolean, signal: AbortSignal): Promise<Considered> {
    const read = readClusterUpgrade(object);
    if (read.kind === "refused") throw new WaitingError("Changed", "The ClusterUpgrade has just been changed.", 0);
    const upgrade = read.value;
    const address = { namespace: upgrade.namespace, name: upgrade.clusterName };
    const notBefore = fresh ? clock.now() : 0;
    const workload = (): Promise<WorkloadSnapshot> =>
      fresh || session.memory?.decide?.begun === true
        ? session.readWorkload(true, signal)
        : Promise.resolve({ state: "not-read", message: "the workload cluster is looked into once the upgrade is under way" });
    const snapshot = await (fresh ? fleet.freshSnapshot(address, workload) : fleet.snapshot(address, workload));
    if (snapshot === undefined) throw await clusterGone(address, fresh);
    await context.onStep?.("observed");
    const access = await session.access(upgrade, snapshot);
    const around = {
      attemptBefore: attemptBefore(object, upgrade),
      place: placeOf(object, upgrade),
      lookingSince: context.lookingSince,
      supersededBy: object.metadata.annotations?.[supersededAnnotation],
      notBefore,
      images: context.imageCatalog(upgrade),
      now: () => clock.now(),
    };
    const input = await observe(upgrade, session, access, snapshot, around);
    session.review = input.review;
    const decision = await withFormerTemplates(input, decideAttempt(input), session);
    return { object, upgrade, access, decision };
  }

  /** What earlier upgrades left is looked for when all else is done, and taken out if that may be done now; it is no reason to wait. */
  async function withFormerTemplates(input: AttemptInput, decision: AttemptDecision, session: AttemptSession): Promise<AttemptDecision> {
    if (!input.settings.retireOldTemplates || decision.status.phase !== "proven" || input.previousAttempt?.ended !== undefined)
      return decision;
    const found = await formerTemplates(managementReads(client, context.discovery), input.snapshot, input.request.target);
    const left = found.filter((template) => !session.dealtWith.some((other) => sameObject(other, template)));
    if (left.length === 0) return decision;
    const retiring = decideAttempt({ ...input, formerTemplates: left });
    return retiring.actions.some(({ kind }) => kind === "retire-template") ? retiring : decision;
  }

  async function carryOut({ object, access, decision }: Considered, session: AttemptSession): Promise<ReconcileResult> {
    // What is about to be written is told first: whoever comes after a crash knows that this attempt may have begun.
    if (decision.actions.some(({ kind }) => kind === "write") && apiObject(object).status?.memory?.begun !== true) {
      await context.onStep?.("before-intent");
      await tell(object, decision, undefined, session);
      await context.onStep?.("after-intent");
    }
    const executed = await execute(context, access, decision.actions, session);
    const final =
      executed.refusal === undefined
        ? decision
        : refusedByWriter(decision, { refusal: executed.refusal, cluster: clusterOf(object), now: clock.now() });
    session.memory = final.memory;
    await context.onStep?.("before-status");
    const owedMilliseconds = await tell(object, final, executed.commit, session);
    await context.onStep?.("after-status");
    if (executed.changed && executed.refusal === undefined) return { kind: "look-again", at: clock.now() + afterChangeMilliseconds };
    const at = Math.min(final.lookAgainAt ?? Infinity, clock.now() + (owedMilliseconds ?? Infinity));
    return at === Infinity ? done : { kind: "look-again", at };
  }

  /** After how long people are to be told once more; undefined: they know all. */
  async function tell(
    object: KubernetesObject,
    decision: AttemptDecision,
    commit: string | undefined,
    session: AttemptSession,
  ): Promise<number | undefined> {
    const { notified, owedMilliseconds } = people.tell(object, decision);
    session.memory = decision.memory;
    await status.write(
      object,
      clusterUpgradeStatus({ decision, object: apiObject(object), step: { commit, review: session.review }, notified, now: clock.now() }),
    );
    return owedMilliseconds;
  }

  /** Of the cluster's last upgrade that was proven, and replaced machines. */
  function lastPace({ namespace, clusterName }: UpgradeObject): Pace | undefined {
    const proven = attempts
      .ofCluster({ namespace, name: clusterName })
      .map((attempt) => ({ attempt, ...knownAttempt(attempt) }))
      .filter(({ phase }) => phase === "proven")
      .sort((a, b) => (b.finishedAt ?? 0) - (a.finishedAt ?? 0));
    return proven.map(({ attempt }) => readMemory(attempt)?.decide?.pace).find((pace) => (pace?.finished.length ?? 0) > 0);
  }

  /** Only one attempt of a cluster writes; the others wait for its end. */
  function attemptBefore(object: KubernetesObject, { namespace, clusterName }: UpgradeObject): AttemptInput["attemptBefore"] {
    const [first] = openInTurn(attempts.ofCluster({ namespace, name: clusterName }).map(knownAttempt));
    return first === undefined || first.name === object.metadata.name ? undefined : { name: first.name, target: first.target };
  }

  function placeOf({ metadata }: KubernetesObject, { policyName }: UpgradeObject): AttemptInput["place"] {
    if (policyName === undefined) return undefined;
    const given = metadata.annotations?.[placeAnnotation];
    // Whoever has been given one asks no more who the others are.
    return { policyName, given, holders: given === undefined ? holdersInWords(attempts.withPlace(policyName)) : undefined };
  }

  async function readAnew(object: KubernetesObject, signal: AbortSignal): Promise<KubernetesObject> {
    const { name, namespace, uid } = object.metadata;
    const live = await client.get(clusterUpgrades, name, namespace, signal);
    if (live.metadata.uid !== uid)
      throw new ApiError(`GET ${name}`, 409, JSON.stringify({ reason: "Conflict", message: "it was made anew" }));
    return live;
  }

  /** Whether it is gone is not for a watch to tell. */
  async function clusterGone(address: { readonly namespace: string; readonly name: string }, fresh: boolean): Promise<Error> {
    const notRead = (): Promise<WorkloadSnapshot> => Promise.resolve({ state: "not-read", message: "" });
    const there: ClusterSnapshot | undefined = fresh ? undefined : await fleet.freshSnapshot(address, notRead);
    return there === undefined
      ? new StalledError(
          "ClusterNotFound",
          `There is no Cluster ${address.namespace}/${address.name}.`,
          "Delete this ClusterUpgrade, or make it anew in the namespace of its cluster.",
        )
      : new WaitingError("ClusterNotSeen", `Cluster ${address.namespace}/${address.name} is there, and not seen by the watch yet.`, 2_000);
  }

  async function sessionOf(key: ObjectKey, upgrade: UpgradeObject): Promise<AttemptSession> {
    const before = sessions.get(textOf(key));
    if (before?.uid === upgrade.uid) return before.session;
    await end(key);
    const session = openSession(context, upgrade, () => lastPace(upgrade));
    sessions.set(textOf(key), { uid: upgrade.uid, session });
    return session;
  }

  async function end(key: ObjectKey): Promise<void> {
    const ended = sessions.get(textOf(key));
    sessions.delete(textOf(key));
    await ended?.session.dispose();
  }

  function forget(object: KubernetesObject): void {
    people.forget(object);
    status.forget(object);
  }

  return {
    reconcile,
    forget,
    async dispose() {
      await Promise.all([...sessions.values()].map(({ session }) => session.dispose()));
      sessions.clear();
    },
  };
}

function textOf({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

/** What is written, and what ends an attempt, rests on a fresh look: of the watches one may lag behind another. */
function isConsequential({ actions, status }: AttemptDecision): boolean {
  return actions.length > 0 || isEnd(status.phase);
}

/** The API server holds it to its schema. */
function apiObject(object: KubernetesObject): ClusterUpgrade {
  return object as unknown as ClusterUpgrade;
}
