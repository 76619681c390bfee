import type { UpgradeRequest } from "../upgrade-types.ts";
import { randomFrom, ToyClusterApi } from "./toy-cluster-api.ts";

/** One of each minor, ascending. */
export const VERSIONS = ["v1.30.4", "v1.31.5", "v1.32.3", "v1.33.1", "v1.34.2", "v1.35.0", "v1.36.1"];

/** One cluster and what is asked for, as random simulations draw them. */
export interface ToyScenario {
  readonly seed: number;
  readonly topology: boolean;
  /** The ClusterClass lists its versions. */
  readonly chained: boolean;
  readonly git: boolean;
  /** Index of the version that it begins at, and how many minors it is to go. */
  readonly from: number;
  readonly hops: number;
  readonly controlPlanes: number;
  /** Replicas of each pool. */
  readonly pools: readonly number[];
}

export interface ToyWorld {
  readonly toy: ToyClusterApi;
  readonly request: UpgradeRequest;
  readonly random: () => number;
}

export function toyWorld({ seed, topology, chained, git, from, hops, controlPlanes, pools }: ToyScenario): ToyWorld {
  const random = randomFrom(seed);
  const toy = new ToyClusterApi(
    {
      topology,
      git,
      controlPlanes,
      version: VERSIONS[from]!,
      pools: pools.map((replicas, index) => ({ name: `md-${index}`, replicas })),
      ...(chained ? { classVersions: VERSIONS } : {}),
    },
    random,
  );
  const request = {
    upgradeId: "u1",
    target: VERSIONS[from + hops]!,
    via: VERSIONS.slice(from + 1, from + hops),
    holdSeconds: 30,
    stallSeconds: 600,
  };
  return { toy, request, random };
}
