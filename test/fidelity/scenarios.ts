import type { Scenario } from "./scenario.ts";
import { controlPlaneScenarios } from "./scenarios/control-planes.ts";
import { poolScenarios } from "./scenarios/pools.ts";
import { refusalScenarios } from "./scenarios/refusals.ts";
import { topologyScenarios } from "./scenarios/topology.ts";

export const scenarios: readonly Scenario[] = [...topologyScenarios, ...controlPlaneScenarios, ...poolScenarios, ...refusalScenarios];
