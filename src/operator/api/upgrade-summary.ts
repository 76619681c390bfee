import { readableFields, type ObjectFields } from "./object-fields.ts";
import { readSaid, SAID_ANNOTATION } from "./said.ts";

/** A ClusterUpgrade as people see it: in the words of the API, with nothing taken for granted. */
export interface UpgradeSummary {
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string | undefined;
  readonly cluster: string;
  readonly policy: string | undefined;
  readonly from: string | undefined;
  readonly to: string;
  /** `Rolling`; empty until the operator has looked at it. */
  readonly phase: string;
  readonly message: string;
  readonly remedy: string | undefined;
  readonly cancelMeans: string | undefined;
  /** `3/5`. */
  readonly machines: string | undefined;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly approval: string;
  readonly approved: readonly string[];
  readonly paused: boolean;
  readonly cancelled: boolean;
  readonly retry: number;
  readonly skipSoak: boolean;
  readonly waitingFor: readonly { readonly gate: string; readonly message: string }[];
  readonly timeline: readonly SummaryEntry[];
  /** The annotation as it is. */
  readonly said: string | undefined;
}

export interface SummaryEntry {
  readonly at: number;
  readonly phase: string | undefined;
  readonly message: string;
  readonly by: string | undefined;
}

const ends: ReadonlySet<string> = new Set(["Proven", "Cancelled", "Superseded", "Refused", "Contradicted", "TimedOut"]);

export function hasEnded({ phase }: Pick<UpgradeSummary, "phase">): boolean {
  return ends.has(phase);
}

export function upgradeSummary(object: unknown): UpgradeSummary {
  return readableFields(object, (root) => {
    const [metadata, spec, status] = [root.fields("metadata"), root.fields("spec"), root.fields("status")];
    const said = metadata.fields("annotations").text(SAID_ANNOTATION);
    return {
      namespace: metadata.text("namespace") ?? "",
      name: metadata.text("name") ?? "",
      resourceVersion: metadata.text("resourceVersion"),
      cluster: spec.text("clusterName") ?? "",
      policy: spec.text("policyName"),
      from: status.text("fromVersion"),
      to: spec.text("targetVersion") ?? "",
      phase: status.text("phase") ?? "",
      message: status.text("message") ?? "",
      remedy: status.text("remedy"),
      cancelMeans: status.text("cancelMeans"),
      machines: status.fields("machines").text("text"),
      createdAt: metadata.time("creationTimestamp") ?? 0,
      startedAt: status.time("startedAt"),
      finishedAt: status.time("finishedAt"),
      approval: spec.text("approval") ?? "None",
      approved: spec.texts("approved") ?? [],
      paused: spec.flag("paused"),
      cancelled: spec.flag("cancelled"),
      retry: spec.integer("retry", 0) ?? 0,
      skipSoak: spec.flag("skipSoak"),
      waitingFor: status.items("waitingFor").map((gate) => ({ gate: gate.text("gate") ?? "", message: gate.text("message") ?? "" })),
      timeline: timelineOf(status, said),
      said,
    };
  });
}

/** What was said since the operator last looked is not in the status yet. */
function timelineOf(status: ObjectFields, said: string | undefined): readonly SummaryEntry[] {
  const told = status.items("timeline").flatMap((entry) => {
    const at = entry.time("at");
    return at === undefined ? [] : [{ at, phase: entry.text("phase"), message: entry.text("message") ?? "", by: entry.text("by") }];
  });
  const missing = readSaid(said)
    .filter(({ at, what, by }) => !told.some((entry) => entry.by === by && entry.message === what && entry.at === at))
    .map(({ at, what, by }) => ({ at, phase: undefined, message: what, by }));
  return [...told, ...missing].sort((one, other) => one.at - other.at);
}

/** Newest first. */
export function byAge(upgrades: readonly UpgradeSummary[]): readonly UpgradeSummary[] {
  return upgrades.toSorted((one, other) => other.createdAt - one.createdAt || (one.name < other.name ? 1 : -1));
}
