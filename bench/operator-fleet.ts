// `tsx bench/operator-fleet.ts CLUSTERS [direct|git [plain|overlays|flux|variables|list|whole]]`: the built operator as a process of its own against a management cluster of the sandbox with so many clusters of 10 machines, under 20 policies. Prints JSON. Needs `npm run build`.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/clock.ts";
import { applyTo, manifestsIn } from "../src/sandbox/applier/apply-object.ts";
import { runAtPace } from "../src/sandbox/engine/pace.ts";
import { createRandom } from "../src/sandbox/engine/random.ts";
import { createTimeline } from "../src/sandbox/engine/timeline.ts";
import { createLocalRemote } from "../src/sandbox/git/local-remote.ts";
import { makeCertificates } from "../src/sandbox/http/certificates.ts";
import { startHttpsServer } from "../src/sandbox/http/https-server.ts";
import { kubeconfigText } from "../src/sandbox/http/kubeconfig.ts";
import { createManagementCluster } from "../src/sandbox/management-cluster.ts";
import { fleetLayouts, isFleetLayout, type FleetCluster, type FleetLayout } from "./fleet-layouts.ts";
import { processorSeconds } from "./measure.ts";

/** What one run found. */
export interface OperatorNumbers {
  readonly clusters: number;
  readonly machines: number;
  /** Of the repository; absent where the operator writes directly. */
  readonly layout?: FleetLayout;
  /** From the start of the process to its first policy status. */
  readonly startSeconds: number;
  /** Resident memory, in MiB: idle, and the most while planning. */
  readonly idleMegabytes: number;
  readonly mostMegabytes: number;
  /** Share of one processor while nothing happens: from 10 s to 40 s after the start, from 60 s to 100 s, when V8 may still collect what the first lists left, and in the 40 s after that. */
  readonly settlingProcessor: number;
  readonly idleProcessor: number;
  readonly laterProcessor: number;
  /** Of a processor, in all: from the start to the first policy status, and to make and plan all attempts. */
  readonly startProcessorSeconds: number;
  readonly planProcessorSeconds: number;
  /** The same of the git processes that it ended by then. */
  readonly planGitProcessorSeconds: number;
  /** From the new version in the catalog to a plan in the status of every ClusterUpgrade. */
  readonly planSeconds: number;
  readonly requestsToList: number;
  readonly requestsIdlePerMinute: number;
  /** Of making and planning the attempts. */
  readonly requestsPerAttempt: number;
}

const [from, to] = ["v1.33.1", "v1.34.0"];
const count = Number(process.argv[2] ?? "1000");
const git = process.argv[3] === "git";
const layout = process.argv[4] ?? "plain";
if (!isFleetLayout(layout)) throw new Error(`no layout is called ${layout}`);
const policies = 20;
const api = "upgrades.clusterapi-gitops.io/v1alpha1";
const pools = ["a", "b", "c"].map((name, index) => ({ name, replicas: index === 0 ? 3 : 2 }));

const directory = await mkdtemp(join(tmpdir(), "operator-fleet-"));
const timeline = createTimeline(Date.now() - 1_800_000);
const certificates = await makeCertificates(Date.now());
const management = createManagementCluster({
  timeline,
  random: createRandom(1),
  // Nobody answers there, at once.
  workloadKubeconfig: ({ namespace, name }) => kubeconfigText(name, `https://127.0.0.1:1/${namespace}/${name}`, certificates),
});
const { handler, objects } = management;
const apply = (object: object): void => {
  applyTo(handler, object as Parameters<typeof applyTo>[1], "bench");
};
const fleet = Array.from({ length: count }, (_, index): FleetCluster => ({
  name: `cluster-${index}`,
  namespace: "fleet",
  labels: { group: `g${index % policies}` },
  version: from,
  controlPlanes: 3,
  pools,
}));
// One cluster comes up, and is copied: a thousand that come up would take the sandbox a quarter of an hour. Nobody works on the copies; the operator only looks.
for (const object of manifestsIn(Object.values(fleetLayouts.plain(fleet.slice(0, 1))))) apply(object);
settle();
stopControllers();
const first = originals();
for (let index = 1; index < count; index += 1) copyCluster(first, index);
const machines = objects.store.list("Machine.cluster.x-k8s.io").length;
const note = (text: string): void => console.error(`${Math.round(performance.now() / 1000)} s: ${text}`);
note(`${machines} machines are there`);
const remote = join(directory, "fleet.git");
if (git) await createLocalRemote(remote, fleetLayouts[layout](fleet), Math.floor(Date.now() / 1000));

apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "clusterapi-gitops-system" } });
apply(catalog(from));
for (let index = 0; index < policies; index += 1)
  apply({
    apiVersion: api,
    kind: "UpgradePolicy",
    metadata: { name: `policy-${index}` },
    spec: {
      clusters: { selector: { matchLabels: { group: `g${index}` } } },
      target: { channel: "Rapid", minimumAge: "0s" },
      approval: "BeforeControlPlane",
      git: git ? { mode: "Push", repository: { url: `file://${remote}`, path: "clusters" } } : { mode: "Direct" },
    },
  });

let requests = 0;
let catchUp = (): void => undefined;
const server = await startHttpsServer({
  certificates,
  route: (path) => ({
    path,
    handle(request) {
      requests += 1;
      return handler.handle(request);
    },
  }),
  onRequest: () => catchUp(),
});
const pace = runAtPace(timeline, {
  clock: systemClock,
  speed: 1,
  onError: (error) => {
    throw error;
  },
});
catchUp = () => pace.catchUp();
const kubeconfig = join(directory, "kubeconfig");
await writeFile(kubeconfig, kubeconfigText("bench", server.url, certificates));

const began = Date.now();
const operator = spawn(
  process.execPath,
  [
    "dist/capi-gitops.mjs",
    "operator",
    "--kubeconfig",
    kubeconfig,
    "--no-leader-elect",
    "--metrics-address",
    "0",
    "--concurrency",
    "16",
    "--log-level",
    "warn",
  ],
  { stdio: ["ignore", "inherit", "inherit"] },
);
try {
  const observed = (): boolean =>
    objects.store.list(`UpgradePolicy.upgrades.clusterapi-gitops.io`).every(({ status }) => status !== undefined);
  await until("policies are seen", observed, 300);
  const startSeconds = (Date.now() - began) / 1000;
  const startProcessorSeconds = processorSeconds(operator.pid);
  const requestsToList = requests;
  note("the operator has seen all policies");
  await systemClock.sleep(10_000);
  const settlingProcessor = await processorShare(30);
  await systemClock.sleep(20_000);
  const idleRequests = requests;
  const idleProcessor = await processorShare(40);
  const requestsIdlePerMinute = (requests - idleRequests) * 1.5;
  const laterProcessor = await processorShare(40);
  const idleMegabytes = await residentMegabytes();
  note("idle is measured");
  const [before, processorBefore, gitBefore] = [requests, processorSeconds(operator.pid), processorSeconds(operator.pid, "children")];
  const asked = Date.now();
  apply(catalog(from, to));
  const planned = (): number =>
    objects.store
      .list("ClusterUpgrade.upgrades.clusterapi-gitops.io")
      .filter(({ status }) => (status as { readonly plan?: unknown } | undefined)?.plan !== undefined).length;
  await until(
    "all are planned",
    () => planned() === count,
    600,
    () => `${planned()} of ${count}`,
  );
  const planSeconds = (Date.now() - asked) / 1000;
  const numbers: OperatorNumbers = {
    clusters: count,
    machines,
    ...(git ? { layout } : {}),
    startSeconds,
    idleMegabytes,
    mostMegabytes: await peakMegabytes(),
    settlingProcessor,
    idleProcessor,
    laterProcessor,
    startProcessorSeconds,
    planProcessorSeconds: processorSeconds(operator.pid) - processorBefore,
    planGitProcessorSeconds: processorSeconds(operator.pid, "children") - gitBefore,
    planSeconds,
    requestsToList,
    requestsIdlePerMinute,
    requestsPerAttempt: (requests - before) / count,
  };
  console.log(JSON.stringify(numbers));
} finally {
  operator.kill("SIGKILL");
  pace.stop();
  await server.close();
  await rm(directory, { recursive: true, force: true });
}

/** Until every machine runs; the sandbox's clock is then set by the machine's. */
function settle(): void {
  const end = timeline.now() + 3 * 3_600_000;
  while (timeline.now() < end) {
    timeline.runUntil(timeline.now() + 30_000);
    const running = objects.store
      .list("Machine.cluster.x-k8s.io")
      .filter(({ status }) => (status as { readonly phase?: string } | undefined)?.phase === "Running");
    if (running.length === 10) return;
  }
  throw new Error("not all machines came to run");
}

function stopControllers(): void {
  for (const controller of management.runtime.names()) management.runtime.stop(controller);
}

/** What an operator sees of the first cluster, as text. */
function originals(): readonly { readonly key: string; readonly text: string }[] {
  const kinds = /^(Cluster|KubeadmControlPlane|MachineDeployment|MachineSet|Machine|DevMachine|DevMachineTemplate|Secret)(\.|$)/;
  return management.types
    .filter(({ key }) => kinds.test(key))
    .flatMap(({ key }) => objects.store.list(key, "fleet").map((object) => ({ key, text: JSON.stringify(object) })))
    .filter(({ text }) => /cluster-0\b/.test(text));
}

/** Under another name, with identities of its own. */
function copyCluster(originalsOfIt: ReturnType<typeof originals>, index: number): void {
  const last = index.toString(16).padStart(12, "0");
  for (const { key, text } of originalsOfIt) {
    const copied = text
      .replaceAll(/cluster-0\b/g, `cluster-${index}`)
      .replaceAll(/\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-)[0-9a-f]{12}\b/g, `$1${last}`)
      .replace('"group":"g0"', `"group":"g${index % policies}"`);
    objects.store.put(key, JSON.parse(copied) as Parameters<typeof objects.store.put>[1]);
  }
}

function catalog(...versions: readonly string[]): object {
  const releases = versions.map((version) => ({ version, releasedAt: "2025-11-01T00:00:00Z" }));
  return { apiVersion: api, kind: "ReleaseCatalog", metadata: { name: "default" }, spec: { releases } };
}

async function until(what: string, condition: () => boolean, seconds: number, state = (): string => ""): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not so after ${seconds} s: ${what} ${state()}`);
    if (operator.exitCode !== null) throw new Error("the operator has ended");
    await systemClock.sleep(20);
  }
}

/** Of the operator's process, as Linux tells it. */
async function statusLine(name: string): Promise<number> {
  const text = await readFile(`/proc/${operator.pid ?? 0}/status`, "utf8");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1]) / 1024;
}

function residentMegabytes(): Promise<number> {
  return statusLine("VmRSS");
}

function peakMegabytes(): Promise<number> {
  return statusLine("VmHWM");
}

async function processorShare(seconds: number): Promise<number> {
  const [began, used] = [performance.now(), processorSeconds(operator.pid)];
  await systemClock.sleep(seconds * 1000);
  return (processorSeconds(operator.pid) - used) / ((performance.now() - began) / 1000);
}
