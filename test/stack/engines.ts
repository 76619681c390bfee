import { mkdirSync, readdirSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { areCached, ensureBinaries } from "./build.ts";
import { engineModules, helmControllerModules } from "./components.ts";
import { argoObjects, fluxObjects } from "./engine-objects.ts";
import { freePort } from "./ports.ts";
import { processes, type Processes } from "./processes.ts";
import { run, startSeconds, type StackDescription } from "./stack.ts";

export interface Engines {
  stop(): Promise<void>;
}

interface Place {
  readonly kubeconfig: string;
  /** Folder of this run, for what the engines keep. */
  readonly folder: string;
  readonly binary: (name: string) => string;
  readonly children: Processes;
}

/**
 * Real Argo CD (repo-server, application-controller, applicationset-controller, redis) and Flux (source-controller, kustomize-controller, helm-controller where it is built) on a stack that is up, as plain
 * processes on free ports, with their logs beside the stack's. About 15 s with the binaries cached. How, and why so: docs/adr/0011.
 */
export async function startEngines(stack: StackDescription, log: (line: string) => void): Promise<Engines> {
  const withHelm = await areCached(helmControllerModules);
  const binaries = await ensureBinaries(log, [...engineModules, ...(withHelm ? helmControllerModules : [])]);
  const children = processes(join(stack.folder, "logs"));
  const place: Place = {
    kubeconfig: stack.kubeconfig,
    folder: join(stack.folder, "engines"),
    binary: (name) => binaries.path(name),
    children,
  };
  const kubectl = (args: readonly string[], input = ""): Promise<string> =>
    run(stack.kubectl, ["--kubeconfig", stack.kubeconfig, ...args], input);
  try {
    log("creating the CRDs of Argo CD and Flux");
    const defining = ["argocd", "source-controller", "kustomize-controller", ...(withHelm ? ["helm-controller"] : [])];
    const folders = defining.map((name) => join(binaries.manifests(name), "crds"));
    const files = folders.flatMap(crdFiles).flatMap((file) => ["-f", file]);
    await kubectl(["apply", "--server-side", "--validate=false", ...files]);
    await established(() => kubectl(["wait", "--for=condition=Established", "--timeout=300s", ...files]));
    if (withHelm) await discoverable(() => kubectl(["get", "--raw", "/apis/helm.toolkit.fluxcd.io/v2"]));
    await kubectl(["apply", "--server-side", "-f", "-"], `${argoObjects()}---\n${fluxObjects()}`);
    log("starting Argo CD and Flux");
    await Promise.all([startArgoCd(place), startFlux(place, withHelm)]);
    log("Argo CD and Flux are up");
    return { stop: () => children.stopAll() };
  } catch (error) {
    await children.stopAll();
    throw new Error(`Argo CD and Flux did not start; their logs are in ${stack.folder}/logs.`, { cause: error });
  }
}

/** Argo CD's kustomization.yaml is no object. */
function crdFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml") && file !== "kustomization.yaml")
    .map((file) => join(folder, file));
}

/** kubectl gives up at once on a definition that is so new that it has no conditions yet. */
function established(wait: () => Promise<unknown>): Promise<void> {
  return until(wait, ".status.conditions accessor error");
}

/** What is established can be discovered a moment later; helm-controller ends where it cannot. */
function discoverable(ask: () => Promise<unknown>): Promise<void> {
  return until(ask, "(NotFound)");
}

/** Asks again twice a second, for as long as it fails with these words and the start may take. */
async function until(ask: () => Promise<unknown>, words: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await ask();
      return;
    } catch (error) {
      if (tries === 2 * startSeconds || !String(error).includes(words)) throw error;
      await sleep(500);
    }
  }
}

async function startArgoCd({ kubeconfig, folder, binary, children }: Place): Promise<void> {
  const [redisPort, repoPort, repoMetrics, controllerMetrics] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const [setsMetrics, setsHealth, setsHooks] = [await freePort(), await freePort(), await freePort()];
  const own = (name: string): string => ownFolder(folder, `argocd-${name}`);
  const environment = {
    ...surroundings(own("home")),
    KUBECONFIG: kubeconfig,
    // `https://kubernetes.default.svc` is then the cluster of the kubeconfig.
    ARGOCD_FAKE_IN_CLUSTER: "true",
    ARGOCD_GPG_ENABLED: "false",
    ARGOCD_TLS_DATA_PATH: own("tls"),
    ARGOCD_SSH_DATA_PATH: own("ssh"),
    ARGOCD_GNUPGHOME: own("gpg"),
    ARGOCD_GPG_DATA_PATH: own("gpg-source"),
    ARGOCD_PLUGINSOCKFILEPATH: own("plugins"),
    TMPDIR: own("tmp"),
  };
  startRedis(children, redisPort);
  const redis = ["--redis", `127.0.0.1:${redisPort}`];
  children.start(
    "argocd-repo-server",
    binary("argocd"),
    ["--address", "127.0.0.1", "--port", String(repoPort), "--metrics-port", String(repoMetrics), ...redis, "--disable-tls"],
    { ...environment, ARGOCD_BINARY_NAME: "argocd-repo-server" },
  );
  await children.waitFor("argocd-repo-server", () => answers(repoMetrics, "/healthz"), startSeconds);
  children.start(
    "argocd-application-controller",
    binary("argocd"),
    // As Argo CD's own default. Scenarios ask for a refresh themselves; one that is asked for while another is under way is lost, as Argo CD takes both requests off.
    [
      `--kubeconfig=${kubeconfig}`,
      "--namespace=argocd",
      ...redis,
      `--metrics-port=${controllerMetrics}`,
      `--repo-server=127.0.0.1:${repoPort}`,
      "--repo-server-plaintext",
      "--app-resync=180",
      "--status-processors=4",
      "--operation-processors=4",
    ],
    { ...environment, ARGOCD_BINARY_NAME: "argocd-application-controller" },
  );
  children.start(
    "argocd-applicationset-controller",
    binary("argocd"),
    [
      `--kubeconfig=${kubeconfig}`,
      "--namespace=argocd",
      `--metrics-addr=127.0.0.1:${setsMetrics}`,
      `--probe-addr=127.0.0.1:${setsHealth}`,
      `--webhook-addr=127.0.0.1:${setsHooks}`,
      `--argocd-repo-server=127.0.0.1:${repoPort}`,
      "--repo-server-plaintext",
    ],
    { ...environment, ARGOCD_BINARY_NAME: "argocd-applicationset-controller" },
  );
  await children.waitFor("argocd-application-controller", () => answers(controllerMetrics, "/healthz"), startSeconds);
  await children.waitFor("argocd-applicationset-controller", () => answers(setsMetrics, "/metrics"), startSeconds);
}

function startRedis(children: Processes, port: number): void {
  const child = children.start("redis", "redis-server", [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
  ]);
  child.on("error", () =>
    console.error("Argo CD needs redis-server, which is not on the PATH. Install it (apt-get install redis-server)."),
  );
}

async function startFlux({ kubeconfig, folder, binary, children }: Place, withHelm: boolean): Promise<void> {
  const environment = {
    ...surroundings(ownFolder(folder, "flux-home")),
    KUBECONFIG: kubeconfig,
    RUNTIME_NAMESPACE: "flux-system",
    TMPDIR: ownFolder(folder, "flux-tmp"),
  };
  const storage = `127.0.0.1:${await freePort()}`;
  const start = async (name: string, args: readonly string[]): Promise<void> => {
    const [metrics, health] = [await freePort(), await freePort()];
    const addresses = [`--metrics-addr=127.0.0.1:${metrics}`, `--health-addr=127.0.0.1:${health}`, "--events-addr="];
    children.start(name, binary(name), [...args, ...addresses], environment);
    await children.waitFor(name, () => answers(health, "/readyz"), startSeconds);
  };
  await Promise.all([
    start("source-controller", [
      `--storage-path=${ownFolder(folder, "flux-storage")}`,
      `--storage-addr=${storage}`,
      `--storage-adv-addr=${storage}`,
    ]),
    start("kustomize-controller", ["--requeue-dependency=2s"]),
    ...(withHelm ? [start("helm-controller", ["--requeue-dependency=2s"])] : []),
  ]);
}

function ownFolder(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** No settings of this machine: no proxy for 127.0.0.1, no configuration of git's from a home. */
function surroundings(home: string): Readonly<Record<string, string>> {
  return { HOME: home, NO_PROXY: "127.0.0.1,localhost", no_proxy: "127.0.0.1,localhost" };
}

function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: "127.0.0.1", port, path, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on("error", () => resolve(false))
      .on("timeout", function (this: { destroy(): void }) {
        this.destroy();
      });
  });
}
