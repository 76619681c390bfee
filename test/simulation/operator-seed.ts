import { clusterClassFile, plainClusterFiles, topologyClusterFile } from "../../src/sandbox/worlds/fleet-files.ts";
import { createRandom, type Random } from "../../src/sandbox/engine/random.ts";
import { GitError } from "../../src/git/git-error.ts";
import { ConnectionError } from "../../src/kubernetes/errors.ts";
import { watchInvariants } from "./invariants.ts";
import { api, catalog, namespace, statusOf as upgradeStatus, upgradeIds, type Status } from "./operator-objects.ts";
import { operatorWorld, worldStart, type OperatorWorld, type Replica } from "./operator-world.ts";
import { streamFaults } from "./product-process.ts";

export interface OperatorSeedResult {
  readonly seed: number;
  /** The phase that the attempt came to: `Proven`, `Contradicted`, … */
  readonly outcome: string;
  readonly violations: readonly string[];
  /** What happened, a line each, with the sandbox's time. */
  readonly log: readonly string[];
}

interface Scene {
  readonly topology: boolean;
  readonly controlPlanes: number;
  readonly replicas: number;
  readonly approval: "None" | "BeforeControlPlane" | "BeforeWorkers" | "BeforeEach";
  /** Minutes of each half hour in which windows are open; undefined: always. */
  readonly windowMinutes: number | undefined;
  readonly atWindowEnd: "HardStop" | "FinishPool" | "Finish";
  readonly applierSeconds: number;
  /** Share of boundaries at which the process is killed. */
  readonly crashes: number;
  readonly requestFaults: number;
  /** The process that leads is asked to end, every so many seconds; undefined: never. */
  readonly stopSeconds: number | undefined;
  /** Seconds from the first commit until somebody takes it back; undefined: nobody. */
  readonly revertSeconds: number | undefined;
  readonly pauseSeconds: number | undefined;
  /** Share of the operators' watches that break, fall silent, or say things twice. */
  readonly watchFaults: number;
  /** How old what a watch tells may be, in milliseconds. */
  readonly lagMilliseconds: number;
  /** Share of remote Git operations that fail, or are overtaken by somebody else's push. */
  readonly gitFaults: number;
  /** Seconds in which the Git remote answers none of the operators; undefined: it always does. */
  readonly remoteAway: { readonly from: number; readonly until: number } | undefined;
  /** Somebody commits what has nothing to do with it, every so many seconds; undefined: nobody. */
  readonly strangerSeconds: number | undefined;
  /** A second cluster is due too, and the policy lets one be under way. */
  readonly neighbour: boolean;
}

const name = "demo";
const [from, to] = ["v1.33.1", "v1.34.0"];
const neighbour = "next";
const takenBack = "Take it back";
/** For each cluster that comes after another. */
const longestSeconds = 6 * 3_600;
const ends = new Set(["Proven", "Cancelled", "Superseded", "Refused", "Contradicted", "TimedOut"]);

function randomScene(random: Random): Scene {
  const pick = <T>(values: readonly T[]): T => values[random.below(values.length)]!;
  return {
    topology: random.chance(0.5),
    controlPlanes: random.chance(0.5) ? 1 : 3,
    replicas: 1 + random.below(4),
    approval: pick(["None", "None", "BeforeControlPlane", "BeforeWorkers", "BeforeEach"] as const),
    windowMinutes: random.chance(0.4) ? 3 + random.below(10) : undefined,
    atWindowEnd: pick(["HardStop", "FinishPool", "Finish"] as const),
    applierSeconds: 2 + random.below(40),
    crashes: random.chance(0.4) ? 0 : random.next() * 0.05,
    requestFaults: random.chance(0.5) ? 0 : random.next() * 0.05,
    stopSeconds: random.chance(0.3) ? 60 + random.below(300) : undefined,
    revertSeconds: random.chance(0.2) ? random.below(120) : undefined,
    pauseSeconds: random.chance(0.3) ? random.below(200) : undefined,
    watchFaults: random.chance(0.5) ? 0 : random.next() * 0.5,
    lagMilliseconds: random.chance(0.5) ? 0 : random.below(8_000),
    gitFaults: random.chance(0.5) ? 0 : random.next() * 0.4,
    remoteAway: random.chance(0.3) ? away(random) : undefined,
    strangerSeconds: random.chance(0.3) ? 20 + random.below(200) : undefined,
    neighbour: random.fork("neighbour").chance(0.5),
  };
}

/** Within the first minutes, when something is written; for up to a quarter of an hour. */
function away(random: Random): { readonly from: number; readonly until: number } {
  const from = random.below(300);
  return { from, until: from + 30 + random.below(900) };
}

/** One policy, one version that appears, and one cluster or two, in virtual time: until the attempts come to an end, under everything that the seed brings. The same seed gives the same log. */
export async function runOperatorSeed(seed: number): Promise<OperatorSeedResult> {
  const random = createRandom(seed);
  const scene = randomScene(random.fork("scene"));
  const clusters = scene.neighbour ? [name, neighbour] : [name];
  const files = filesOf(scene, name, scene.controlPlanes, scene.replicas);
  const world = await operatorWorld({
    seed,
    files: {
      ...(scene.topology ? { "clusters/class.yaml": clusterClassFile(namespace, { startupDuration: "20s" }) } : {}),
      ...files,
      ...(scene.neighbour ? filesOf(scene, neighbour, 1, 1) : {}),
    },
    applierMilliseconds: scene.applierSeconds * 1000,
  });
  world.note(JSON.stringify(scene));
  const said = new Set<string>();
  const rules = clusters.map((cluster) =>
    watchInvariants({
      store: world.management.objects.store,
      remote: world.remote,
      namespace,
      cluster,
      now: () => world.timeline.now(),
      isTakenBack: () => cluster === name && said.has("reverted"),
    }),
  );
  world.apply(catalog(from, to));
  world.apply(policyOf(scene));

  const [chance, streams, remotes] = [random.fork("processes"), random.fork("streams"), random.fork("remotes")];
  let lives = 0;
  const start = (): Replica => {
    lives += 1;
    const replica: Replica = world.startOperator(`operator-${lives}`, {
      onStep: (step) => dieAt(step),
      onTransaction: (step) => dieAt(`git: ${step}`),
      client: {
        intercept: () =>
          chance.chance(scene.requestFaults)
            ? Promise.reject(new ConnectionError("reset", "the connection was lost"))
            : Promise.resolve(undefined),
        streamFaults: () => streamFaults(scene, streams),
      },
      onRemote: (moment) => {
        const seconds = (world.timeline.now() - worldStart) / 1000;
        const isAway = scene.remoteAway !== undefined && seconds >= scene.remoteAway.from && seconds < scene.remoteAway.until;
        if (!isAway && !remotes.chance(scene.gitFaults)) return;
        if (isAway || moment !== "push" || remotes.chance(0.3))
          throw new GitError("unreachable", { seen: "the remote hung up", meaning: "Nothing is known", remedy: "Try again" });
        world.commit("Somebody was first", { "notes.md": `${seconds}\n` });
      },
    });
    const dieAt = async (where: string): Promise<void> => {
      // Towards the end nobody kills it any more: the question is whether it ever comes to an end.
      if (lives > 25 || !chance.chance(scene.crashes)) return;
      world.note(`at ${where}:`);
      replica.kill();
      await new Promise<never>(() => undefined);
    };
    return replica;
  };

  let replicas = [start(), start()];
  let nextStop = scene.stopSeconds === undefined ? Infinity : worldStart + scene.stopSeconds * 1000;
  let nextStranger = scene.strangerSeconds === undefined ? Infinity : worldStart + scene.strangerSeconds * 1000;
  let revertAt = Infinity;
  let pausedAt: number | undefined;
  const end = worldStart + clusters.length * longestSeconds * 1000;
  while (!clusters.every((each) => ends.has(phaseOf(world, each))) && world.timeline.now() < end) {
    await world.pass(2);
    const rolling = clusters.filter((each) => hasBegun(world, each) && !ends.has(phaseOf(world, each)));
    if (rolling.length > 1) rules[0]!.broken("two clusters are under way, and the policy lets one");
    const now = world.timeline.now();
    replicas = replicas.map((replica) => (replica.isDead() ? start() : replica));
    if (now >= nextStop) {
      nextStop = now + (scene.stopSeconds ?? 0) * 1000;
      const [leader] = replicas;
      world.note(`${leader!.name} is asked to end`);
      await Promise.race([leader!.stop(), world.pass(120)]);
      replicas = [...replicas.slice(1), start()];
    }
    if (now >= nextStranger) {
      nextStranger = now + (scene.strangerSeconds ?? 0) * 1000;
      world.commit("Notes", { "clusters/notes.md": `${now}\n` });
    }
    for (const each of clusters) if (phaseOf(world, each) === "WaitingForApproval" && chance.chance(0.1)) approve(world, each, scene, said);
    if (scene.revertSeconds !== undefined && revertAt === Infinity && world.remote.tip("main") !== undefined && committed(world) > 0)
      revertAt = now + scene.revertSeconds * 1000;
    if (now >= revertAt && !said.has("reverted")) {
      said.add("reverted");
      world.note("somebody takes it back in Git");
      world.commit(takenBack, files);
    }
    if (
      scene.pauseSeconds !== undefined &&
      pausedAt === undefined &&
      now > worldStart + scene.pauseSeconds * 1000 &&
      phaseOf(world, name) !== ""
    ) {
      pausedAt = now;
      setSpec(world, name, { paused: true });
    }
    if (pausedAt !== undefined && !said.has("resumed") && now > pausedAt + 120_000) {
      said.add("resumed");
      setSpec(world, name, { paused: false });
    }
  }
  const outcome = phaseOf(world, name);
  await world.pass(60);
  for (const rule of rules) rule.finish();
  const violations = [
    ...new Set(rules.flatMap(({ violations }) => violations)),
    ...wrongAtTheEnd(world, outcome, scene),
    ...(scene.neighbour ? wrongWith(world, neighbour, phaseOf(world, neighbour), false) : []),
  ];
  for (const each of violations) world.note(`VIOLATION ${each}`);
  world.note(`ended: ${outcome}`);
  for (const replica of replicas) replica.kill();
  await world.close();
  return { seed, outcome, violations, log: world.log };
}

function filesOf({ topology }: Scene, cluster: string, controlPlanes: number, replicas: number): Readonly<Record<string, string>> {
  const options = {
    name: cluster,
    namespace,
    version: from,
    controlPlanes,
    pools: [{ name: "pool-0", replicas }],
    startupDuration: "20s",
  };
  return topology
    ? { [`clusters/${cluster}/cluster.yaml`]: topologyClusterFile(options) }
    : plainClusterFiles(`clusters/${cluster}`, options);
}

function wrongAtTheEnd(world: OperatorWorld, outcome: string, { revertSeconds, neighbour }: Scene): readonly string[] {
  const wrong = [...wrongWith(world, name, outcome, revertSeconds !== undefined)];
  const titles = world.remote.history({ from: world.remote.tip("main")!, limit: 10_000 }).map(({ message }) => message);
  const since = titles.slice(
    0,
    Math.max(
      0,
      titles.findIndex((message) => message.startsWith(takenBack)),
    ),
  );
  if (since.some(isStepOf(name))) wrong.push("it wrote on after somebody had taken its change back");
  const [attempts, wanted] = [world.list("ClusterUpgrade").length, neighbour ? 2 : 1];
  if (attempts !== wanted) wrong.push(`${attempts} ClusterUpgrades for ${wanted} clusters and one version`);
  return wrong;
}

function wrongWith(world: OperatorWorld, cluster: string, outcome: string, mayFail: boolean): readonly string[] {
  const wrong: string[] = [];
  if (!ends.has(outcome)) wrong.push(`${cluster}: after all that time it is still ${outcome}`);
  if (!mayFail && outcome !== "Proven") wrong.push(`${cluster}: not proven, though nothing stood in the way: ${outcome}`);
  if (outcome !== "Proven") return wrong;
  const ofCluster = (kind: string) =>
    world.list(kind).filter(({ metadata }) => metadata.labels?.["cluster.x-k8s.io/cluster-name"] === cluster);
  const machines = ofCluster("Machine").map(({ spec }) => (spec as { readonly version: string }).version);
  if (machines.length === 0 || machines.some((version) => version !== to))
    wrong.push(`${cluster}: proven, but machines are at ${machines.join(", ")}`);
  const held = ofCluster("MachineDeployment").filter(({ metadata }) => metadata.annotations?.["cluster.x-k8s.io/paused"] !== undefined);
  if (held.length > 0) wrong.push(`${cluster}: proven, and a pool is still held`);
  return wrong;
}

function policyOf({ approval, windowMinutes, atWindowEnd, neighbour }: Scene): object {
  const windows = windowMinutes === undefined ? [] : [{ cron: "0,30 * * * *", duration: `${windowMinutes}m` }];
  return {
    apiVersion: api,
    kind: "UpgradePolicy",
    metadata: { name: "all" },
    spec: {
      clusters: {},
      target: { channel: "Rapid", minimumAge: "0s" },
      approval,
      ...(neighbour ? { maxConcurrent: 1 } : {}),
      schedule: { windows, atWindowEnd },
      git: { mode: "Push", repository: { url: "file:///fleet.git", path: "clusters" } },
      proof: { hold: "30s" },
    },
  };
}

function statusOf(world: OperatorWorld, cluster: string): Status {
  return upgradeStatus(world, `${cluster}-${to}`);
}

function phaseOf(world: OperatorWorld, cluster: string): string {
  return statusOf(world, cluster).phase ?? "";
}

/** Something was written for it. */
function hasBegun(world: OperatorWorld, cluster: string): boolean {
  return statusOf(world, cluster).memory?.begun === true;
}

/** Whether a commit is a step of that cluster's upgrade. */
function isStepOf(cluster: string): (message: string) => boolean {
  const trailer = new RegExp(`^Upgrade-Id: ${cluster}-${to}-`, "m");
  return (message) => trailer.test(message);
}

function committed(world: OperatorWorld): number {
  return upgradeIds(world).filter((id) => id.startsWith(`${name}-${to}-`)).length;
}

function approve(world: OperatorWorld, cluster: string, { approval }: Scene, said: Set<string>): void {
  const points = approval === "BeforeWorkers" ? ["Workers"] : ["ControlPlane", "Workers"];
  const once = `approved ${cluster}`;
  setSpec(world, cluster, { approved: said.has(once) || approval !== "BeforeEach" ? points : ["ControlPlane"] });
  said.add(once);
}

function setSpec(world: OperatorWorld, cluster: string, spec: object): void {
  const attempt = `${cluster}-${to}`;
  if (world.get("ClusterUpgrade", attempt, namespace) === undefined) return;
  world.note(`somebody to ${attempt}: ${JSON.stringify(spec)}`);
  const type = world.management.types.find(({ kind }) => kind === "ClusterUpgrade")!;
  world.management.objects.modify(type, namespace, attempt, (live) => ({ ...live, spec: { ...(live["spec"] as object), ...spec } }), {
    manager: "kubectl-edit",
  });
}
