import type { MemoryRemote } from "../../src/sandbox/git/memory-remote.ts";
import type { ObjectStore } from "../../src/sandbox/store/object-store.ts";
import type { StoredObject } from "../../src/sandbox/store/stored-object.ts";

const machineType = "Machine.cluster.x-k8s.io";
const poolType = "MachineDeployment.cluster.x-k8s.io";
const clusterLabel = "cluster.x-k8s.io/cluster-name";
const controlPlaneLabel = "cluster.x-k8s.io/control-plane";

/** What must hold after every single write of anybody, whatever goes wrong. The rules are those of Kubernetes (version skew policy, kubeadm) and of ours (docs/architecture.md). */
export interface Invariants {
  /** Each rule that was broken, with the moment; must stay empty. */
  readonly violations: readonly string[];
  /** Notes what another rule found broken. */
  broken(text: string): void;
  /** Those that can be told only of the whole history. */
  finish(): void;
}

export interface Watched {
  readonly store: ObjectStore;
  readonly remote: MemoryRemote;
  readonly namespace: string;
  readonly cluster: string;
  readonly now: () => number;
  /** Whether a person has taken the version back: what a control plane without a topology does then to workers that are ahead of it, Cluster API lets happen, and is theirs. */
  readonly isTakenBack?: () => boolean;
}

export function watchInvariants({ store, remote, namespace, cluster, now, isTakenBack = () => false }: Watched): Invariants {
  const violations: string[] = [];
  const seen = new Set<string>();
  const broken = (text: string): void => {
    if (seen.has(text)) return;
    seen.add(text);
    violations.push(`at ${new Date(now()).toISOString().slice(11, 19)}: ${text}`);
  };

  store.subscribe((event) => {
    const { metadata } = event.object;
    if (metadata.namespace !== namespace || metadata.labels?.[clusterLabel] !== cluster) return;
    const machines = store.labelled(machineType, namespace, cluster);
    if (event.type === poolType && event.kind === "modified") checkPool(event.object, event.previous, machines, broken);
    if (event.type !== machineType) return;
    if (!isTakenBack()) checkVersions(machines, broken);
    checkQuorum(machines, broken);
  });

  return {
    violations,
    broken,
    finish() {
      const tip = remote.tip(remote.defaultBranch)!;
      const ids = remote
        .history({ from: tip, limit: 10_000 })
        .flatMap(({ message }) => [...message.matchAll(/^Upgrade-Id: (.+)$/gm)].map(([, id]) => id!));
      for (const id of new Set(ids)) {
        const commits = ids.filter((each) => each === id).length;
        if (commits > 1) broken(`${commits} commits for the one step ${id}`);
      }
    },
  };
}

/** A Deployment whose disruption budget lets one pod go at a time: never fewer of the others there for their users: ready, not leaving, on a node that exists. */
export function watchBudget(workload: ObjectStore, app: string, least: number, broken: (text: string) => void): void {
  const available = ({ metadata, ...pod }: StoredObject): boolean => {
    const { nodeName = "" } = (pod["spec"] ?? {}) as { readonly nodeName?: string };
    const { conditions = [] } = (pod["status"] ?? {}) as {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    };
    return (
      metadata.labels?.["app"] === app &&
      metadata.deletionTimestamp === undefined &&
      workload.get("Node", undefined, nodeName) !== undefined &&
      conditions.some(({ type, status }) => type === "Ready" && status === "True")
    );
  };
  workload.subscribe(({ type }) => {
    if (type !== "Pod" && type !== "Node") return;
    const count = workload.list("Pod", "default").filter(available).length;
    if (count < least) broken(`${count} pods of ${app} are there, and its disruption budget asks for ${least}`);
  });
}

function checkVersions(machines: readonly StoredObject[], broken: (text: string) => void): void {
  const running = machines.filter((machine) => minorOf(machine) !== undefined);
  const controlPlane = running.filter(isControlPlane).map((machine) => minorOf(machine)!);
  if (controlPlane.length === 0) return;
  const [low, high] = [Math.min(...controlPlane), Math.max(...controlPlane)];
  if (high - low > 1) broken(`control plane machines from 1.${low} to 1.${high}: more than one minor at once`);
  for (const worker of running) {
    if (isControlPlane(worker)) continue;
    const minor = minorOf(worker)!;
    if (minor > low) broken(`a worker of 1.${minor} beside a control plane of 1.${low}`);
    if (high - minor > 3) broken(`a worker of 1.${minor} beside a control plane of 1.${high}: outside the skew policy`);
  }
}

/** A pool is asked for a version only when every control plane machine has it. */
function checkPool(pool: StoredObject, previous: StoredObject, machines: readonly StoredObject[], broken: (text: string) => void): void {
  const asked = poolVersion(pool);
  if (asked === undefined || asked === poolVersion(previous)) return;
  const behind = machines.filter((machine) => isControlPlane(machine) && versionNumber(specVersion(machine)) < versionNumber(asked));
  if (behind.length > 0) {
    broken(
      `${pool.metadata.name} was asked for ${asked} while ${behind[0]!.metadata.name} of the control plane is at ${specVersion(behind[0]!)}`,
    );
  }
}

function poolVersion({ spec }: StoredObject): string | undefined {
  return (spec as { template?: { spec?: { version?: string } } } | undefined)?.template?.spec?.version;
}

function specVersion({ spec }: StoredObject): string | undefined {
  return (spec as { version?: string } | undefined)?.version;
}

function versionNumber(version = "v0.0.0"): number {
  const [, minor = 0, patch = 0] = version.split(".").map(Number);
  return minor * 1000 + patch;
}

/** Never fewer healthy members of etcd than make a majority of those that there are. */
function checkQuorum(machines: readonly StoredObject[], broken: (text: string) => void): void {
  const members = machines.filter((machine) => isControlPlane(machine) && hasNode(machine));
  const leaving = members.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  if (members.length > 0 && leaving.length > Math.floor((members.length - 1) / 2) && members.length > 2) {
    broken(`${leaving.length} of ${members.length} control plane machines are leaving at once: no quorum`);
  }
  if (leaving.length > 1) broken(`${leaving.length} control plane machines are leaving at once`);
}

function isControlPlane({ metadata }: StoredObject): boolean {
  return metadata.labels?.[controlPlaneLabel] !== undefined;
}

function hasNode({ status }: StoredObject): boolean {
  return (status as { nodeRef?: unknown } | undefined)?.nodeRef !== undefined;
}

function minorOf({ spec }: StoredObject): number | undefined {
  const version = (spec as { version?: string } | undefined)?.version;
  return version === undefined ? undefined : Number(version.split(".")[1]);
}
