import type { Delivery } from "../upgrade/cluster-snapshot.ts";
import { argoCd } from "./argo-cd.ts";
import type { EngineAccess } from "./engine-access.ts";
import type { EngineOptions, GitOpsEngine } from "./engine.ts";
import { flux } from "./flux.ts";
import { noEngine } from "./none.ts";

/** The engine that an object's marks name (`readDelivery`). */
export function engineFor(delivery: Delivery, access: EngineAccess, options: EngineOptions = {}): GitOpsEngine {
  switch (delivery.engine) {
    case "argo-cd":
      return argoCd(delivery, access, options);
    case "flux":
      return flux(delivery, access);
    case "none":
      return noEngine();
    default:
      return delivery satisfies never;
  }
}
