import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { run, type StackDescription } from "../../stack/stack.ts";
import { yaml } from "./manifests.ts";
import { patience, patienceSeconds } from "./patience.ts";
import { takeOperatorTurn } from "./slots.ts";

const program = fileURLToPath(new URL("../../../dist/capi-gitops.mjs", import.meta.url));
const config = fileURLToPath(new URL("../../../config/operator", import.meta.url));

/** Replicas of the built operator with the rights of `config/operator` and no others; one of them leads. */
export interface Operator {
  /** Allows it to read the kubeconfigs of a namespace, as docs/install.md says it. */
  allowProof(namespace: string): Promise<void>;
  /** Makes a Secret where it reads those that policies and catalogs name. */
  secret(name: string, values: Readonly<Record<string, string>>, type?: string): Promise<void>;
  /** `kill -9` for the one that leads, and a new one in its place. Gives back which one it was. Throws when none leads. */
  killLeader(): number;
  /** Which one leads, once there is one besides `before`. */
  leader(before?: number): Promise<number>;
  /** What they have logged last. */
  log(): string;
  /** Ends them with SIGTERM; their exit codes. */
  stop(): Promise<readonly (number | null)[]>;
}

interface Replica {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  text: string;
}

/** More than scenarios end: one that ends by itself again and again is not started for ever. */
const mostReplicas = 12;

/** Two replicas, as the Deployment has, installed under a name of their own: others on the same stack have their Lease and their rights. Waits for its turn on the stack. */
export async function startOperator(stack: StackDescription): Promise<Operator> {
  const kubectl = (...args: readonly string[]): Promise<string> => run(stack.kubectl, ["--kubeconfig", stack.kubeconfig, ...args]);
  const suffix = `-e2e-${process.pid}`;
  const [name, namespace] = [`clusterapi-gitops${suffix}`, `clusterapi-gitops-system${suffix}`];
  const endTurn = await takeOperatorTurn(stack.folder);
  await install(kubectl, namespace, suffix);
  const all: Replica[] = [];
  let stopping = false;
  const alive = (): readonly Replica[] => all.filter(({ child }) => child.exitCode === null && child.signalCode === null);
  const leading = (): number =>
    all.findIndex((replica) => replica.text.includes('"msg":"leads"') && !replica.child.killed && alive().includes(replica));
  const log = (): string => all.map(({ text }, index) => `--- replica ${index}\n${text.split("\n").slice(-40).join("\n")}`).join("\n");

  function start(): void {
    const as = `system:serviceaccount:${namespace}:${name}`;
    const child = spawn(
      process.execPath,
      [program, "--kubeconfig", stack.kubeconfig, "--as", as, "-n", namespace, "operator", "--metrics-address", "0"],
      { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, POD_NAME: `replica-${all.length}` } },
    );
    const replica: Replica = { child, ended: new Promise((resolve) => child.on("close", (code) => resolve(code))), text: "" };
    child.stderr?.on("data", (chunk: Buffer) => (replica.text += chunk.toString()));
    // As the kubelet does; also where the lease was lost, which ends a process.
    child.on("close", () => {
      if (!stopping && all.length < mostReplicas) start();
    });
    all.push(replica);
  }

  async function leader(before?: number): Promise<number> {
    for (let tries = 0; tries < patienceSeconds * 10; tries += 1) {
      const found = leading();
      if (found !== -1 && found !== before) return found;
      await sleep(100);
    }
    throw new Error(`no replica came to lead:\n${log()}`);
  }

  /** One that has only just been started does not know yet what a SIGTERM means. */
  async function allAreUp(): Promise<void> {
    while (!alive().every(({ text }) => text.includes('"msg":"has a leader"'))) await sleep(100);
  }

  async function stop(): Promise<readonly (number | null)[]> {
    stopping = true;
    const running = alive();
    for (const { child } of running) child.kill("SIGTERM");
    const codes = await Promise.all(running.map(({ ended }) => ended));
    const installed = [`clusterrolebinding/${name}`, `clusterrole/${name}`, `clusterrole/clusterapi-gitops-workload-access${suffix}`];
    await kubectl("delete", ...installed, `namespace/${namespace}`, "--ignore-not-found", "--wait=false");
    endTurn();
    return codes;
  }

  start();
  await leader().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  start();
  return {
    leader,
    log,
    stop: () => allAreUp().then(stop),
    secret: async (secret, values, type = "Opaque") =>
      void (await run(
        stack.kubectl,
        ["--kubeconfig", stack.kubeconfig, "apply", "--server-side", "-f", "-"],
        yaml({ apiVersion: "v1", kind: "Secret", metadata: { name: secret, namespace }, type, stringData: values }),
      )),
    allowProof: async (where) =>
      void (await kubectl(
        "create",
        "rolebinding",
        "clusterapi-gitops-workload-access",
        `--namespace=${where}`,
        `--clusterrole=clusterapi-gitops-workload-access${suffix}`,
        `--serviceaccount=${namespace}:${name}`,
      )),
    killLeader() {
      const found = leading();
      if (found === -1) throw new Error(`nobody leads:\n${log()}`);
      all[found]?.child.kill("SIGKILL");
      return found;
    },
  };
}

async function install(kubectl: (...args: readonly string[]) => Promise<string>, namespace: string, nameSuffix: string): Promise<void> {
  const overlay = mkdtempSync(join(tmpdir(), "capi-gitops-install-"));
  try {
    writeFileSync(
      join(overlay, "kustomization.yaml"),
      yaml({
        apiVersion: "kustomize.config.k8s.io/v1beta1",
        kind: "Kustomization",
        namespace,
        nameSuffix,
        resources: [relative(overlay, config)],
      }),
    );
    await kubectl("apply", "--server-side", "-k", overlay);
  } finally {
    rmSync(overlay, { recursive: true, force: true });
  }
  const kinds = ["upgradepolicies", "clusterupgrades", "releasecatalogs"].map((plural) => `crd/${plural}.upgrades.clusterapi-gitops.io`);
  await kubectl("wait", "--for=condition=Established", patience, ...kinds);
}
