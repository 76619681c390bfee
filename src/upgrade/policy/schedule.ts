/** When steps may start. Without windows: always, but for the exclusions. */
export interface Schedule {
  /** IANA name: `Europe/Berlin`. Windows are read in it, across its changes of daylight saving time. */
  readonly timeZone: string;
  readonly windows: readonly MaintenanceWindow[];
  readonly exclusions: readonly Exclusion[];
}

export interface MaintenanceWindow {
  /** When it opens: five fields, `0 22 * * 1-4`. */
  readonly cron: string;
  readonly durationSeconds: number;
}

/** A time in which upgrades are not begun, as GKE's maintenance exclusions. `minor`: patch upgrades still are. */
export interface Exclusion {
  readonly name: string;
  /** Epoch milliseconds, inclusive. */
  readonly from: number;
  /** Epoch milliseconds, exclusive. */
  readonly until: number;
  readonly scope: "all" | "minor";
}
