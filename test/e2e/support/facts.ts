import { request } from "node:http";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExpectStatic } from "vitest";
import { run } from "../../stack/stack.ts";
import type { Json, Repository, Scenario } from "./scenario.ts";

/** What really is there, asked of the real objects: never of the product. */

const clusterLabel = "cluster.x-k8s.io/cluster-name";

/** The objects of a kind that belong to a cluster, without those that are leaving. */
export async function ofCluster(scenario: Scenario, kind: string, cluster: string): Promise<readonly Json[]> {
  const { items } = await scenario.get(kind, "-l", `${clusterLabel}=${cluster}`);
  return items.filter(({ metadata }: Json) => metadata.deletionTimestamp === undefined);
}

export async function controlPlane(scenario: Scenario, cluster: string): Promise<Json> {
  const { spec } = await scenario.get("cluster", cluster);
  return scenario.get("kubeadmcontrolplane", spec.controlPlaneRef.name);
}

/** Nodes of the workload cluster, asked of its own API server: `name version`. */
export async function kubelets(scenario: Scenario, cluster: string): Promise<readonly string[]> {
  const { data } = await scenario.get("secret", `${cluster}-kubeconfig`);
  const file = join(scenario.folder, `${cluster}.kubeconfig`);
  writeFileSync(file, Buffer.from(data.value, "base64"), { mode: 0o600 });
  const { items } = JSON.parse(await run(scenario.kubectlProgram, ["--kubeconfig", file, "get", "nodes", "-o", "json"]));
  return items.map(({ status }: Json) => status.nodeInfo.kubeletVersion);
}

/** Asserts that control plane, pools, every machine, every kubelet and every Node say `version`, and that nothing else is left. */
export async function expectAllAt(
  expect: ExpectStatic,
  scenario: Scenario,
  cluster: string,
  version: string,
  machines: number,
): Promise<void> {
  const found = (await scenario.get("machines", "-l", `${clusterLabel}=${cluster}`)).items.map(
    ({ spec, status }: Json) => `${spec.version} ${status.nodeInfo?.kubeletVersion}`,
  );
  expect(found).toEqual(Array(machines).fill(`${version} ${version}`));
  const { spec, status } = await controlPlane(scenario, cluster);
  expect([spec.version, status.version]).toEqual([version, version]);
  for (const pool of await ofCluster(scenario, "machinedeployments", cluster)) expect(pool.spec.template.spec.version).toBe(version);
  expect(await kubelets(scenario, cluster)).toEqual(Array(machines).fill(version));
}

/** Waits until as many machines as there should be are of the version, no other is left, and their owners have seen it. */
export async function rolledTo(scenario: Scenario, cluster: string, version: string, machines: number): Promise<void> {
  await scenario.eventually(`all machines of ${cluster} to be of ${version}`, async () => {
    const { items } = await scenario.get("machines", "-l", `${clusterLabel}=${cluster}`);
    const there = items.filter(({ spec, status }: Json) => spec.version === version && status?.nodeInfo?.kubeletVersion === version);
    const { status } = await controlPlane(scenario, cluster);
    return there.length === machines && items.length === machines && status.version === version ? true : undefined;
  });
  await scenario.clusterReady(cluster);
}

/** Titles of the commits on a branch that are not the scenario's own, the first one first. */
export async function productCommits(repository: Repository, branch = "main"): Promise<readonly string[]> {
  const log = await repository.git("log", "--reverse", "--format=%an\t%s", branch);
  return log
    .trim()
    .split("\n")
    .flatMap((line) => (line.startsWith("capi-gitops\t") ? [line.slice("capi-gitops\t".length)] : []));
}

/** The in-memory provider can take the API server of one workload cluster off the network. */
export function workloadApi(namespace: string, cluster: string, action: "stop" | "start"): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port: 19_000, path: `/namespaces/${namespace}/clusters/${cluster}/listener`, method: "POST" },
      (response) => {
        response.resume();
        response.on("end", () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`listener ${action}: ${String(response.statusCode)}`)),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(action);
  });
}
