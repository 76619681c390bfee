import type { OperatorWorld } from "./operator-world.ts";

/** Policies, catalogs and upgrades as people write them and read them, of one fleet. */
export const namespace = "fleet";
export const api = "upgrades.clusterapi-gitops.io/v1alpha1";

export function release(version: string) {
  return { version, releasedAt: "2025-11-01T00:00:00Z" };
}

export function catalog(...versions: readonly string[]) {
  return {
    apiVersion: api,
    kind: "ReleaseCatalog",
    metadata: { name: "default" },
    spec: { releases: versions.map(release) },
  };
}

/** For all clusters, to the newest version, by a push. */
export function policy(spec: object = {}, name = "all") {
  return {
    apiVersion: api,
    kind: "UpgradePolicy",
    metadata: { name },
    spec: {
      clusters: {},
      target: { channel: "Rapid" },
      git: { mode: "Push", repository: { url: "file:///fleet.git", path: "clusters" } },
      proof: { hold: "30s" },
      ...spec,
    },
  };
}

export interface Status {
  readonly phase?: string;
  readonly message?: string;
  readonly remedy?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  readonly waitingFor?: readonly { readonly gate: string }[];
  readonly steps?: readonly { readonly state: string; readonly commit?: string }[];
  readonly heldPools?: readonly unknown[];
  readonly memory?: { readonly begun?: boolean };
}

/** Of a ClusterUpgrade; empty while there is none. */
export function statusOf(world: OperatorWorld, name: string): Status {
  return world.get("ClusterUpgrade", name, namespace)?.["status"] ?? {};
}

export function phaseOf(world: OperatorWorld, name: string): string | undefined {
  return statusOf(world, name).phase;
}

/** What a person says to a ClusterUpgrade, in its spec. */
export function say(world: OperatorWorld, name: string, spec: object): void {
  world.apply({ apiVersion: api, kind: "ClusterUpgrade", metadata: { name, namespace }, spec });
}

/** `Upgrade-Id` of the commits of the branch that is applied, newest first. */
export function upgradeIds(world: OperatorWorld): readonly string[] {
  return world.remote
    .history({ from: world.remote.tip("main")!, limit: 1000 })
    .flatMap(({ message }) => [...message.matchAll(/^Upgrade-Id: (.+)$/gm)].map(([, id]) => id!));
}
