import type { Delivery } from "../upgrade/cluster-snapshot.ts";
import type { EngineAccess } from "./engine-access.ts";
import type { EngineOptions, GitOpsEngine } from "./engine.ts";
import { noEngine } from "./none.ts";

export function argoCd(_delivery: Delivery & { readonly engine: "argo-cd" }, _access: EngineAccess, _options: EngineOptions): GitOpsEngine {
  return noEngine();
}
