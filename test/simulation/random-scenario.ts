import type { Random } from "../../src/sandbox/engine/random.ts";
import { clusterClassFile, plainClusterFiles, topologyClusterFile } from "../../src/sandbox/worlds/fleet-files.ts";

/** One cluster, what is asked for, and what goes wrong meanwhile: all from one seed. */
export interface Scenario {
  readonly topology: boolean;
  readonly name: string;
  readonly namespace: string;
  readonly version: string;
  readonly target: string;
  readonly via: readonly string[];
  readonly classVersions: readonly string[];
  readonly controlPlanes: number;
  readonly pools: readonly { readonly name: string; readonly replicas: number }[];
  readonly files: Readonly<Record<string, string>>;
  /** Share of API requests of the product that fail: 429, 500, connection lost. */
  readonly requestFaults: number;
  /** Share of remote Git operations that fail, or are overtaken by somebody else's push. */
  readonly gitFaults: number;
  /** Share of the product's steps at whose boundary its process is killed. */
  readonly crashes: number;
  /** Share of the product's watches that break, fall silent, or say things twice. */
  readonly watchFaults: number;
  /** How old what a watch tells may be, in milliseconds. */
  readonly lagMilliseconds: number;
  /** From a push to its being applied, at most. */
  readonly applierIntervalMilliseconds: number;
  readonly machines: { readonly slow: number; readonly failing: number };
  /** Replicas of a Deployment on the workers, one of which a disruption budget lets go at a time; 0: there is none. */
  readonly webReplicas: number;
  readonly intruder: Intruder | undefined;
}

/** Somebody else, some time into the upgrade. */
export type Intruder =
  | {
      readonly kind: "edits-control-plane" | "scales-pool" | "commits-something-else" | "reverts-in-git" | "pauses-cluster" | "loses-node";
      readonly afterMilliseconds: number;
    }
  | { readonly kind: "workload-outage"; readonly afterMilliseconds: number; readonly forMilliseconds: number };

const patches: Readonly<Record<number, string>> = { 31: "v1.31.4", 32: "v1.32.2", 33: "v1.33.1", 34: "v1.34.0", 35: "v1.35.2" };

/** Of how many worlds one is large. What goes wrong in an upgrade mostly goes wrong in the smallest cluster that has all its parts, and a small one costs a third. */
const oneLargeIn = 8;

export function randomScenario(random: Random): Scenario {
  const isLarge = random.below(oneLargeIn) === 0;
  const topology = random.chance(0.5);
  const from = 31 + random.below(3);
  const distance = (isLarge ? [0, 1, 1, 2, 2] : [0, 1, 1])[random.below(isLarge ? 5 : 3)]!;
  const [version, name, namespace] = [patches[from]!, "demo", "fleet"];
  const target = distance === 0 ? version.replace(/\d+$/, (patch) => String(Number(patch) + 1)) : patches[from + distance]!;
  const between = distance > 1 ? [patches[from + 1]!] : [];
  const listed = topology && random.chance(0.5);
  const controlPlanes = random.chance(isLarge ? 0.25 : 0.9) ? 1 : 3;
  const pools = Array.from({ length: isLarge ? 1 + random.below(2) : 1 }, (_, index) => ({
    name: `pool-${index}`,
    replicas: 1 + random.below(isLarge ? 3 : 2),
  }));
  const cluster = { name, namespace, version, controlPlanes, pools, startupDuration: "5s" };
  const classVersions = listed ? [...new Set([version, ...between, target])] : [];
  return {
    topology,
    name,
    namespace,
    version,
    target,
    via: listed ? [] : between,
    classVersions,
    controlPlanes,
    pools,
    files: topology
      ? {
          "clusters/class.yaml": clusterClassFile(namespace, { kubernetesVersions: classVersions, startupDuration: "5s" }),
          "clusters/demo/cluster.yaml": topologyClusterFile(cluster),
        }
      : plainClusterFiles("clusters/demo", cluster),
    requestFaults: random.chance(0.5) ? 0 : random.next() * 0.1,
    gitFaults: random.chance(0.5) ? 0 : random.next() * 0.4,
    crashes: random.chance(0.4) ? 0 : random.next() * 0.15,
    watchFaults: random.chance(0.5) ? 0 : random.next() * 0.5,
    lagMilliseconds: random.chance(0.5) ? 0 : random.below(8_000),
    applierIntervalMilliseconds: 1_000 + random.below(30_000),
    machines: { slow: random.chance(0.3) ? random.next() * 0.3 : 0, failing: random.chance(0.1) ? 0.05 : 0 },
    intruder: random.chance(0.4) ? intruder(random) : undefined,
    webReplicas: random.chance(0.5) ? 2 + random.below(3) : 0,
  };
}

function intruder(random: Random): Intruder {
  const afterMilliseconds = random.below(90_000);
  const kinds = [
    "edits-control-plane",
    "scales-pool",
    "commits-something-else",
    "reverts-in-git",
    "pauses-cluster",
    "workload-outage",
    "loses-node",
  ] as const;
  const kind = kinds[random.below(kinds.length)]!;
  return kind === "workload-outage" ? { kind, afterMilliseconds, forMilliseconds: random.below(60_000) } : { kind, afterMilliseconds };
}
