import { readdir, readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { startSandbox, type Sandbox, type SandboxOptions } from "../../sandbox/sandbox.ts";
import type { PackedWorld } from "../../sandbox/worlds/packed-world.ts";
import { fleetCopies, fleetWorld } from "../../sandbox/worlds/fleet.ts";
import { quickStartWorld } from "../../sandbox/worlds/quick-start.ts";
import { detachOnInterrupt } from "../detach.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import type { GlobalOptions } from "../global-options.ts";
import { processTerminal, type Terminal } from "../terminal.ts";

export interface SandboxCommandOptions extends GlobalOptions {
  readonly directory?: string;
  readonly files?: string;
  readonly clusters?: string;
  readonly port?: string;
  readonly speed: string;
  readonly seed: string;
}

/** A simulated management cluster, until Ctrl-C. Its kubeconfig's name is what it says on stdout. */
export async function sandbox(options: SandboxCommandOptions): Promise<ExitCode> {
  const terminal = processTerminal(options.color);
  const world = await worldOf(options);
  const port = options.port === undefined ? {} : { port: wholeNumber(options.port, "--port", 1, 65_535) };
  const detach = detachOnInterrupt();
  const running = await start({
    ...world,
    ...(options.directory === undefined ? {} : { directory: resolve(options.directory) }),
    ...port,
    speed: speedOf(options.speed),
    seed: wholeNumber(options.seed, "--seed", 0, 2 ** 32 - 1),
    onApply: ({ revision, objects, errors }) => {
      for (const { object, message } of errors) terminal.say(`applier: ${object}: ${message}`);
      if (errors.length === 0 && revision !== "") terminal.say(`applier: ${objects} objects of commit ${revision.slice(0, 12)} applied`);
    },
    onError: (error) => {
      terminal.say(
        `The sandbox made a mistake, and its time stands still: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    },
  });
  try {
    introduce(terminal, running, options);
    terminal.out(running.kubeconfig);
    await new Promise<void>((resolveWait) => {
      if (detach.signal.aborted) resolveWait();
      else detach.signal.addEventListener("abort", () => resolveWait(), { once: true });
    });
    return exitCodes.done;
  } finally {
    await running.close();
    detach.release();
  }
}

type World = Pick<SandboxOptions, "files" | "workload" | "settled" | "copies">;

/** Throws UsageError. */
async function worldOf({ files, clusters }: SandboxCommandOptions): Promise<World> {
  if (files !== undefined && clusters !== undefined)
    throw new UsageError("--files and --clusters both say what the sandbox begins with. Leave one of them out.");
  if (files !== undefined) return { files: await filesIn(resolve(files)) };
  if (clusters === undefined) return { ...quickStartWorld(), ...(await settledBy("quick-start")) };
  const count = wholeNumber(clusters, "--clusters", 1, 10_000);
  return { ...fleetWorld(count), copies: fleetCopies(count), ...(await settledBy("fleet")) };
}

/** What the build made of a world, which lies beside this program once it is built; from its sources it comes up each time. */
async function settledBy(name: "quick-start" | "fleet"): Promise<{ readonly settled?: PackedWorld }> {
  try {
    const packed = await readFile(new URL(`${name}.json.gz`, import.meta.url));
    // scripts/build.ts is its only author.
    return { settled: JSON.parse(gunzipSync(packed).toString()) as PackedWorld };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

/** Rejects with UsageError when the port is somebody else's. */
async function start(options: Parameters<typeof startSandbox>[0]): Promise<Sandbox> {
  try {
    return await startSandbox(options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
    const why = code === "EADDRINUSE" ? "is in use" : "may not be listened on by this user";
    throw new UsageError(`Port ${options.port} of 127.0.0.1 ${why}. Name another with --port, or leave it out to take any free one.`);
  }
}

function introduce(terminal: Terminal, { kubeconfig, repository }: Sandbox, { clusters }: SandboxCommandOptions): void {
  const [cluster, to] = clusters === undefined ? ["capi-quickstart -n capi-quickstart", "v1.26.6"] : ["cluster-0 -n fleet", "v1.34.0"];
  const say = (text: string): void => terminal.say(text);
  say("A simulated management cluster is up: Cluster API v1.14 as far as upgrades go, nothing else runs on this machine. Ctrl-C ends it.");
  say("");
  say("In another terminal:");
  say(`  export KUBECONFIG=${kubeconfig}`);
  say(`  kubectl get clusters -A                     # or: clusterctl describe cluster ${cluster}`);
  say("  capi-gitops status -A");
  say(`  capi-gitops upgrade ${cluster} --to ${to} --repo ${repository} --wait --hold 10s`);
  say(`  git clone ${repository}           # what is pushed below clusters/ on main is applied`);
  say("");
}

/** Throws UsageError. */
function wholeNumber(text: string, option: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new UsageError(`${option} ${text} is not a whole number from ${least} to ${most}.`);
  return value;
}

/** Throws UsageError. */
function speedOf(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value < 0.1 || value > 1000) {
    throw new UsageError(`--speed ${text} is not a number from 0.1 to 1000: seconds of the sandbox for each second of the clock.`);
  }
  return value;
}

/** Text files of a folder, by their path in it. Throws UsageError. */
async function filesIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {};
  try {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const name = relative(folder, path).replaceAll("\\", "/");
      if (entry.isFile() && !name.startsWith(".git/")) files[name] = await readFile(path, "utf8");
    }
  } catch (error) {
    throw new UsageError(`--files ${folder} cannot be read: ${(error as Error).message}`);
  }
  if (!Object.keys(files).some((name) => name.startsWith("clusters/"))) {
    throw new UsageError(`--files ${folder} holds nothing below clusters/: that is the folder whose manifests are applied.`);
  }
  return files;
}
