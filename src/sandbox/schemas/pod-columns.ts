import type { StoredObject } from "../store/stored-object.ts";

interface Pod {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly spec?: { readonly containers?: readonly unknown[] };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string };
    readonly running?: object;
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
  };
}

/** `1/2`: containers that are ready. */
export function podReady(pod: StoredObject): string {
  const { spec, status }: Pod = pod;
  const ready = (status?.containerStatuses ?? []).filter((each) => each.ready === true && each.state?.running !== undefined);
  return `${ready.length}/${spec?.containers?.length ?? 0}`;
}

export function podRestarts(object: StoredObject): string {
  const { status }: Pod = object;
  const statuses = status?.containerStatuses ?? [];
  return String(statuses.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0));
}

/** The phase, or what tells more; of pods without init containers. */
export function podStatus(object: StoredObject): string {
  const { metadata, status = {} }: Pod = object;
  const { phase = "", reason = "", conditions = [] } = status;
  if (metadata.deletionTimestamp !== undefined) {
    if (reason === "NodeLost") return "Unknown";
    if (phase !== "Succeeded" && phase !== "Failed") return "Terminating";
  }
  const gated = conditions.some((each) => each.type === "PodScheduled" && each.reason === "SchedulingGated");
  const told = containersTell(status);
  return told ?? (gated ? "SchedulingGated" : reason === "" ? phase : reason);
}

function containersTell({ containerStatuses = [], conditions = [] }: NonNullable<Pod["status"]>): string | undefined {
  let told: string | undefined;
  let failure: string | undefined;
  let isRunning = false;
  for (const { ready, state } of containerStatuses.toReversed()) {
    if (state?.waiting?.reason !== undefined && state.waiting.reason !== "") told = state.waiting.reason;
    else if (state?.terminated !== undefined) {
      const { reason = "", exitCode = 0 } = state.terminated;
      told = reason === "" ? `ExitCode:${exitCode}` : reason;
      if (exitCode !== 0) failure = told;
    } else if (ready === true && state?.running !== undefined) isRunning = true;
  }
  if (told !== "Completed") return told;
  if (!isRunning) return failure ?? told;
  return conditions.some(({ type, status }) => type === "Ready" && status === "True") ? "Running" : (failure ?? "NotReady");
}
