import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { systemClock } from "../src/clock.ts";
import { createClient } from "../src/kubernetes/client.ts";
import { endpointFromKubeconfig } from "../src/kubernetes/credentials.ts";
import { median } from "./measure.ts";
import type { FleetNumbers } from "./sandbox-fleet.ts";

/** There is nothing else to measure a simulation against: numbers of this machine, with what they should be. */
export interface SandboxRow {
  readonly what: string;
  readonly measured: string;
  readonly aim: string;
  readonly met: boolean;
}

const starts = 7;
const run = promisify(execFile);

export async function benchSandbox(clusters = 100): Promise<readonly SandboxRow[]> {
  const times: number[] = [];
  for (let round = 0; round < starts; round += 1) times.push(await startUp());
  const start = median(times);
  const options = ["--expose-gc", "--import", "tsx", "bench/sandbox-fleet.ts"];
  const fleet = async (count: number): Promise<FleetNumbers> =>
    JSON.parse((await run(process.execPath, [...options, String(count)], { maxBuffer: 1 << 24 })).stdout) as FleetNumbers;
  // From some 45 clusters on the store's history, which is of a fixed length, is full.
  const [small, large] = [await fleet(clusters / 2), await fleet(clusters)];
  const perCluster = (large.residentMegabytes - small.residentMegabytes) / (large.clusters - small.clusters);
  const thousand = large.residentMegabytes + perCluster * (1000 - large.clusters);
  const rate = large.machineEvents / large.rollSeconds;
  return [
    {
      what: "`capi-gitops sandbox`, from its start to the first answer over HTTPS",
      measured: `${(start / 1000).toFixed(2)} s`,
      aim: "≤ 1 s",
      met: start <= 1000,
    },
    {
      what: `memory of ${large.clusters} clusters of 10 machines (${perCluster.toFixed(2)} MiB for each one more)`,
      measured: `${large.residentMegabytes.toFixed(0)} MiB`,
      aim: `≤ 500 MB for 1,000 (at this rate: ${thousand.toFixed(0)} MiB)`,
      met: thousand <= 500,
    },
    {
      what: `all of them through a minor version in virtual time: ${large.machineEvents} machine events, ${large.events} writes`,
      measured: `${large.rollSeconds.toFixed(1)} s (${large.rollProcessorSeconds.toFixed(1)} s of processors), ${rate.toFixed(0)} machine events/s`,
      aim: "≥ 10,000 machine events/s",
      met: rate >= 10_000,
    },
  ];
}

/** Milliseconds. */
async function startUp(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "capi-gitops-bench-"));
  const kubeconfig = join(directory, "kubeconfig");
  const began = performance.now();
  const child = spawn(process.execPath, ["dist/capi-gitops.mjs", "sandbox", "--directory", directory], { stdio: "ignore" });
  try {
    const text = await written(kubeconfig, () => child.exitCode);
    const client = createClient(await endpointFromKubeconfig(text, systemClock), { clock: systemClock });
    await client.version();
    const took = performance.now() - began;
    client.close();
    return took;
  } finally {
    child.kill("SIGINT");
    await new Promise((resolve) => (child.exitCode === null ? child.once("exit", resolve) : resolve(undefined)));
    rmSync(directory, { recursive: true, force: true });
  }
}

async function written(file: string, ended: () => number | null): Promise<string> {
  for (;;) {
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    if (text.endsWith("\n")) return text;
    if (ended() !== null) throw new Error(`the sandbox ended with ${ended()} before it answered`);
    await sleep(2);
  }
}
