import type { Objects } from "../api/objects.ts";
import type { ResourceType } from "../api/resource-type.ts";
import type { Random } from "../engine/random.ts";
import type { Timeline } from "../engine/timeline.ts";
import type { TypeKey } from "../store/object-store.ts";
import type { StoredObject } from "../store/stored-object.ts";
import type { ControllerRuntime, ObjectKey } from "./controller-runtime.ts";

/** What the simulated controllers of the management cluster work with. */
export interface Environment {
  /** The management cluster. */
  readonly objects: Objects;
  /** Throws for a type that is not served. */
  readonly type: (key: TypeKey) => ResourceType;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly runtime: ControllerRuntime;
  readonly workloads: WorkloadClusters;
  readonly machines: MachineBehaviour;
  /** An Event of that object (core/v1, in its namespace). */
  readonly recordEvent: (object: StoredObject, kind: "Normal" | "Warning", reason: string, message: string) => void;
}

/** The clusters that Cluster API makes, each with an API server of its own. */
export interface WorkloadClusters {
  get(cluster: ObjectKey): WorkloadCluster | undefined;
  /** Makes its API server (address, CA); again: gives the one there is. */
  ensure(cluster: ObjectKey): WorkloadCluster;
  remove(cluster: ObjectKey): void;
}

export interface WorkloadCluster {
  readonly key: ObjectKey;
  readonly objects: Objects;
  readonly type: (key: TypeKey) => ResourceType;
  /** False: its API server answers nobody (no control plane machine yet, none left, or an outage). */
  reachable: boolean;
  /** The text of a kubeconfig for it. */
  readonly kubeconfig: () => string;
  /** What `GET /version` says: the newest of its API servers, `v1.34.0`; undefined: as the first control plane machine. */
  gitVersion: string;
  /** Members of the stacked etcd, by Machine name. */
  readonly etcdMembers: Set<string>;
}

/** How machines behave: provisioning times, faults. Durations in milliseconds. */
export interface MachineBehaviour {
  /** Asked once for each infrastructure machine, when it begins to be provisioned. */
  plan(infrastructureMachine: StoredObject, machine: StoredObject): MachinePlan;
}

export interface MachinePlan {
  /** From creation to `provisioned`. */
  readonly infrastructureMilliseconds: number;
  /** From provisioned to its Node being there. */
  readonly nodeMilliseconds: number;
  /** From the Node being there to it being Ready (and, on a control plane, to etcd and the API server being up). */
  readonly readyMilliseconds: number;
  /** From deletion to the infrastructure being gone. */
  readonly removalMilliseconds: number;
  /** `quota`: the infrastructure is never provisioned; `bootstrap`: no Node ever comes; the text is what the conditions say. */
  readonly failure?: { readonly kind: "quota" | "bootstrap"; readonly message: string };
  /** kubelet version of the Node, where the machine image holds another one than asked for. */
  readonly kubeletVersion?: string;
}
