import type { FleetWatch } from "../../cluster-api/fleet-watch.ts";
import type { WorkloadReader, WorkloadReaderOptions } from "../../cluster-api/workload.ts";
import type { Clock } from "../../clock.ts";
import type { ClusterAddress } from "../../cluster-api/fetch-cluster-objects.ts";
import type { OnRemoteOperation } from "../../git/observe.ts";
import type { SendHttp } from "../../http/send-http.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { Discovery } from "../../kubernetes/discovery.ts";
import type { ImageCatalog } from "../../upgrade/machine-images.ts";
import type { Log } from "../../telemetry/log.ts";
import type { SharedRepositories } from "../git-access/shared-repositories.ts";
import type { SharedReviewBranches } from "../shared-review-branches.ts";
import type { EventRecorder } from "../runtime/event-recorder.ts";
import type { UpgradeObject } from "../api/read-cluster-upgrade.ts";
import type { OperatorStep } from "./operator-steps.ts";

/** A look into a workload cluster, with what only some upgrades need of it. */
export type OpenWorkload = (cluster: ClusterAddress, more: Pick<WorkloadReaderOptions, "budgets">) => WorkloadReader;

/** What the controllers work with; made once for a process. */
export interface OperatorContext {
  readonly client: KubernetesClient;
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly fleet: FleetWatch;
  /** The operator's own: Secrets that policies name are in it. */
  readonly namespace: string;
  readonly repositories: SharedRepositories;
  readonly reviewBranches: SharedReviewBranches;
  /** To servers outside of the cluster: forges. */
  readonly send: SendHttp;
  readonly openWorkload: OpenWorkload;
  /** Machine images for an upgrade; undefined: there is no catalog, and none had to be there. Throws where it must be waited for. */
  readonly imageCatalog: (upgrade: Pick<UpgradeObject, "catalog" | "policyName">) => ImageCatalog | undefined;
  readonly events: EventRecorder;
  readonly log: Log;
  /** Since when this process has been leading: what stood still while nobody looked is no standstill. Epoch milliseconds. */
  readonly lookingSince: number;
  /** False once another process may lead: asked before each write. */
  readonly isCertain: () => boolean;
  /** Told each operation on a forge. */
  readonly onRemoteOperation?: OnRemoteOperation;
  /** Told each boundary as it is reached; what it returns is waited for. For tests that stop the process there. */
  readonly onStep?: (step: OperatorStep) => void | Promise<void>;
}
