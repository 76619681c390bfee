import type { GitOpsEngine } from "./engine.ts";

/** Nobody applies the object: it is changed directly, and there is nothing to wait for between the change and Cluster API. */
export function noEngine(): GitOpsEngine {
  return {
    findSource: () => Promise.resolve({ kind: "direct" }),
    syncState: () =>
      Promise.resolve({
        engine: "no GitOps engine",
        state: "unknown",
        appliedRevision: undefined,
        attemptedRevision: undefined,
        carriesCommit: undefined,
        message: "No GitOps engine applies this object, so none tells how far it is.",
        remedy: undefined,
        heals: false,
        healed: undefined,
        since: undefined,
      }),
    refresh: () => Promise.resolve(undefined),
    credentials: () => Promise.resolve({ kind: "none" }),
  };
}
