import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { freePort } from "../stack/ports.ts";
import { run } from "../stack/stack.ts";
import { patience } from "./support/patience.ts";

const config = fileURLToPath(new URL("../../config/", import.meta.url));
const namespace = "clusterapi-gitops-system";
const account = `system:serviceaccount:${namespace}:clusterapi-gitops`;

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

function kubectl(...args: readonly string[]): Promise<string> {
  const { kubectl: program, kubeconfig } = inject("stack");
  return run(program, ["--kubeconfig", kubeconfig, ...args]);
}

function objectsIn(text: string): readonly Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((object) => object !== null);
}

function named({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}

/** As `kubectl auth can-i VERB RESOURCE[/SUBRESOURCE] -n NAMESPACE` says it to the operator's service account. */
async function may(verb: string, resource: string, where: string): Promise<boolean> {
  const { kubectl: program, kubeconfig } = inject("stack");
  const [name = "", subresource] = resource.split("/");
  const options = subresource === undefined ? [] : [`--subresource=${subresource}`];
  const scope = where === "" ? ["--all-namespaces"] : ["-n", where];
  const args = ["--kubeconfig", kubeconfig, "auth", "can-i", verb, name, ...options, ...scope, `--as=${account}`];
  const { stdout } = spawnSync(program, args, { encoding: "utf8" });
  return stdout.trim() === "yes";
}

function chart(...options: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const args = ["template", "x", `${config}charts/clusterapi-gitops`, "-n", namespace, "--kube-version", "v1.36.3", ...options];
  return spawnSync("helm", args, { encoding: "utf8" });
}

beforeAll(async () => {
  await kubectl("apply", "--server-side", "-k", `${config}operator`);
});

describe("the installation", () => {
  it("is accepted whole by a real API server, twice", async () => {
    const again = await kubectl("apply", "--server-side", "-k", `${config}operator`);
    expect(again.trim().split("\n").length).toBeGreaterThanOrEqual(13);
    await kubectl("wait", "--for=condition=Established", "crd/upgradepolicies.upgrades.clusterapi-gitops.io", patience);
  });

  it("by chart is the same as by kustomize", async () => {
    const byKustomize = objectsIn(await kubectl("kustomize", `${config}operator`));
    const helm = chart();
    expect(helm.status, helm.stderr).toBe(0);
    const byChart = new Map(objectsIn(helm.stdout).map((object) => [named(object), object]));
    const compared = byKustomize.filter(({ kind }) => kind !== "Namespace");
    expect([...byChart.keys()].toSorted()).toEqual(compared.map(named).toSorted());
    for (const object of compared) {
      const { metadata: _metadata, apiVersion: _apiVersion, ...content } = object;
      expect(byChart.get(named(object)), named(object)).toMatchObject(JSON.parse(JSON.stringify(content)) as object);
    }
  });

  it("by chart binds the namespaces whose clusters may be proven, and no others", () => {
    const { stdout } = chart("--set", "workloadAccess.namespaces={team-a,team-b}");
    const bindings = objectsIn(stdout).filter(({ kind, metadata }) => kind === "RoleBinding" && metadata.name.endsWith("workload-access"));
    expect(bindings.map(({ metadata }) => metadata.namespace)).toEqual(["team-a", "team-b"]);
  });
});

describe("the operator as its Deployment starts it", () => {
  it("is ready with the rights of its service account alone, and ends in order", async () => {
    const { kubeconfig } = inject("stack");
    const deployment = objectsIn(await kubectl("kustomize", `${config}operator`)).find(({ kind }) => kind === "Deployment");
    const [container] = (deployment as unknown as { spec: { template: { spec: { containers: { args: string[] }[] } } } }).spec.template.spec
      .containers;
    const port = await freePort();
    const args = (container?.args ?? []).map((arg) => arg.replace("0.0.0.0:8080", `127.0.0.1:${port}`));
    const program = fileURLToPath(new URL("../../dist/capi-gitops.mjs", import.meta.url));
    // It works on no cluster: other scenarios have theirs on the same stack, and operators of their own.
    const nobodys = ["--cluster-selector", "nobody-has-this-label"];
    const child = spawn(process.execPath, [program, ...args, ...nobodys, "--kubeconfig", kubeconfig, "--as", account], {
      env: { ...process.env, POD_NAMESPACE: namespace, POD_NAME: "clusterapi-gitops-0" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const ended = once(child, "exit");
    /** Empty while it does not answer, or not with 200. */
    const answer = async (path: string): Promise<string> =>
      new Promise((resolve) => {
        get(`http://127.0.0.1:${port}${path}`, (response) => {
          void text(response).then((body) => resolve(response.statusCode === 200 ? body : ""));
        }).on("error", () => resolve(""));
      });
    // It leads, or stands by where another one does.
    while (child.exitCode === null && !(said.includes("has a leader") && (await answer("/readyz")) !== "")) await sleep(200);
    expect(child.exitCode, said).toBe(null);
    expect(await answer("/metrics")).toContain("capi_gitops_leader");
    expect(said).not.toContain("forbidden");
    child.kill("SIGTERM");
    expect((await ended)[0], said).toBe(0);
  });
});

describe("the operator's service account", () => {
  it.each([
    ["list", "clusters.cluster.x-k8s.io", ""],
    ["watch", "machines.cluster.x-k8s.io", ""],
    ["get", "kubeadmcontrolplanes.controlplane.cluster.x-k8s.io", "default"],
    ["list", "devmachinetemplates.infrastructure.cluster.x-k8s.io", "default"],
    ["patch", "machinedeployments.cluster.x-k8s.io", "default"],
    ["create", "clusterupgrades.upgrades.clusterapi-gitops.io", "default"],
    ["patch", "clusterupgrades.upgrades.clusterapi-gitops.io/status", "default"],
    ["create", "events.events.k8s.io", "default"],
    ["patch", "applications.argoproj.io", "argocd"],
    ["patch", "gitrepositories.source.toolkit.fluxcd.io", "default"],
    ["patch", "kustomizations.kustomize.toolkit.fluxcd.io", "default"],
    ["patch", "leases.coordination.k8s.io", namespace],
    ["list", "leases.coordination.k8s.io", namespace],
    ["get", "secrets", namespace],
  ])("may %s %s in %o", async (verb, resource, where) => {
    expect(await may(verb, resource, where)).toBe(true);
  });

  it.each([
    // The version of a cluster goes through Git.
    ["patch", "clusters.cluster.x-k8s.io", "default"],
    ["update", "clusters.cluster.x-k8s.io", "default"],
    ["patch", "kubeadmcontrolplanes.controlplane.cluster.x-k8s.io", "default"],
    ["create", "devmachinetemplates.infrastructure.cluster.x-k8s.io", "default"],
    ["delete", "machines.cluster.x-k8s.io", "default"],
    ["delete", "machinedeployments.cluster.x-k8s.io", "default"],
    ["delete", "clusterupgrades.upgrades.clusterapi-gitops.io", "default"],
    ["patch", "upgradepolicies.upgrades.clusterapi-gitops.io", ""],
    // Secrets only by name, and none of other namespaces until somebody binds workload-access there.
    ["list", "secrets", namespace],
    ["watch", "secrets", namespace],
    ["get", "secrets", "default"],
    ["create", "secrets", namespace],
    ["get", "leases.coordination.k8s.io", "default"],
    ["create", "pods", namespace],
    ["patch", "deployments.apps", namespace],
    ["bind", "clusterroles.rbac.authorization.k8s.io", ""],
    ["impersonate", "serviceaccounts", "default"],
    ["*", "*", ""],
  ])("may not %s %s in %o", async (verb, resource, where) => {
    expect(await may(verb, resource, where)).toBe(false);
  });
});
