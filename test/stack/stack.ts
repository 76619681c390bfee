import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ensureBinaries, type Binaries } from "./build.ts";
import { crdYaml, webhookYaml } from "./cluster-api-manifests.ts";
import { startDockerStub } from "./docker-stub.ts";
import { createPki, type Pki } from "./pki.ts";
import { freePort, requireFixedPorts } from "./ports.ts";
import { processes, type Processes } from "./processes.ts";

/** What a scenario needs to know of the running stack; plain data, so that it can cross processes. */
export interface StackDescription {
  readonly kubeconfig: string;
  readonly server: string;
  readonly folder: string;
  readonly kubectl: string;
  readonly clusterctl: string;
  /** Folders of kubectl and helm, for the PATH. */
  readonly path: readonly string[];
  /** Argo CD and Flux run on it. */
  readonly engines: boolean;
}

export interface Stack extends StackDescription {
  /** Stops what was started; removes the folder unless `keep`. */
  stop(options: { readonly keep: boolean }): Promise<void>;
}

/** Garbage collection was a fifth of the API server's processor time: memory is what such a machine has more of. */
const seldomCollected = { GOGC: "200", GOMEMLIMIT: "2GiB" };

/** A busy machine takes its time. */
export const startSeconds = 300;

const managers = ["core", "cabpk", "kcp", "capd"] as const;

/**
 * Real etcd, kube-apiserver, garbage collector, and Cluster API v1.14 with its in-memory provider, as plain processes on free ports. About 20 s
 * with the binaries cached. `ReconcilerRateLimiting` is off: scenarios wait for states, not for back-off.
 */
export async function startStack(log: (line: string) => void): Promise<Stack> {
  const binaries = await ensureBinaries(log);
  await requireFixedPorts();
  const folder = await mkdtemp(join(tmpdir(), "capi-gitops-stack-"));
  const logs = join(folder, "logs");
  for (const name of ["pki", "logs", "etcd", "apiserver", "kcm"]) await mkdir(join(folder, name));
  const children = processes(logs);
  const docker = await startDockerStub();
  const stop = async ({ keep }: { readonly keep: boolean }): Promise<void> => {
    await children.stopAll();
    docker.server.close();
    if (!keep) await rm(folder, { recursive: true, force: true });
  };
  try {
    const pki = createPki(join(folder, "pki"));
    const { server, kubeconfig } = await startControlPlane(folder, binaries, pki, children, log);
    await startClusterApi({ folder, binaries, pki, children, kubeconfig, dockerUrl: docker.url, log });
    log(`stack is up: KUBECONFIG=${kubeconfig}`);
    const path = ["kubectl", "helm"].map((binary) => dirname(binaries.path(binary)));
    return {
      kubeconfig,
      server,
      folder,
      kubectl: binaries.path("kubectl"),
      clusterctl: binaries.path("clusterctl"),
      path,
      engines: false,
      stop,
    };
  } catch (error) {
    await stop({ keep: true });
    throw new Error(`The stack did not start; its logs are in ${logs}.`, { cause: error });
  }
}

async function startControlPlane(
  folder: string,
  binaries: Binaries,
  pki: Pki,
  children: Processes,
  log: (line: string) => void,
): Promise<{ server: string; kubeconfig: string }> {
  const [etcdPort, port, kcmPort] = [await freePort(), await freePort(), await freePort()];
  const etcd = `http://127.0.0.1:${etcdPort}`;
  const server = `https://127.0.0.1:${port}`;
  log("starting etcd and kube-apiserver");
  children.start("etcd", binaries.path("etcd"), [
    `--data-dir=${folder}/etcd`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    "--listen-peer-urls=http://127.0.0.1:0",
    "--unsafe-no-fsync",
    "--log-level=warn",
  ]);
  writeFileSync(join(pki.folder, "tokens.csv"), 'admintoken,admin,admin,"system:masters"\nviewertoken,viewer,viewer\n');
  const flags = [
    `--etcd-servers=${etcd}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    "--advertise-address=127.0.0.1",
    "--endpoint-reconciler-type=none",
    `--cert-dir=${folder}/apiserver`,
    `--tls-cert-file=${pki.certificate}`,
    `--tls-private-key-file=${pki.key}`,
    `--client-ca-file=${pki.ca}`,
    `--token-auth-file=${pki.folder}/tokens.csv`,
    "--authorization-mode=RBAC",
    `--service-account-issuer=${server}`,
    `--service-account-key-file=${pki.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${pki.serviceAccountKey}`,
    "--service-cluster-ip-range=10.0.0.0/24",
    "--allow-privileged=true",
    "--disable-admission-plugins=ServiceAccount",
    "--enable-priority-and-fairness=false",
  ];
  children.start("kube-apiserver", binaries.path("kube-apiserver"), flags, seldomCollected);
  const ca = readFileSync(pki.ca);
  await children.waitFor("kube-apiserver", () => answers(`${server}/readyz`, ca, "admintoken"), startSeconds);
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, kubeconfigText(server, ca));
  children.start("kube-controller-manager", binaries.path("kube-controller-manager"), [
    `--kubeconfig=${kubeconfig}`,
    "--leader-elect=false",
    "--controllers=garbage-collector-controller,namespace-controller",
    "--use-service-account-credentials=false",
    "--bind-address=127.0.0.1",
    `--secure-port=${kcmPort}`,
    `--cert-dir=${folder}/kcm`,
    "--authentication-skip-lookup=true",
    "--authorization-always-allow-paths=/healthz",
    "--kube-api-qps=100",
    "--kube-api-burst=200",
  ]);
  return { server, kubeconfig };
}

interface ClusterApiOptions {
  readonly folder: string;
  readonly binaries: Binaries;
  readonly pki: Pki;
  readonly children: Processes;
  readonly kubeconfig: string;
  readonly dockerUrl: string;
  readonly log: (line: string) => void;
}

async function startClusterApi({ binaries, pki, children, kubeconfig, dockerUrl, log }: ClusterApiOptions): Promise<void> {
  const caBundle = readFileSync(pki.ca).toString("base64");
  const webhookPorts = new Map<string, number>();
  for (const name of managers) webhookPorts.set(name, await freePort());
  const yaml = (make: typeof crdYaml): string =>
    managers.map((name) => make(binaries.manifests("capi-core"), name, webhookPorts.get(name) ?? 0, caBundle)).join("---\n");
  const kubectl = (args: readonly string[], input = ""): Promise<string> =>
    run(binaries.path("kubectl"), ["--kubeconfig", kubeconfig, ...args], input);

  log("creating Cluster API's CRDs");
  await kubectl(["apply", "--server-side", "-f", "-"], yaml(crdYaml));
  await kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=300s"]);
  log("starting Cluster API's managers");
  for (const name of managers) {
    const [health, diagnostics] = [await freePort(), await freePort()];
    const gates = name === "core" ? "ClusterTopology=true,RuntimeSDK=true," : name === "cabpk" ? "" : "ClusterTopology=true,";
    children.start(
      name,
      binaries.path(`capi-${name}`),
      [
        `--kubeconfig=${kubeconfig}`,
        `--webhook-cert-dir=${pki.folder}`,
        `--webhook-port=${webhookPorts.get(name)}`,
        `--health-addr=127.0.0.1:${health}`,
        "--insecure-diagnostics",
        `--diagnostics-address=127.0.0.1:${diagnostics}`,
        `--feature-gates=${gates}ReconcilerRateLimiting=false`,
        "--v=2",
      ],
      { ...seldomCollected, ...(name === "capd" ? { POD_IP: "127.0.0.1", DOCKER_HOST: dockerUrl } : {}) },
    );
    const webhook = `https://127.0.0.1:${webhookPorts.get(name)}/`;
    await children.waitFor(name, () => answers(webhook, readFileSync(pki.ca), undefined, false), startSeconds);
  }
  await kubectl(["apply", "--server-side", "-f", "-"], yaml(webhookYaml));
}

function kubeconfigText(server: string, ca: Buffer): string {
  const cluster = { server, "certificate-authority-data": ca.toString("base64") };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "stack", cluster }],
    users: [
      { name: "admin", user: { token: "admintoken" } },
      { name: "viewer", user: { token: "viewertoken" } },
    ],
    contexts: [
      { name: "stack", context: { cluster: "stack", user: "admin" } },
      { name: "viewer", context: { cluster: "stack", user: "viewer" } },
    ],
    "current-context": "stack",
  });
}

/** True when the server answers (with 200, unless `anyStatus` is enough). */
function answers(url: string, ca: Buffer, token: string | undefined, mustBeOk = true): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    get(url, { ca, headers, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(!mustBeOk || response.statusCode === 200);
    })
      .on("error", () => resolve(false))
      .on("timeout", function (this: { destroy(): void }) {
        this.destroy();
      });
  });
}

/** Runs a program with `input` on its standard input; gives its standard output, rejects with its standard error. */
export function run(program: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    let [output, errors] = ["", ""];
    // A character may come in two chunks.
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (errors += chunk));
    child.on("error", reject);
    child.on("close", (status) =>
      status === 0 ? resolve(output) : reject(new Error(`${program} ${args.join(" ")} ended with ${status}: ${errors}`)),
    );
    // A program that fails before it reads says why on its standard error.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
