/**
 * What is true of the fleet now. Read at each scrape, so that nothing stays that is gone. A replica that does not lead tells `emptyFleet`: else everything is counted once a
 * replica.
 */
export interface FleetFacts {
  readonly clusters: readonly ClusterFacts[];
  readonly upgrades: readonly UpgradeFacts[];
  readonly policies: readonly PolicyFacts[];
  readonly catalogs: readonly CatalogFacts[];
  readonly queues: readonly { readonly controller: string; readonly depth: number }[];
}

export interface ClusterFacts {
  readonly namespace: string;
  readonly name: string;
  /** Undefined: no policy selects it. */
  readonly policy: string | undefined;
  readonly declared: string | undefined;
  /** The oldest version that a machine reports. */
  readonly running: string | undefined;
  /** Epoch milliseconds. */
  readonly supportedUntil: number | undefined;
}

/** An upgrade that has not ended. */
export interface UpgradeFacts {
  readonly namespace: string;
  readonly cluster: string;
  readonly policy: string | undefined;
  readonly phase: string;
  readonly waitingFor: "window" | "approval" | "place" | "review" | undefined;
  /** Epoch milliseconds; undefined: it makes progress. */
  readonly stuckSince: number | undefined;
}

export interface PolicyFacts {
  readonly name: string;
  readonly windowOpen: boolean;
  /** Epoch milliseconds; undefined: it is open, or opens never again. */
  readonly windowOpensAt: number | undefined;
}

export interface CatalogFacts {
  readonly name: string;
  readonly releases: number;
  /** Epoch milliseconds; undefined: a source has never answered. */
  readonly confirmedAt: number | undefined;
}

export const emptyFleet: FleetFacts = { clusters: [], upgrades: [], policies: [], catalogs: [], queues: [] };
