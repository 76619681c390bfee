import type { Clock } from "../clock.ts";
import type { Refusal } from "../refusal.ts";
import type { ClusterSnapshot, ObjectReference } from "../upgrade/cluster-snapshot.ts";
import { sameObject } from "../upgrade/cluster-words.ts";
import { decide, type Action, type DecideInput, type DecideMemory, type Decision } from "../upgrade/decide.ts";
import type { UpgradeRequest } from "../upgrade/upgrade-types.ts";
import type { ChangeWriter, WriteOutcome } from "./change-writer.ts";
import { declarationsOf } from "./declarations.ts";

/** A cluster that is being watched: a fresh snapshot on demand, and a way to wait until something changed. */
export interface ObservedCluster {
  snapshot(signal?: AbortSignal): Promise<ClusterSnapshot>;
  /** The same, and nothing in it is older than the question. */
  freshSnapshot(signal?: AbortSignal): Promise<ClusterSnapshot>;
  /** Resolves when something changed since the last snapshot, after `milliseconds` at the latest; rejects when `signal` aborts. */
  changed(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export interface UpgradeRunOptions {
  readonly cluster: ObservedCluster;
  readonly request: UpgradeRequest;
  readonly writer: ChangeWriter;
  /** False: make the first write that is due, and return. */
  readonly wait: boolean;
  readonly clock: Clock;
  /** Aborting detaches: nothing is undone, and the same command finds its way back. */
  readonly signal?: AbortSignal;
  /** Give up waiting after this long, in seconds. */
  readonly timeoutSeconds: number;
  /** Machine templates that earlier runs replaced; asked for at the end, where the request wants old templates out. */
  readonly formerTemplates?: (snapshot: ClusterSnapshot) => Promise<readonly ObjectReference[]>;
  readonly onDecision?: (decision: Decision, snapshot: ClusterSnapshot) => void;
  readonly onWritten?: (outcome: WriteOutcome, action: Action) => void;
}

export type UpgradeResult =
  | { readonly kind: "proven" | "contradicted" | "timed-out"; readonly decision: Decision }
  /** Somebody asked to stop watching; `decision` is undefined when nothing had been seen yet. */
  | { readonly kind: "detached"; readonly decision: Decision | undefined }
  /** Without waiting: the step is written; the rest of the upgrade is up to the next run. */
  | { readonly kind: "written"; readonly decision: Decision; readonly action: Action; readonly outcome: WriteOutcome }
  /** Without waiting: nothing is due now; what is under way is in the decision. */
  | { readonly kind: "under-way"; readonly decision: Decision }
  | { readonly kind: "refused"; readonly refusals: readonly Refusal[]; readonly decision: Decision | undefined };

/** A snapshot is taken at least this often, whatever the watches say. */
const longestWaitMilliseconds = 15_000;

/**
 * Observe, decide, execute, until the upgrade is proven or stopped with a named reason. Keeps nothing that it could not lose: run again after
 * a crash it makes the same decisions from what it then observes.
 */
export async function runUpgrade(options: UpgradeRunOptions): Promise<UpgradeResult> {
  const { cluster, request, writer, clock, signal } = options;
  const deadline = clock.now() + options.timeoutSeconds * 1000;
  let memory: DecideMemory | undefined;
  let decision: Decision | undefined;
  /** What earlier runs left, once this run has done about it what it can. */
  const dealtWith: ObjectReference[] = [];

  /** What earlier runs left is looked for only when all else is done. */
  async function judge(input: DecideInput): Promise<Decision> {
    const found = decide(input);
    const { phase } = found.status;
    if (request.retireOldTemplates !== true || (phase !== "holding" && phase !== "proven")) return found;
    const former = (await options.formerTemplates?.(input.snapshot)) ?? [];
    const left = former.filter((template) => !dealtWith.some((other) => sameObject(other, template)));
    return left.length === 0 ? found : decide({ ...input, formerTemplates: left });
  }

  /** Undefined when the signal aborted. */
  async function consider(fresh: boolean): Promise<Considered | undefined> {
    const notBefore = fresh ? clock.now() : 0;
    const snapshot = await look((one) => (fresh ? cluster.freshSnapshot(one) : cluster.snapshot(one)), signal);
    if (snapshot === undefined) return undefined;
    const declared = await declarationsOf(writer, snapshot, { notBefore });
    if (declared.kind === "refused") return { kind: "refused", refusal: declared.refusal };
    const { declarations: found } = declared;
    const judged = await judge({ snapshot, request, declarations: found, previous: memory, now: clock.now() });
    return { kind: "decided", snapshot, decision: judged };
  }

  for (;;) {
    let considered = await consider(false);
    // What is written, and what ends the upgrade, does not rest on watches, of which one may lag behind another, nor on what Git was a moment ago.
    if (considered?.kind === "refused" || (considered !== undefined && isConsequential(considered.decision)))
      considered = await consider(true);
    if (considered === undefined) return { kind: "detached", decision };
    if (considered.kind === "refused") return { kind: "refused", refusals: [considered.refusal], decision };
    decision = considered.decision;
    const replaced = memory?.replacedTemplates ?? [];
    memory = decision.memory;
    options.onDecision?.(decision, considered.snapshot);

    const ended = endOf(decision);
    if (ended !== undefined) return ended;
    for (const action of decision.actions) {
      const former = action.kind === "retire-template" && !replaced.some((own) => sameObject(own, action.template));
      if (former) dealtWith.push(action.template);
      const stopped = await execute(action, decision, options, former);
      if (stopped !== undefined) return stopped;
    }
    if (!options.wait) return { kind: "under-way", decision };

    const now = clock.now();
    if (now >= deadline) return { kind: "timed-out", decision };
    const lookAgain = decision.lookAgainAt === undefined ? longestWaitMilliseconds : Math.max(0, decision.lookAgainAt - now);
    try {
      await cluster.changed(Math.min(lookAgain, longestWaitMilliseconds, deadline - now), signal);
    } catch (error) {
      if (signal?.aborted) return { kind: "detached", decision };
      throw error;
    }
  }
}

type Considered =
  | { readonly kind: "decided"; readonly snapshot: ClusterSnapshot; readonly decision: Decision }
  | { readonly kind: "refused"; readonly refusal: Refusal };

function isConsequential(decision: Decision): boolean {
  return decision.actions.length > 0 || endOf(decision) !== undefined;
}

/** Undefined when the signal aborted. */
async function look(take: ObservedCluster["snapshot"], signal: AbortSignal | undefined): Promise<ClusterSnapshot | undefined> {
  try {
    return await take(signal);
  } catch (error) {
    if (signal?.aborted === true) return undefined;
    throw error;
  }
}

function endOf(decision: Decision): UpgradeResult | undefined {
  const { phase, refusals } = decision.status;
  switch (phase) {
    case "proven":
    case "contradicted":
    case "timed-out":
      return { kind: phase, decision };
    case "refused":
      return { kind: "refused", refusals, decision };
    default:
      return undefined;
  }
}

/** That what an earlier run left cannot be taken out (`former`) is told, and takes nothing from what is proven. */
async function execute(
  action: Action,
  decision: Decision,
  options: UpgradeRunOptions,
  former: boolean,
): Promise<UpgradeResult | undefined> {
  const { writer } = options;
  const outcome = action.kind === "write" ? await writer.write(action.step) : await writer.retire(action.template);
  options.onWritten?.(outcome, action);
  if (outcome.kind === "refused") return former ? undefined : { kind: "refused", refusals: [outcome.refusal], decision };
  return options.wait ? undefined : { kind: "written", decision, action, outcome };
}
