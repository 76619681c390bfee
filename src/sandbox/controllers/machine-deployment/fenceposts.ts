import type { MachineDeployment } from "../machine-set/machine-objects.ts";
import { countOf } from "../machine-set/count-or-percent.ts";

/** What a rollout may do, in machines. */
export interface RolloutLimits {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Shares of maxSurge are rounded up, those of maxUnavailable down; both 0 makes maxUnavailable 1. Other strategies than RollingUpdate have neither. */
export function rolloutLimits({ spec }: MachineDeployment): RolloutLimits {
  const replicas = spec.replicas ?? 0;
  const { type, rollingUpdate } = spec.rollout?.strategy ?? {};
  if (!isRollingUpdate(type)) return { replicas, maxSurge: 0, maxUnavailable: 0 };
  const maxSurge = countOf(rollingUpdate?.maxSurge ?? 1, replicas, Math.ceil);
  const unavailable = countOf(rollingUpdate?.maxUnavailable ?? 0, replicas, Math.floor);
  const maxUnavailable = maxSurge === 0 && unavailable === 0 ? 1 : unavailable;
  return { replicas, maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) };
}

/** The default of the webhook is RollingUpdate. */
export function isRollingUpdate(type: "RollingUpdate" | "OnDelete" | undefined): boolean {
  return type !== "OnDelete";
}
