import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { systemClock } from "../src/clock.ts";
import { createClient } from "../src/kubernetes/client.ts";
import { endpointFromKubeconfig } from "../src/kubernetes/credentials.ts";
import { bundle } from "../test/simulation/bundle.ts";
import { median, processorSeconds } from "./measure.ts";
import type { FleetNumbers } from "./sandbox-fleet.ts";

/** There is nothing else to measure a simulation against: numbers of this machine, with what they should be. */
export interface SandboxRow {
  readonly what: string;
  readonly measured: string;
  readonly aim: string;
  /** Undefined: a number to know, with no aim. */
  readonly met?: boolean;
}

const starts = 7;
const run = promisify(execFile);

export async function benchSandbox(clusters = 100): Promise<readonly SandboxRow[]> {
  const times: Start[] = [];
  for (let round = 0; round < starts; round += 1) times.push(await startUp());
  const start = median(times.map(({ milliseconds }) => milliseconds));
  const startProcessor = median(times.map(({ processorMilliseconds }) => processorMilliseconds));
  const loaded = await loadedFleet(1000);
  const [small, large] = await fleets(clusters);
  const perCluster = (large.residentMegabytes - small.residentMegabytes) / (large.clusters - small.clusters);
  const rate = large.machineEvents / large.rollSeconds;
  return [
    {
      what: "`capi-gitops sandbox`, from its start to the first answer over HTTPS",
      measured: `${(start / 1000).toFixed(2)} s (${(startProcessor / 1000).toFixed(2)} s of a processor)`,
      aim: "≤ 1 s",
      met: start <= 1000,
    },
    {
      what: "resident memory of `capi-gitops sandbox --clusters 1000`, 10,000 machines, once its controllers have looked at all of them",
      measured: `${loaded.residentMegabytes.toFixed(0)} MB, ${loaded.mostMegabytes.toFixed(0)} at the most (${loaded.processorSeconds.toFixed(1)} s of a processor until it answers)`,
      aim: "≤ 500 MB",
      met: loaded.mostMegabytes <= 500,
    },
    {
      what: `resident memory of ${large.clusters} clusters of 10 machines that have come up one beside the other, with what V8 has not given back`,
      measured: `${large.residentMegabytes.toFixed(0)} MiB (${perCluster.toFixed(2)} MiB for each one more)`,
      aim: "",
    },
    {
      what: `all of those through a minor version in virtual time: ${large.machineEvents} machine events, ${large.events} writes`,
      measured: `${large.rollSeconds.toFixed(1)} s (${large.rollProcessorSeconds.toFixed(1)} s of processors), ${rate.toFixed(0)} machine events/s`,
      aim: "≥ 10,000 machine events/s",
      met: rate >= 10_000,
    },
  ];
}

/** From some 45 clusters on the store's history, which is of a fixed length, is full. */
async function fleets(clusters: number): Promise<readonly [small: FleetNumbers, large: FleetNumbers]> {
  const folder = mkdtempSync(join(tmpdir(), "capi-gitops-bench-"));
  const file = join(folder, "sandbox-fleet.mjs");
  const fleet = async (count: number): Promise<FleetNumbers> =>
    JSON.parse((await run(process.execPath, ["--expose-gc", file, String(count)], { maxBuffer: 1 << 24 })).stdout) as FleetNumbers;
  try {
    await bundle(new URL("sandbox-fleet.ts", import.meta.url), file);
    return [await fleet(clusters / 2), await fleet(clusters)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Start {
  readonly milliseconds: number;
  /** Of the sandbox's process, until then. */
  readonly processorMilliseconds: number;
}

async function startUp(): Promise<Start> {
  const began = performance.now();
  return withSandbox([], async ({ child, kubeconfig }) => {
    const client = createClient(await endpointFromKubeconfig(await written(kubeconfig, () => child.exitCode), systemClock), {
      clock: systemClock,
    });
    await client.version();
    const took = { milliseconds: performance.now() - began, processorMilliseconds: processorSeconds(child.pid) * 1000 };
    client.close();
    return took;
  });
}

interface Loaded {
  /** In MB, of a million bytes: once nothing happens, and the most from the start until all clusters were asked for. */
  readonly residentMegabytes: number;
  readonly mostMegabytes: number;
  readonly processorSeconds: number;
}

/** The built program, so that what a loader of TypeScript keeps is not counted. Its clock runs fast, so that controllers look at everything soon. */
async function loadedFleet(clusters: number): Promise<Loaded> {
  return withSandbox(["--clusters", String(clusters), "--speed", "20"], async ({ child, kubeconfig }) => {
    await written(kubeconfig, () => child.exitCode);
    const answers = processorSeconds(child.pid);
    for (let before = answers, quiet = 0; quiet < 3;) {
      await sleep(5_000);
      const now = processorSeconds(child.pid);
      quiet = now - before < 0.5 ? quiet + 1 : 0;
      before = now;
    }
    const residentMegabytes = megabytes(child, "VmRSS");
    const asked = await run(process.execPath, ["dist/capi-gitops.mjs", "status", "-A", "--kubeconfig", kubeconfig], { maxBuffer: 1 << 24 });
    const settled = asked.stdout.split("\n").filter((line) => /3\/3 .* 7\/7 .* Settled/.test(line)).length;
    if (settled !== clusters) throw new Error(`${settled} of ${clusters} clusters are settled`);
    return { residentMegabytes, mostMegabytes: megabytes(child, "VmHWM"), processorSeconds: answers };
  });
}

async function withSandbox<T>(
  args: readonly string[],
  use: (sandbox: { readonly child: ChildProcess; readonly kubeconfig: string }) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "capi-gitops-bench-"));
  const child = spawn(process.execPath, ["dist/capi-gitops.mjs", "sandbox", "--directory", directory, ...args], { stdio: "ignore" });
  try {
    return await use({ child, kubeconfig: join(directory, "kubeconfig") });
  } finally {
    child.kill("SIGINT");
    await new Promise((resolve) => (child.exitCode === null ? child.once("exit", resolve) : resolve(undefined)));
    rmSync(directory, { recursive: true, force: true });
  }
}

/** As Linux tells it. */
function megabytes({ pid }: ChildProcess, field: "VmRSS" | "VmHWM"): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid ?? 0}/status`, "utf8"))?.[1];
  return (Number(kibibytes) * 1024) / 1e6;
}

async function written(file: string, ended: () => number | null): Promise<string> {
  for (;;) {
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    if (text.endsWith("\n")) return text;
    if (ended() !== null) throw new Error(`the sandbox ended with ${ended()} before it answered`);
    await sleep(2);
  }
}
