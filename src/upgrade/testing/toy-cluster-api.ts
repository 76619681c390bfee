import type {
  ClusterSnapshot,
  ControlPlaneSnapshot,
  FieldOwner,
  MachineSnapshot,
  ObjectReference,
  PoolSnapshot,
} from "../cluster-snapshot.ts";
import type { Declaration, UpgradeStep } from "../upgrade-types.ts";
import {
  condition,
  fieldOwner,
  machine,
  NAMESPACE,
  OBSERVED_AT,
  plainCluster,
  reachable,
  topologyCluster,
  type PoolOptions,
} from "./snapshots.ts";

/**
 * A toy of Cluster API, for tests that run an upgrade from end to end: it rolls machines one at a time, at random speed, and minds its own rules. It shares no code with what it tests.
 */
export interface ToyOptions {
  readonly topology: boolean;
  readonly classVersions?: readonly string[];
  readonly version: string;
  readonly controlPlanes: number;
  readonly pools: readonly PoolOptions[];
  readonly git: boolean;
}

interface Owner {
  readonly ref: ObjectReference;
  readonly role: "control-plane" | "worker";
  desired: number;
  version: string;
  generation: number;
  observed: number;
  writer: FieldOwner;
  /** The upgrade that holds it: what is in flight is finished, nothing is begun, and its status stays as it was (real-stack.md, Stack B). */
  heldBy?: string | undefined;
  frozen?: Pick<PoolSnapshot, "observedGeneration" | "replicas" | "versions"> | undefined;
}

interface ToyMachine {
  readonly name: string;
  readonly owner: Owner;
  readonly version: string;
  kubelet: string;
  state: "creating" | "ready" | "leaving";
}

/** Random numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class ToyClusterApi {
  now = OBSERVED_AT;
  /** Rules of Kubernetes that were broken; must stay empty. */
  readonly violations: string[] = [];
  readonly controlPlane: Owner;
  readonly pools: readonly Owner[];
  reachable = true;
  paused = false;
  /** The next machine's image holds the wrong version. */
  wrongImage = false;
  /** New machines never become ready. */
  stuck = false;
  #topologyVersion: string;
  #topologyWriter = fieldOwner("applier", "Apply");
  #git = new Map<string, Declaration>();
  #machines: ToyMachine[] = [];
  #serial = 0;
  readonly #begun: string[] = [];
  readonly #options: ToyOptions;
  readonly #random: () => number;
  readonly #start: ClusterSnapshot;

  constructor(options: ToyOptions, random: () => number) {
    this.#options = options;
    this.#random = random;
    this.#topologyVersion = options.version;
    const start = startOf(options);
    this.#start = start;
    const owner = (ref: ObjectReference, role: Owner["role"], desired: number, version: string): Owner => {
      return { ref, role, desired, version, generation: 1, observed: 1, writer: fieldOwner("applier", "Apply") };
    };
    this.controlPlane = owner(start.controlPlane!.ref, "control-plane", options.controlPlanes, options.version);
    this.pools = start.pools.map((pool) => owner(pool.ref, "worker", pool.replicas.desired, pool.version ?? options.version));
    for (const each of this.#owners()) {
      for (let count = 0; count < each.desired; count++) this.#create(each).state = "ready";
      this.#declare(each.ref, each.version);
    }
    this.#declare(start.ref, options.version);
  }

  #owners(): readonly Owner[] {
    return [this.controlPlane, ...this.pools];
  }

  #create(owner: Owner): ToyMachine {
    const kubelet = this.wrongImage ? this.#options.version : owner.version;
    const made: ToyMachine = { name: `${owner.ref.name}-m${this.#serial++}`, owner, version: owner.version, kubelet, state: "creating" };
    this.#machines.push(made);
    return made;
  }

  #declare(object: ObjectReference, version: string): void {
    const place = this.#options.git ? `clusters/${object.name}.yaml:1` : undefined;
    const revision = this.#options.git ? `commit-${this.#serial++}` : undefined;
    this.#git.set(`${object.kind}/${object.name}`, { object, version, place, revision, at: this.now });
  }

  declarationOf(object: ObjectReference): Declaration | undefined {
    return this.#git.get(`${object.kind}/${object.name}`);
  }

  /** What the executor does with a hold. */
  hold(pool: ObjectReference, upgradeId: string | undefined): void {
    const owner = this.pools.find(({ ref }) => ref.name === pool.name)!;
    const { observedGeneration, replicas, versions } = this.#ownerSnapshot(owner);
    owner.heldBy = upgradeId;
    owner.frozen = upgradeId === undefined ? undefined : { observedGeneration, replicas, versions };
  }

  /** Whether a machine of a pool, or of the control plane, was begun since the last time that this was asked. */
  begunSince(): readonly string[] {
    const begun = [...this.#begun];
    this.#begun.length = 0;
    return begun;
  }

  /** What the executor does with a step. */
  write(step: UpgradeStep): void {
    const busy = this.#machines.filter(({ owner, version, state }) => state !== "ready" || version !== owner.version);
    if (busy.length > 0) this.violations.push(`wrote ${step.object.name} ${step.to} while ${busy[0]!.name} was rolling`);
    this.#declare(step.object, step.to);
    if (!this.#options.git) this.#apply(step.object, step.to, "capi-gitops");
  }

  /** Somebody commits another version. */
  commit(object: ObjectReference, version: string): void {
    this.#declare(object, version);
  }

  /** Somebody sets a version in the cluster. */
  edit(object: ObjectReference, version: string, manager: string): void {
    this.now += 1;
    this.#apply(object, version, manager);
  }

  #apply(object: ObjectReference, version: string, manager: string): void {
    const writer = fieldOwner(manager, "Apply", this.now);
    if (object.kind === "Cluster") {
      if (version === this.#topologyVersion) return;
      this.#topologyVersion = version;
      this.#topologyWriter = writer;
      return;
    }
    const owner = this.#owners().find(({ ref }) => ref.name === object.name)!;
    if (version === owner.version) return;
    owner.version = version;
    owner.generation += 1;
    owner.writer = writer;
  }

  isWedged(): boolean {
    return (
      this.#options.topology &&
      minor(this.controlPlane.version) * 1000 + patch(this.controlPlane.version) >
        minor(this.#topologyVersion) * 1000 + patch(this.#topologyVersion)
    );
  }

  /** Ten seconds pass; each controller gets on, or does not. */
  tick(): void {
    this.now += 10_000;
    if (this.paused) return;
    if (this.#options.git && this.#random() < 0.6) this.#deliver();
    if (this.isWedged()) return;
    if (this.#options.topology) this.#propagate();
    for (const owner of this.#owners()) {
      if (owner.heldBy === undefined && this.#random() < 0.7) owner.observed = owner.generation;
      if ((owner.heldBy !== undefined || owner.observed === owner.generation) && this.#random() < 0.8) this.#roll(owner);
    }
    this.#checkRules();
  }

  #deliver(): void {
    if (this.#options.topology) {
      const cluster = this.#git.get("Cluster/c1")!;
      this.#apply(cluster.object, cluster.version, "applier");
      return;
    }
    for (const owner of this.#owners()) this.#apply(owner.ref, this.#git.get(`${owner.ref.kind}/${owner.ref.name}`)!.version, "applier");
  }

  #isStable(owner: Owner): boolean {
    const own = this.#machines.filter((each) => each.owner === owner);
    return own.length === owner.desired && own.every(({ version, state }) => version === owner.version && state === "ready");
  }

  #propagate(): void {
    const { classVersions = [] } = this.#options;
    if (!this.#isStable(this.controlPlane)) return;
    const workersBusy = this.pools.some((pool) => !this.#isStable(pool));
    const lowest = Math.min(...this.pools.map(({ version }) => minor(version)));
    const target = this.#topologyVersion;
    const next =
      minor(target) - minor(this.controlPlane.version) <= 1
        ? target
        : classVersions.find((version) => minor(version) === minor(this.controlPlane.version) + 1)!;
    const hop = this.controlPlane.version === target || minor(next) - lowest > 3;
    const behind = hop ? this.pools.find(({ version }) => version !== this.controlPlane.version) : undefined;
    if (behind !== undefined) {
      if (!workersBusy) this.#apply(behind.ref, this.controlPlane.version, "capi-topology");
      return;
    }
    if (!workersBusy && this.controlPlane.version !== target) this.#apply(this.controlPlane.ref, next, "capi-topology");
  }

  #roll(owner: Owner): void {
    const own = this.#machines.filter((each) => each.owner === owner);
    const leaving = own.find(({ state }) => state === "leaving");
    if (leaving !== undefined) {
      this.#machines = this.#machines.filter((each) => each !== leaving);
      return;
    }
    const creating = own.find(({ state }) => state === "creating");
    if (creating !== undefined) {
      if (!this.stuck) creating.state = "ready";
      return;
    }
    if (owner.heldBy !== undefined) return;
    const old = own.find(({ version }) => version !== owner.version);
    if (own.length === owner.desired && old !== undefined) this.#begun.push(owner.ref.name);
    if (own.length < owner.desired || (own.length === owner.desired && old !== undefined)) this.#create(owner);
    else if (own.length > owner.desired) (old ?? own[0])!.state = "leaving";
  }

  #checkRules(): void {
    const minors = (role: Owner["role"]): readonly number[] =>
      this.#machines.filter(({ owner }) => owner.role === role).map(({ version }) => minor(version));
    const [low, high] = [Math.min(...minors("control-plane")), Math.max(...minors("control-plane"))];
    const workers = minors("worker");
    if (high - low > 1) this.violations.push(`control plane machines from 1.${low} to 1.${high}`);
    if (workers.some((worker) => worker > low)) this.violations.push(`a worker is newer than the control plane at 1.${low}`);
    if (workers.some((worker) => high - worker > 3)) this.violations.push(`a worker is more than three minors behind 1.${high}`);
    for (const { owner, version, state } of this.#machines) {
      if (owner.role === "worker" && state === "creating" && (minor(version) < low || minor(version) > high)) {
        this.violations.push(`a worker of ${version} joins a control plane of 1.${low}`);
      }
    }
  }

  snapshot(): ClusterSnapshot {
    const base = this.#start;
    const machines = this.#machines.map((each) => this.#machineSnapshot(each));
    const upgrading = this.#owners().some((owner) => owner.version !== this.#topologyVersion || !this.#isStable(owner));
    return {
      ...base,
      observedAt: this.now,
      paused: this.paused,
      topology: base.topology && { ...base.topology, version: this.#topologyVersion, versionOwners: [this.#topologyWriter] },
      controlPlane: {
        ...base.controlPlane!,
        ...this.#ownerSnapshot(this.controlPlane),
        reportedVersion: this.#oldest(),
      } satisfies ControlPlaneSnapshot,
      pools: base.pools.map((pool, index): PoolSnapshot => ({ ...pool, ...this.#ownerSnapshot(this.pools[index]!) })),
      machines,
      workload: this.reachable ? reachable(machines) : { state: "unreachable", message: "connect: connection refused" },
      conditions: base.topology === undefined ? [] : [this.#topologyReconciled(upgrading)],
    };
  }

  #topologyReconciled(upgrading: boolean): ClusterSnapshot["conditions"][number] {
    if (this.isWedged()) return condition("TopologyReconciled", "False", "ReconcileFailed", "invalid ControlPlane upgrade plan");
    return upgrading
      ? condition("TopologyReconciled", "False", "ClusterUpgrading")
      : condition("TopologyReconciled", "True", "ReconcileSucceeded");
  }

  #oldest(): string {
    const versions = this.#machines.filter(({ owner }) => owner.role === "control-plane").map(({ version }) => version);
    return versions.sort((a, b) => minor(a) - minor(b) || patch(a) - patch(b))[0]!;
  }

  #ownerSnapshot(
    owner: Owner,
  ): Pick<PoolSnapshot, "version" | "generation" | "observedGeneration" | "replicas" | "versions" | "versionOwners" | "heldBy"> {
    const own = this.#machines.filter((each) => each.owner === owner);
    const ready = own.filter(({ state }) => state === "ready").length;
    const counts = new Map<string, number>();
    for (const { version } of own) counts.set(version, (counts.get(version) ?? 0) + 1);
    return {
      version: owner.version,
      generation: owner.generation,
      observedGeneration: owner.observed,
      replicas: {
        desired: owner.desired,
        current: own.length,
        ready,
        available: ready,
        upToDate: own.filter(({ version }) => version === owner.version).length,
      },
      versions: [...counts].map(([version, replicas]) => ({ version, replicas })),
      versionOwners: [owner.writer],
      ...owner.frozen,
      heldBy: owner.heldBy,
    };
  }

  #machineSnapshot({ name, owner, version, kubelet, state }: ToyMachine): MachineSnapshot {
    const joined = state !== "creating";
    return machine(name, version, {
      ref: { group: "cluster.x-k8s.io", kind: "Machine", namespace: NAMESPACE, name },
      role: owner.role,
      pool: owner.role === "worker" ? owner.ref.name : undefined,
      machineSet: owner.role === "worker" && owner.ref.kind === "MachineDeployment" ? `${owner.ref.name}-set` : undefined,
      deletingSince: state === "leaving" ? this.now : undefined,
      phase: joined ? "Running" : "Provisioning",
      ready: joined,
      nodeName: joined ? `node-${name}` : undefined,
      kubeletVersion: joined ? kubelet : undefined,
      upToDate: version === owner.version,
    });
  }
}

function startOf({ topology, classVersions, version, controlPlanes, pools }: ToyOptions): ClusterSnapshot {
  return topology
    ? topologyCluster({ version, controlPlanes, pools, topology: { classVersions } })
    : plainCluster({ version, controlPlanes, pools });
}

function minor(version: string): number {
  return Number(version.split(".")[1]);
}

function patch(version: string): number {
  return Number(version.split(".")[2]);
}
