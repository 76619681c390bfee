import { applyTo, manifestsIn } from "../../src/sandbox/applier/apply-object.ts";
import { startApplier } from "../../src/sandbox/applier/applier.ts";
import type { MachineBehaviour } from "../../src/sandbox/controllers/environment.ts";
import { createRandom, type Random } from "../../src/sandbox/engine/random.ts";
import { createTimeline, driveUntil, timelineClock } from "../../src/sandbox/engine/timeline.ts";
import { createMemoryRemote, type MemoryRemote } from "../../src/sandbox/git/memory-remote.ts";
import { openMemoryRepository } from "../../src/sandbox/git/memory-repository.ts";
import { defaultMachineBehaviour } from "../../src/sandbox/infrastructure/machine-behaviour.ts";
import { createManagementCluster, type ManagementCluster } from "../../src/sandbox/management-cluster.ts";
import { watchBudget, watchInvariants } from "./invariants.ts";
import { Killed, runProcess } from "./product-process.ts";
import { randomScenario, type Scenario } from "./random-scenario.ts";
import { kubeconfigOf, settledWorld, start } from "./settled-world.ts";

export interface SeedResult {
  readonly seed: number;
  /** `proven`, or how it stopped: `refused: PausedCluster`, `contradicted: Wedged`, `timed-out`, … */
  readonly outcome: string;
  readonly violations: readonly string[];
  /** What happened, a line each, with the sandbox's time. */
  readonly log: readonly string[];
  /** What the seed went through: its kind of world, each fault that happened, each boundary at which the process was killed. */
  readonly met: readonly string[];
  /** Seconds of the sandbox from the first run to the end. */
  readonly seconds: number;
}

const mostLives = 60;

/** One upgrade in virtual time, from a settled cluster to its end, under everything that the seed brings. The same seed gives the same log. */
export async function runSeed(seed: number): Promise<SeedResult> {
  const random = createRandom(seed);
  const scenario = randomScenario(random.fork("scenario"));
  const settled = await settledWorld(scenario);
  const timeline = createTimeline(settled.at);
  const log: string[] = [describe(scenario)];
  const note = (text: string): void => void log.push(`${((timeline.now() - start) / 1000).toFixed(1)} ${text}`);
  const written: string[] = [];
  const met = new Set(worldsOf(scenario));
  const management = createManagementCluster({
    timeline,
    random: random.fork("cluster"),
    machines: machineFaults(scenario, random.fork("machines"), (what) => met.add(what)),
    workloadKubeconfig: kubeconfigOf,
    saved: settled,
  });
  const clock = timelineClock(timeline);
  const remote = createMemoryRemote(scenario.files, { atSeconds: start / 1000 });
  const invariants = watchInvariants({
    store: management.objects.store,
    remote,
    namespace: scenario.namespace,
    cluster: scenario.name,
    now: () => timeline.now(),
    isTakenBack: () => !scenario.topology && met.has("somebody: reverts-in-git"),
  });
  if (scenario.webReplicas > 0) await runWeb();
  const engine = startApplier({
    repository: openMemoryRepository(remote, { clock, random: () => 0 }),
    folder: "clusters",
    clock,
    intervalMilliseconds: scenario.applierIntervalMilliseconds,
    apply: (object) => Promise.resolve().then(() => applyTo(management.handler, object, "applier")),
    onAttempt: ({ revision, errors }) =>
      note(`applied ${revision.slice(0, 8)}${errors.map(({ object, message }) => `; ${object}: ${message}`).join("")}`),
  });
  const began = timeline.now();
  intrude(scenario, management, remote, (what) => {
    note(`somebody: ${what}`);
    met.add(`somebody: ${what}`);
  });
  const outcome = await live();
  await driveUntil(timeline, engine.stop());
  invariants.finish();
  const violations = [...invariants.violations, ...written];
  if (outcome === "proven") violations.push(...notTrue(scenario, management));
  else if (nothingForbids(scenario)) violations.push(`not proven, though nothing stood in the way: ${outcome}`);
  for (const each of violations) note(`VIOLATION ${each}`);
  note(`ended: ${outcome}`);
  return { seed, outcome, violations, log, met: [...met], seconds: (timeline.now() - began) / 1000 };

  /** Something that people use runs on the cluster. */
  async function runWeb(): Promise<void> {
    const handler = management.workloadHandler(scenario);
    const workload = management.workloads.get(scenario);
    if (handler === undefined || workload === undefined) throw new Error("the cluster did not come up");
    for (const object of manifestsIn([webManifests(scenario.webReplicas)])) applyTo(handler, object, "kubectl");
    await driveUntil(timeline, clock.sleep(60_000));
    // A budget holds against who asks; a node that is lost asks nobody.
    if (scenario.intruder?.kind === "loses-node") return;
    watchBudget(workload.objects.store, "web", scenario.webReplicas - 1, (text) => invariants.broken(text));
  }

  /** Process after process, until one comes to an end of its own. */
  async function live(): Promise<string> {
    const processes = random.fork("process");
    for (let life = 1; life <= mostLives; life += 1) {
      const world = {
        // Towards the end nobody kills it any more: the question is whether it ever comes to an end.
        scenario: life > mostLives / 2 ? { ...scenario, crashes: 0 } : scenario,
        timeline,
        random: processes.fork(String(life)),
        remote,
        management: management.handler,
        workload: () => management.workloadHandler(scenario),
        onWrite: (method: string, path: string) => {
          written.push(`${method} ${path}: with Git, the product writes nothing to the cluster`);
        },
        note,
        met: (what: string) => void met.add(what),
      };
      try {
        const result = await driveUntil(timeline, runProcess(world));
        if (result.kind === "refused") {
          for (const { message, evidence = [] } of result.refusals) note([message, ...evidence].join("\n  "));
          return `refused: ${result.refusals.map(({ reason }) => reason).join(", ")}`;
        }
        if (result.kind === "contradicted")
          return `contradicted: ${result.decision.status.contradictions.map(({ reason }) => reason).join(", ")}`;
        if (result.kind === "timed-out") {
          for (const machine of management.objects.store.labelled("Machine.cluster.x-k8s.io", scenario.namespace, scenario.name)) {
            const infra = management.objects.store.get(
              "DevMachine.infrastructure.cluster.x-k8s.io",
              scenario.namespace,
              machine.metadata.name,
            );
            const status = machine["status"] as { phase?: string; conditions?: { type: string; message?: string }[] };
            if (status.phase !== "Running")
              note(
                `  ${machine.metadata.name} ${status.phase} ${JSON.stringify(status.conditions?.filter(({ type }) => ["Ready", "Deleting"].includes(type)))} infra ${JSON.stringify(infra?.["status"])} ${JSON.stringify(machine["spec"])}`,
              );
          }
          note(result.decision.status.message);
          for (const { link, state, evidence } of result.decision.status.proof.links) note(`  ${link}: ${state}: ${evidence}`);
        }
        return result.kind;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        await driveUntil(timeline, clock.sleep(1_000 + processes.below(30_000)));
      }
    }
    return "never";
  }
}

function webManifests(replicas: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web }] }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web, namespace: default }
spec: { minAvailable: ${replicas - 1}, selector: { matchLabels: { app: web } } }
`;
}

/** Faults that an upgrade must get over: it may take longer, and nothing else. */
function nothingForbids({ intruder, machines }: Scenario): boolean {
  return (
    machines.failing === 0 && (intruder === undefined || intruder.kind === "commits-something-else" || intruder.kind === "workload-outage")
  );
}

/** The kinds of world that this one is. */
function worldsOf({ topology, classVersions, controlPlanes, pools, version, target, via, webReplicas }: Scenario): readonly string[] {
  const minor = (text: string): number => Number(text.split(".")[1]);
  const machines = controlPlanes + pools.reduce((sum, { replicas }) => sum + replicas, 0);
  return [
    topology ? `topology${classVersions.length > 0 ? " whose class lists versions" : ""}` : "plain",
    `${controlPlanes} control planes`,
    `${pools.length} pools`,
    `${minor(target) - minor(version)} minors${via.length > 0 ? " by via" : ""}`,
    machines > 4 ? "more than 4 machines" : "up to 4 machines",
    ...(webReplicas > 0 ? ["a disruption budget"] : []),
  ];
}

function describe({ topology, version, target, via, classVersions, controlPlanes, pools, intruder }: Scenario): string {
  const workers = pools.map(({ replicas }) => replicas).join("+");
  const others = intruder === undefined ? "" : `, ${intruder.kind} after ${(intruder.afterMilliseconds / 1000).toFixed(0)} s`;
  return `${topology ? "topology" : "plain"} ${version} to ${target}${via.length > 0 ? ` via ${via.join(" ")}` : ""}${classVersions.length > 0 ? " (class lists versions)" : ""}, ${controlPlanes} control planes, ${workers} workers${others}`;
}

function machineFaults({ machines }: Scenario, random: Random, met: (what: string) => void): MachineBehaviour {
  const usual = defaultMachineBehaviour(random);
  return {
    plan(infrastructureMachine, machine) {
      const plan = usual.plan(infrastructureMachine, machine);
      if (random.chance(machines.failing)) {
        met("machine: never comes");
        return { ...plan, failure: { kind: "quota", message: "quota exceeded" } };
      }
      if (!random.chance(machines.slow)) return plan;
      met("machine: slow");
      return { ...plan, infrastructureMilliseconds: plan.infrastructureMilliseconds + random.below(240_000) };
    },
  };
}

const colleague = { name: "Ada", email: "ada@example.com" };

function intrude(scenario: Scenario, management: ManagementCluster, remote: MemoryRemote, told: (kind: string) => void): void {
  const { intruder, namespace, name } = scenario;
  if (intruder === undefined) return;
  const { timeline, objects, types } = management;
  const at = (): number => Math.floor(timeline.now() / 1000);
  const kubeadm = types.find(({ kind }) => kind === "KubeadmControlPlane")!;
  const clusters = types.find(({ kind }) => kind === "Cluster")!;
  timeline.after(intruder.afterMilliseconds, () => {
    told(intruder.kind);
    switch (intruder.kind) {
      case "edits-control-plane": {
        const [kcp] = objects.store.labelled(kubeadm.key, namespace, name);
        const spec = kcp?.["spec"] as { readonly version: string } | undefined;
        if (kcp === undefined || spec === undefined) return;
        const version = spec.version.replace(/\d+$/, (patch) => String(Number(patch) + 5));
        objects.modify(kubeadm, namespace, kcp.metadata.name, (live) => ({ ...live, spec: { ...spec, version } }), {
          manager: "kubectl-edit",
        });
        return;
      }
      case "pauses-cluster":
        objects.modify(clusters, namespace, name, (live) => ({ ...live, spec: { ...(live["spec"] as object), paused: true } }), {
          manager: "kubectl-edit",
        });
        return;
      case "scales-pool":
        remote.commitOnTop("main", colleague, "One more\n", scaled(remote), at());
        return;
      case "commits-something-else":
        remote.commitOnTop("main", colleague, "Notes\n", { "clusters/notes.md": `${timeline.now()}\n` }, at());
        return;
      case "reverts-in-git":
        remote.commitOnTop("main", colleague, "Take it back\n", scenario.files, at());
        return;
      case "loses-node": {
        const workload = management.workloads.get(scenario);
        const [node] = (workload?.objects.store.list("Node") ?? []).filter(
          ({ metadata }) => metadata.labels?.["node-role.kubernetes.io/control-plane"] === undefined,
        );
        if (workload === undefined || node === undefined) return;
        workload.objects.delete(workload.type("Node"), undefined, node.metadata.name, {});
        return;
      }
      case "workload-outage": {
        const workload = management.workloads.get(scenario);
        if (workload === undefined) return;
        workload.reachable = false;
        timeline.after(intruder.forMilliseconds, () => (workload.reachable = true));
        return;
      }
    }
  });
}

function scaled(remote: MemoryRemote): Readonly<Record<string, string>> {
  const { files } = remote.commit(remote.tip("main")!);
  const entry = [...files].find(([path, text]) => path.includes("pool-0") || text.includes("name: pool-0"));
  if (entry === undefined) return {};
  return {
    [entry[0]]: entry[1].replace(
      /(name: pool-0, replicas: |kind: MachineDeployment[\s\S]*?replicas: )(\d+)/,
      (_, before: string, count: string) => `${before}${Number(count) + 1}`,
    ),
  };
}

/** What a proof claims, looked at from outside: every machine of the cluster, and every node. */
function notTrue({ namespace, name, target }: Scenario, { objects, workloads }: ManagementCluster): readonly string[] {
  const wrong: string[] = [];
  for (const machine of objects.store.labelled("Machine.cluster.x-k8s.io", namespace, name)) {
    const { version } = machine["spec"] as { readonly version?: string };
    if (version !== target) wrong.push(`proven, but ${machine.metadata.name} is at ${version}`);
  }
  for (const node of workloads.get({ namespace, name })?.objects.store.list("Node") ?? []) {
    const { nodeInfo } = node["status"] as { readonly nodeInfo: { readonly kubeletVersion: string } };
    if (nodeInfo.kubeletVersion !== target) wrong.push(`proven, but the kubelet of ${node.metadata.name} is ${nodeInfo.kubeletVersion}`);
  }
  return wrong;
}
