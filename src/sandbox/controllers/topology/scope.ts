import type { Random } from "../../engine/random.ts";
import type { Environment } from "../environment.ts";
import type { Blueprint } from "./blueprint.ts";
import type { CurrentState } from "./current-state.ts";
import type { PendingHooks } from "./pending-hooks.ts";
import type { Cluster, Desired, Template } from "./topology-objects.ts";
import type { UpgradeTracker } from "./upgrade-tracker.ts";

/** All that one pass knows. */
export interface Scope {
  readonly environment: Environment;
  /** For names. */
  readonly random: Random;
  /** As it was when the pass began. */
  readonly cluster: Cluster;
  readonly blueprint: Blueprint;
  readonly current: CurrentState;
  readonly tracker: UpgradeTracker;
  readonly hooks: PendingHooks;
}

export interface DesiredPool {
  readonly topologyName: string;
  readonly object: Desired;
  readonly bootstrap: Desired<Template["spec"]>;
  readonly infrastructure: Desired<Template["spec"]>;
  readonly healthCheck: Desired | undefined;
}

export interface DesiredState {
  readonly infrastructureCluster: Desired;
  readonly controlPlane: Desired;
  readonly controlPlaneMachine: Desired<Template["spec"]> | undefined;
  readonly controlPlaneHealthCheck: Desired | undefined;
  readonly pools: readonly DesiredPool[];
}
