/** What one pass finds out about versions: who moves, who waits, and why. Filled while the desired state is computed, read when it is written and when it is told. */
export interface UpgradeTracker {
  readonly controlPlane: ControlPlaneTracker;
  readonly machineDeployments: WorkersTracker;
  /** True when the plan could be computed; else the plans in status stay as they are. */
  isPlanned: boolean;
  /** Text of the lifecycle hook that holds the upgrade back. */
  blockingHook: string | undefined;
}

interface ControlPlaneTracker {
  isPendingUpgrade: boolean;
  isWaitingForWorkersUpgrade: boolean;
  isProvisioning: boolean;
  isUpgrading: boolean;
  isStartingUpgrade: boolean;
  plan: readonly string[];
}

export interface WorkersTracker {
  /** Topology names. */
  readonly pendingCreate: Set<string>;
  readonly pendingUpgrade: Set<string>;
  readonly deferred: Set<string>;
  readonly upgrading: Set<string>;
  readonly concurrency: number;
  plan: readonly string[];
}

export function createUpgradeTracker(concurrency: number): UpgradeTracker {
  return {
    controlPlane: {
      isPendingUpgrade: false,
      isWaitingForWorkersUpgrade: false,
      isProvisioning: false,
      isUpgrading: false,
      isStartingUpgrade: false,
      plan: [],
    },
    machineDeployments: {
      pendingCreate: new Set(),
      pendingUpgrade: new Set(),
      deferred: new Set(),
      upgrading: new Set(),
      concurrency: Math.max(1, concurrency),
      plan: [],
    },
    isPlanned: false,
    blockingHook: undefined,
  };
}

export function isStable({ isProvisioning, isUpgrading, isStartingUpgrade, isPendingUpgrade }: ControlPlaneTracker): boolean {
  return !isProvisioning && !isUpgrading && !isStartingUpgrade && !isPendingUpgrade;
}

export function isStableOrWaitsForWorkers(tracker: ControlPlaneTracker): boolean {
  return isStable({ ...tracker, isPendingUpgrade: tracker.isPendingUpgrade && !tracker.isWaitingForWorkersUpgrade });
}

/** Do all pools have what the topology says? */
export function areSettled({ upgrading, pendingCreate, pendingUpgrade, deferred }: WorkersTracker): boolean {
  return upgrading.size + pendingCreate.size + pendingUpgrade.size + deferred.size === 0;
}
