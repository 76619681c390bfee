/** What a GitOps engine says of the object that it applies; from `gitops/`. Never proof of an upgrade: Argo CD says `Synced`, `Healthy` while the control plane rolls. */
export interface SyncState {
  /** For people: `Argo CD application argocd/capi`, `Flux Kustomization flux-system/clusters`. */
  readonly engine: string;
  /**
   * `synced`: the newest revision that it knows is applied. `syncing`: it is at it. `out-of-sync`: it knows a newer one and has not begun. `failed`: applying was refused or broke;
   * it tries again. `suspended`, `manual`: it applies nothing until a person says so. `blocked-by-window`: its own sync window is closed. `unknown`: cannot be told.
   */
  readonly state: "synced" | "syncing" | "out-of-sync" | "failed" | "suspended" | "manual" | "blocked-by-window" | "unknown";
  /** Commit that is applied, and the one that was tried last, as far as it tells. */
  readonly appliedRevision: string | undefined;
  readonly attemptedRevision: string | undefined;
  /** Our commit is the applied revision or one of its ancestors; undefined while that is not known. */
  readonly carriesCommit: boolean | undefined;
  /** What was seen and what it means, the webhook's own words included. */
  readonly message: string;
  /** What a person can do about it; undefined where nothing needs to be done. */
  readonly remedy: string | undefined;
  /** It puts direct changes of an object back by itself. */
  readonly heals: boolean;
  /** The direct change that it has put back last, in words, where it tells of one. */
  readonly healed: string | undefined;
  /** Epoch milliseconds since when it is so, as far as the engine tells. */
  readonly since: number | undefined;
}

/** The engine's words with its name, which most of them begin with. */
export function engineSays({ engine, message }: Pick<SyncState, "engine" | "message">): string {
  return message.startsWith(engine) ? message : `${engine}: ${message}`;
}

/** A pull request that carries a step; from `git/forges/`. */
export interface ReviewState {
  readonly url: string;
  readonly number: number;
  readonly state: "open" | "merged" | "closed";
  /** What the base branch got, where the forge says so: by a squash or a rebase it is another commit than the branch had. */
  readonly mergedAs?: string;
  readonly mergeable: "yes" | "conflicting" | "blocked" | "unknown";
  /** `2 checks are running`, `waits for a review by platform-team`. */
  readonly message: string;
}
