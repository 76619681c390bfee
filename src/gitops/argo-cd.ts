import type { Delivery } from "../upgrade/cluster-snapshot.ts";
import { findApplication } from "./argo-cd/application.ts";
import { applicationCredentials } from "./argo-cd/credentials.ts";
import { applicationParents } from "./argo-cd/parents.ts";
import { applicationSources } from "./argo-cd/source.ts";
import { applicationSync } from "./argo-cd/sync.ts";
import type { EngineAccess } from "./engine-access.ts";
import type { EngineOptions, GitOpsEngine } from "./engine.ts";
import { refuseUnread } from "./gaps.ts";

/** Argo CD (argoproj.io/v1alpha1; run against v3.2.6). */
export function argoCd(delivery: Delivery & { readonly engine: "argo-cd" }, access: EngineAccess, options: EngineOptions): GitOpsEngine {
  return {
    async findSource(object) {
      const found = await findApplication(delivery.application, access, options);
      if (found.kind === "refused") return found;
      return applicationSources(found.application, await applicationParents(found.application, access, options), object);
    },
    syncState: (source, question) => applicationSync(source, access, question),
    async refresh({ appliedBy }) {
      // Argo CD takes the annotation off when it has looked; an ApplicationSet leaves it alone.
      const gap = await access.annotate(appliedBy, { "argocd.argoproj.io/refresh": "hard" });
      return gap === undefined ? undefined : refuseUnread(gap, "patch");
    },
    credentials: (source) => applicationCredentials(source, access),
  };
}
