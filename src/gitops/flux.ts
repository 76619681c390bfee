import type { Delivery } from "../upgrade/cluster-snapshot.ts";
import type { EngineAccess } from "./engine-access.ts";
import type { GitOpsEngine } from "./engine.ts";
import { repositoryCredentials } from "./flux/credentials.ts";
import { helmReleaseRef, kustomizationRef } from "./flux/objects.ts";
import { helmReleaseSource, kustomizationSource } from "./flux/source.ts";
import { fluxSync } from "./flux/sync.ts";
import { refuseUnread } from "./gaps.ts";

/** Flux (kustomize.toolkit.fluxcd.io and source.toolkit.fluxcd.io v1; run against kustomize-controller v1.9.4 and source-controller v1.9.1). */
export function flux({ kind, namespace, name }: Delivery & { readonly engine: "flux" }, access: EngineAccess): GitOpsEngine {
  return {
    findSource: () =>
      kind === "HelmRelease"
        ? helmReleaseSource(helmReleaseRef(namespace, name), access)
        : kustomizationSource(kustomizationRef(namespace, name), access),
    syncState: (source, question) => fluxSync(source, access, question),
    async refresh({ fetchedBy, appliedBy }) {
      // Any new value asks again. The source first: what is applied then is what was just pushed.
      const annotation = { "reconcile.fluxcd.io/requestedAt": new Date(access.now()).toISOString() };
      for (const ref of fetchedBy === undefined ? [appliedBy] : [fetchedBy, appliedBy]) {
        const gap = await access.annotate(ref, annotation);
        if (gap !== undefined) return refuseUnread(gap, "patch");
      }
      return undefined;
    },
    credentials: (source) => repositoryCredentials(source, access),
  };
}
