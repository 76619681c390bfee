// `npm run demo`: the seed's story, on a simulated management cluster: the real commands, over HTTPS, and a real Git repository. Nothing outside of this process and its temporary folder is touched.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { processTerminal } from "../src/cli/terminal.ts";
import { startSandbox, type Sandbox } from "../src/sandbox/sandbox.ts";
import type { StoredObject } from "../src/sandbox/store/stored-object.ts";
import { quickStartFiles } from "../src/sandbox/worlds/quick-start.ts";

const cli = fileURLToPath(new URL("../dist/capi-gitops.mjs", import.meta.url));
const terminal = processTerminal(!process.argv.includes("--no-color"));
const folder = mkdtempSync(join(tmpdir(), "capi-gitops-demo-"));
/** Machines of the sandbox take half a minute each; nobody wants to watch that. */
const speed = 10;
const cluster = { namespace: "capi-quickstart", name: "capi-quickstart" };
const [before, after] = ["v1.26.0", "v1.26.6"];
let failures = 0;

function say(text = ""): void {
  console.log(text);
}

function heading(text: string): void {
  say(`\n${terminal.paint("bold", `── ${text}`)}\n`);
}

/** The demo claims nothing that it has not checked. */
function check(claim: string, holds: boolean): void {
  if (!holds) failures += 1;
  say(`${holds ? terminal.paint("good", "✓") : terminal.paint("bad", "✗ NOT TRUE:")} ${claim}`);
}

/** Runs the built command as a person would; gives its exit code and what it said. */
function capiGitops(kubeconfig: string, ...args: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  say(terminal.paint("dim", `$ capi-gitops ${args.join(" ")}`));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, "-n", cluster.namespace, ...args], {
      env: { ...process.env, KUBECONFIG: kubeconfig, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
      process.stdout.write(chunk);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("close", (code) => resolve({ code, text }));
  });
}

function machineVersions({ management: { objects } }: Sandbox): readonly string[] {
  return objects.store
    .labelled("Machine.cluster.x-k8s.io", cluster.namespace, cluster.name)
    .map(
      ({ status }) =>
        (status as { readonly nodeInfo?: { readonly kubeletVersion: string } } | undefined)?.nodeInfo?.kubeletVersion ?? "none",
    );
}

/** How many nginx pods are there for their users, from now on: ready, not leaving, and on a node that exists. */
function watchNginx({ management }: Sandbox): { readonly least: () => number; readonly moved: () => number } {
  const { objects } = management.workloads.get(cluster)!;
  const available = (pod: StoredObject): boolean => {
    const spec = pod["spec"] as { readonly nodeName?: string } | undefined;
    const status = pod["status"] as { readonly conditions?: readonly { readonly type: string; readonly status: string }[] } | undefined;
    return (
      pod.metadata.labels?.["app"] === "nginx" &&
      pod.metadata.deletionTimestamp === undefined &&
      objects.store.get("Node", undefined, spec?.nodeName ?? "") !== undefined &&
      status?.conditions?.some(({ type, status: state }) => type === "Ready" && state === "True") === true
    );
  };
  const count = (): number => objects.store.list("Pod", "default").filter(available).length;
  let least = count();
  let moved = 0;
  objects.store.subscribe((event) => {
    if (event.type !== "Pod" && event.type !== "Node") return;
    least = Math.min(least, count());
    if (event.type === "Pod" && event.kind === "deleted" && event.object.metadata.labels?.["app"] === "nginx") moved += 1;
  });
  return { least: () => least, moved: () => moved };
}

/** Somebody with kubectl, as in the seed's step 10. */
function editControlPlane({ management }: Sandbox, version: string): string {
  const kcp = management.objects.store.labelled("KubeadmControlPlane.controlplane.cluster.x-k8s.io", cluster.namespace, cluster.name)[0]!;
  const path = `/apis/controlplane.cluster.x-k8s.io/v1beta2/namespaces/${cluster.namespace}/kubeadmcontrolplanes/${kcp.metadata.name}`;
  management.handler.handle({
    method: "PATCH",
    path,
    query: new URLSearchParams({ fieldManager: "kubectl-edit" }),
    contentType: "application/merge-patch+json",
    body: { spec: { version } },
  });
  return kcp.metadata.name;
}

function git(...args: readonly string[]): string {
  return execFileSync("git", args, { encoding: "utf8", env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" } });
}

async function story(sandbox: Sandbox): Promise<void> {
  const { kubeconfig, repository } = sandbox;
  heading(`1. Two clusters at ${before}; nginx runs on capi-quickstart`);
  await capiGitops(kubeconfig, "status", "-A");
  const described = await capiGitops(kubeconfig, "describe", cluster.name);
  check(
    `every machine runs ${before}`,
    machineVersions(sandbox).every((version) => version === before),
  );
  check("the owner of the version is named: the topology, in Git", described.text.includes("spec.topology.version"));

  heading(`2. Somebody edits the KubeadmControlPlane by hand: ${before} → ${after} (the seed's step 10)`);
  const kcp = editControlPlane(sandbox, after);
  say(terminal.paint("dim", `$ kubectl edit kubeadmcontrolplane ${kcp}   # spec.version: ${after}`));
  await sleep(3_000);
  const wedged = await capiGitops(kubeconfig, "verify", cluster.name, "--hold", "1s", "--timeout", "20s");
  check(
    "it is called wedged, with the hand that did it",
    wedged.code === 4 && /[Ww]edged/.test(wedged.text) && wedged.text.includes("kubectl-edit"),
  );
  const repaired = await capiGitops(kubeconfig, "repair", cluster.name, "--yes", "--timeout", "60s");
  check("it is mended", repaired.code === 0);

  heading(`3. The upgrade, through Git: ${before} → ${after}`);
  const nginx = watchNginx(sandbox);
  const upgrade = await capiGitops(
    kubeconfig,
    "upgrade",
    cluster.name,
    "--to",
    after,
    "--repo",
    repository,
    "--wait",
    "--hold",
    "5s",
    "--timeout",
    "5m",
  );
  check("the upgrade is proven", upgrade.code === 0);
  check(
    `every kubelet runs ${after}`,
    machineVersions(sandbox).length === 4 && machineVersions(sandbox).every((version) => version === after),
  );
  say(`\n${terminal.paint("dim", `$ git -C ${repository.replace("file://", "")} show main`)}`);
  say(git("-C", join(sandbox.directory, "fleet.git"), "show", "--format=%an: %s", "main").trimEnd());
  check(
    "one line of one file has changed",
    git("-C", join(sandbox.directory, "fleet.git"), "show", "--format=", "--numstat", "main").trim().startsWith("1\t1\t"),
  );
  check(
    `nginx: ${nginx.moved()} pods moved, never fewer than ${nginx.least()} of 4 were there (its disruption budget asks for 3)`,
    nginx.moved() > 0 && nginx.least() >= 3,
  );
}

const sandbox = await startSandbox({
  files: quickStartFiles(),
  workload: { cluster, manifests: quickStartFiles()["workload/nginx.yaml"]! },
  directory: join(folder, "sandbox"),
  speed,
  applierIntervalMilliseconds: 10_000,
  onError: (error) => {
    failures += 1;
    console.error(error);
  },
});
try {
  say(
    `This is a simulation: a management cluster with Cluster API in one process, ${speed} times as fast as real machines. The commands are the real ones.`,
  );
  say("The same walk on real components: `npm run test:e2e`.");
  await story(sandbox);
  heading(failures === 0 ? "All of this held" : `${failures} claim(s) did not hold`);
  say("Play with it:   npx capi-gitops sandbox        (prints the kubeconfig to use with kubectl, clusterctl and capi-gitops)");
  say("Your cluster:   docs/first-upgrade.md");
} finally {
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
