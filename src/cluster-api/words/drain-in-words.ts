import { durationInWords, oneLine } from "./word-rule.ts";

/**
 * What a Machine that is being drained says in its `Deleting` condition (Cluster API `core/reconcilers/machine/drain/drain.go`,
 * `EvictionResult.ConditionMessage`), as data.
 */
export interface DrainReport {
  readonly startedAt: number | undefined;
  readonly holdUps: readonly DrainHoldUp[];
}

export interface DrainHoldUp {
  readonly cause: "disruption-budget" | "several-disruption-budgets" | "terminating" | "to-completion" | "eviction-error";
  /** As listed, three at most: `default/web-1, default/web-2, ... (2 more)`. */
  readonly pods: string;
  readonly budget: string | undefined;
  /** What the API server or the controller said about it. */
  readonly detail: string;
}

const STARTED = /\(started at (?<at>[^)]+)\)/;
const POINT = /^\* Pods? (?<pods>.+?): (?<detail>(?:cannot evict|failed to evict|deletionTimestamp|waiting for completion).*)$/;
const BUDGET = /The disruption budget (?<budget>\S+) needs (?<needs>\d+) healthy pods and has (?<has>\d+) currently/;

export function readDrainMessage(message: string): DrainReport {
  const startedAt = Date.parse(STARTED.exec(message)?.groups?.["at"] ?? "");
  return {
    startedAt: Number.isNaN(startedAt) ? undefined : startedAt,
    holdUps: message.split("\n").flatMap((line) => {
      const { pods, detail } = POINT.exec(line.trim())?.groups ?? {};
      return pods === undefined || detail === undefined ? [] : [holdUp(pods, detail)];
    }),
  };
}

/** `PodDisruptionBudget default/web keeps default/web-1 (it needs 8 healthy pods and has 8)`. */
export function holdUpInWords(holdUp: DrainHoldUp): string {
  const { pods, budget } = holdUp;
  switch (holdUp.cause) {
    case "disruption-budget": {
      const { needs, has } = BUDGET.exec(holdUp.detail)?.groups ?? {};
      const numbers = needs === undefined || has === undefined ? "" : ` (it needs ${needs} healthy pods and has ${has})`;
      return `${budget === undefined ? "a PodDisruptionBudget" : `PodDisruptionBudget ${namespaceOf(pods)}/${budget}`} keeps ${pods}${numbers}`;
    }
    case "several-disruption-budgets":
      return `${pods} is covered by more than one PodDisruptionBudget, and such a pod cannot be evicted at all`;
    case "terminating":
      return `${pods} was told to stop and is still there`;
    case "to-completion":
      return `${pods} is left to finish its work`;
    case "eviction-error":
      break;
  }
  return `the API server does not evict ${pods}: ${oneLine(holdUp.detail)}`;
}

export function drainInWords(message: string, now: number): string {
  const { startedAt, holdUps } = readDrainMessage(message);
  const since = startedAt === undefined ? "" : ` for ${durationInWords(now - startedAt)}`;
  const why = holdUps.length === 0 ? "" : `: ${holdUps.map(holdUpInWords).join("; ")}`;
  return `its node has been draining${since}${why}`;
}

function holdUp(pods: string, detail: string): DrainHoldUp {
  const budget = BUDGET.exec(detail)?.groups?.["budget"];
  return { cause: causeOf(detail), pods, budget, detail };
}

function causeOf(detail: string): DrainHoldUp["cause"] {
  if (detail.startsWith("cannot evict pod as it would violate")) return "disruption-budget";
  if (detail.includes("more than one PodDisruptionBudget")) return "several-disruption-budgets";
  if (detail.startsWith("deletionTimestamp set")) return "terminating";
  return detail.startsWith("waiting for completion") ? "to-completion" : "eviction-error";
}

function namespaceOf(pods: string): string {
  return pods.split("/")[0] ?? "";
}
