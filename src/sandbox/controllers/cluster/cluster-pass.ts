import type { Environment } from "../environment.ts";
import type { References } from "./cluster-references.ts";
import type { Cluster, ClusterClass, Descendants } from "./cluster-scope.ts";
import type { ConnectionProbe } from "./connection-probe.ts";

/** All that one pass has found out when it comes to tell it. */
export interface ClusterPass {
  readonly environment: Environment;
  /** As it is now. */
  readonly cluster: Cluster;
  readonly clusterClass: ClusterClass | undefined;
  readonly references: References;
  /** Undefined: nobody has looked, for the topology has made nothing yet. */
  readonly descendants: Descendants | undefined;
  readonly probe: ConnectionProbe;
  /** What the deletion waits for; undefined when there is none. */
  readonly deletion: { readonly reason: string; readonly message: string } | undefined;
}
