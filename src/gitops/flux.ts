import type { Delivery } from "../upgrade/cluster-snapshot.ts";
import type { EngineAccess } from "./engine-access.ts";
import type { GitOpsEngine } from "./engine.ts";
import { noEngine } from "./none.ts";

export function flux(_delivery: Delivery & { readonly engine: "flux" }, _access: EngineAccess): GitOpsEngine {
  return noEngine();
}
