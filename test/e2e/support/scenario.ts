import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { run, type StackDescription } from "../../stack/stack.ts";
import { patience, patienceSeconds } from "./patience.ts";
import { takeSlot } from "./slots.ts";
import { watchValues, type WatchedValues } from "./watched-values.ts";

const cli = fileURLToPath(new URL("../../../dist/capi-gitops.mjs", import.meta.url));
const applierScript = fileURLToPath(new URL("./applier.ts", import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A namespace of its own on the shared stack, with what a scenario needs; everything is taken away by `end`. */
export interface Scenario {
  readonly namespace: string;
  /** A temporary folder. */
  readonly folder: string;
  readonly kubectlProgram: string;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  readonly apply: (text: string) => Promise<void>;
  /** JSON of an object or a list. */
  readonly get: (...args: readonly string[]) => Promise<Json>;
  /** Every value that these objects of the scenario have from now on, in the order of the events. */
  readonly watch: (kind: string, jsonpath: string) => Promise<WatchedValues>;
  /** A bare repository with one commit on `main`. */
  readonly repository: (files: Readonly<Record<string, string>>) => Promise<Repository>;
  /** The GitOps engine's part, for a repository. */
  readonly startApplier: (repository: Repository, folder?: string) => Applier;
  /** The built product, in this scenario's namespace. */
  readonly cli: (...args: readonly string[]) => Promise<Finished>;
  startCli(...args: readonly string[]): {
    readonly child: ChildProcess;
    readonly finished: Promise<Finished>;
    said(pattern: RegExp): Promise<void>;
  };
  /** Asks again until `check` gives something; fails after `seconds` with what was last seen. */
  readonly eventually: <T>(what: string, check: () => Promise<T | undefined>, seconds?: number) => Promise<T>;
  /** Waits until all machines are up and the cluster is available. */
  readonly clusterReady: (name: string) => Promise<void>;
  readonly end: () => Promise<void>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- the JSON of any Kubernetes object, as the test expects it
export type Json = any;

export interface Repository {
  readonly path: string;
  readonly git: (...args: readonly string[]) => Promise<string>;
  /** Somebody else's commit. */
  readonly commit: (message: string, files: Readonly<Record<string, string>>) => Promise<string>;
  readonly read: (file: string) => Promise<string>;
}

export interface Applier {
  readonly attempts: () => readonly { readonly revision: string; readonly status: number; readonly message: string }[];
}

let counter = 0;

export async function startScenario(stack: StackDescription, title: string, namespace?: string): Promise<Scenario> {
  counter += 1;
  const name = namespace ?? `${title}-${process.pid}-${counter}`.toLowerCase().replaceAll(/[^a-z0-9-]/g, "-");
  const folder = mkdtempSync(join(tmpdir(), "capi-gitops-scenario-"));
  const children: ChildProcess[] = [];
  const kubectl = (...args: readonly string[]): Promise<string> =>
    run(stack.kubectl, ["--kubeconfig", stack.kubeconfig, "-n", name, ...args]);
  let repositories = 0;
  const freeSlot = await takeSlot(stack.folder);
  if (namespace !== undefined) {
    // A stack that is used again may still have it.
    await kubectl("delete", "clusters", "--all", patience);
    await kubectl("delete", "namespace", name, "--ignore-not-found", patience);
  }
  await run(stack.kubectl, ["--kubeconfig", stack.kubeconfig, "create", "namespace", name]);

  const scenario: Scenario = {
    namespace: name,
    folder,
    kubectlProgram: stack.kubectl,
    kubectl,
    apply: async (text) => void (await run(stack.kubectl, ["--kubeconfig", stack.kubeconfig, "apply", "--server-side", "-f", "-"], text)),
    get: async (...args) => JSON.parse(await kubectl("get", ...args, "-o", "json")),
    async watch(kind, jsonpath) {
      const { child, began, ...values } = watchValues(stack, name, kind, jsonpath);
      children.push(child);
      await began;
      return values;
    },
    repository: (files) => createRepository(join(folder, `repository-${(repositories += 1)}`), files),
    startApplier(repository, below = ".") {
      const child = spawn(
        process.execPath,
        ["--import", "tsx", applierScript, repository.path, "main", below, stack.kubectl, stack.kubeconfig],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      children.push(child);
      const attempts: { revision: string; status: number; message: string }[] = [];
      // A line may come in two chunks.
      createInterface(child.stdout).on("line", (line) => attempts.push(JSON.parse(line) as (typeof attempts)[number]));
      return { attempts: () => attempts };
    },
    cli: async (...args) => scenario.startCli(...args).finished,
    startCli(...args) {
      const child = spawn(process.execPath, [cli, "--kubeconfig", stack.kubeconfig, "-n", name, ...args], {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, NO_COLOR: "1" },
      });
      children.push(child);
      let [out, err] = ["", ""];
      const listeners = new Set<() => void>();
      const tell = (): void => listeners.forEach((listener) => listener());
      // A character may come in two chunks.
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => ((out += chunk), tell()));
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => ((err += chunk), tell()));
      const finished = new Promise<Finished>((resolve) => child.on("close", (code) => resolve({ code, out, err })));
      return {
        child,
        finished,
        said: (pattern) =>
          new Promise((resolve, reject) => {
            const check = (): void => {
              if (!pattern.test(out + err)) return;
              listeners.delete(check);
              resolve();
            };
            listeners.add(check);
            check();
            void finished.then(() => reject(new Error(`ended without saying ${pattern.source}:\n${out}\n${err}`)));
          }),
      };
    },
    async eventually(what, check, seconds = patienceSeconds) {
      const deadline = Date.now() + seconds * 1000;
      let last: unknown;
      for (;;) {
        try {
          const found = await check();
          if (found !== undefined) return found;
        } catch (error) {
          last = error;
        }
        if (Date.now() > deadline) throw new Error(`${what} did not come true in ${seconds} s`, { cause: last });
        await sleep(1_000);
      }
    },
    async clusterReady(cluster) {
      // Two processes that watch cost less than many that ask.
      await kubectl("wait", "--for=create", `cluster/${cluster}`, patience);
      await kubectl("wait", "--for=condition=Available", `cluster/${cluster}`, patience);
      await scenario.eventually(`cluster ${name}/${cluster} to be up`, async () => {
        const { status } = await scenario.get("cluster", cluster);
        const all = (side: Json): boolean =>
          side?.desiredReplicas === side?.availableReplicas && side?.desiredReplicas === side?.upToDateReplicas;
        const available = status?.conditions?.find(({ type }: Json) => type === "Available")?.status === "True";
        return available && all(status.controlPlane) && all(status.workers) ? true : undefined;
      });
    },
    async end() {
      for (const child of children) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
      try {
        await kubectl("delete", "clusters", "--all", "--wait=false");
      } finally {
        freeSlot();
      }
    },
  };
  return scenario;
}

/** A scenario on the shared stack, which ends however it goes. */
export async function scene(title: string, act: (scenario: Scenario) => Promise<void>): Promise<void> {
  const scenario = await startScenario(inject("stack"), title);
  try {
    await act(scenario);
  } finally {
    await scenario.end();
  }
}

async function createRepository(path: string, files: Readonly<Record<string, string>>): Promise<Repository> {
  const work = `${path}-work`;
  await run("git", ["init", "-q", "--bare", "-b", "main", path]);
  await run("git", ["-C", path, "config", "uploadpack.allowFilter", "true"]);
  await run("git", ["clone", "-q", path, work]);
  const git = (...args: readonly string[]): Promise<string> => run("git", ["-C", path, ...args]);
  const inWork = (...args: readonly string[]): Promise<string> =>
    run("git", ["-C", work, "-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", ...args]);
  const repository: Repository = {
    path,
    git,
    async commit(message, changed) {
      await inWork("fetch", "-q", "origin");
      const hasMain = await inWork("rev-parse", "--verify", "-q", "origin/main").then(
        () => true,
        () => false,
      );
      if (hasMain) await inWork("reset", "-q", "--hard", "origin/main");
      for (const [file, text] of Object.entries(changed)) {
        mkdirSync(dirname(join(work, file)), { recursive: true });
        writeFileSync(join(work, file), text);
      }
      await inWork("add", "-A");
      await inWork("commit", "-q", "-m", message);
      await inWork("push", "-q", "origin", "HEAD:main");
      return (await inWork("rev-parse", "HEAD")).trim();
    },
    read: (file) => git("show", `main:${file}`),
  };
  await repository.commit("first", files);
  return repository;
}
