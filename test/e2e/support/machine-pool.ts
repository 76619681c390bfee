import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../../stack/stack.ts";
import { yaml } from "./manifests.ts";
import type { Json, Scenario } from "./scenario.ts";

const GROUP = "infrastructure.example.com";
const KIND = "PretendMachinePool";
const RESOURCE = `pretendmachinepools.${GROUP}`;

/** An infrastructure pool by Cluster API's contract (docs/book, "Contract rules for InfraMachinePool"), without Machine objects of its own: nothing but this test acts on it. */
export const pretendPoolDefinition = yaml({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: RESOURCE, labels: { "cluster.x-k8s.io/v1beta2": "v1" } },
  spec: {
    group: GROUP,
    scope: "Namespaced",
    names: { kind: KIND, listKind: `${KIND}List`, plural: "pretendmachinepools", singular: "pretendmachinepool" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
      },
    ],
  },
});

interface PoolOptions {
  readonly namespace: string;
  readonly cluster: string;
  readonly name: string;
  readonly version: string;
  readonly replicas: number;
}

/** A MachinePool and its infrastructure, as they are declared. */
export function machinePool({ namespace, cluster, name, version, replicas }: PoolOptions): string {
  return yaml(
    { apiVersion: `${GROUP}/v1`, kind: KIND, metadata: { name, namespace } },
    {
      apiVersion: "cluster.x-k8s.io/v1beta2",
      kind: "MachinePool",
      metadata: { name, namespace },
      spec: {
        clusterName: cluster,
        replicas,
        template: {
          spec: {
            clusterName: cluster,
            version,
            bootstrap: { dataSecretName: "nothing-boots-here" },
            infrastructureRef: { apiGroup: GROUP, kind: KIND, name },
          },
        },
      },
    },
  );
}

/** Plays the infrastructure provider: gives the pool its instances, and replaces them one by one when its version changes. Ends with the scenario, or by `stop`. */
export function playProvider(scenario: Scenario, cluster: string, name: string): { stop(): Promise<void> } {
  const file = join(scenario.folder, `${cluster}.workload.kubeconfig`);
  const workload = (args: readonly string[], input?: string): Promise<string> =>
    run(scenario.kubectlProgram, ["--kubeconfig", file, ...args], input);
  const instances: { readonly id: string; readonly version: string }[] = [];
  const stop = new AbortController();
  let number = 0;

  async function look(): Promise<void> {
    const { spec }: Json = await scenario.get("machinepool", name);
    const { version } = spec.template.spec;
    const outdated = instances.findIndex((instance) => instance.version !== version);
    if (instances.length < spec.replicas || outdated !== -1) {
      const { data } = await scenario.get("secret", `${cluster}-kubeconfig`);
      writeFileSync(file, Buffer.from(data.value, "base64"), { mode: 0o600 });
      const id = `${name}-${number}`;
      // One whose making fails has had its name.
      number += 1;
      await workload(["create", "--validate=false", "-f", "-"], node(id, version));
      if (instances.length >= spec.replicas) instances.splice(outdated, 1);
      instances.push({ id, version });
    }
    const providerIDList = instances.map(({ id }) => `pretend:///${id}`);
    await scenario.kubectl("patch", RESOURCE, name, "--type=merge", "-p", JSON.stringify({ spec: { providerIDList } }));
    const status = { ready: true, initialization: { provisioned: true }, replicas: instances.length };
    await scenario.kubectl("patch", RESOURCE, name, "--subresource=status", "--type=merge", "-p", JSON.stringify({ status }));
  }

  const loop = (async () => {
    // What is not there yet, or a workload cluster that does not answer, is tried again.
    while (!stop.signal.aborted) {
      await look().catch((error: unknown) => console.log(`the pool's provider: ${String(error)}`));
      await sleep(1_000);
    }
  })();
  return {
    async stop() {
      stop.abort();
      await loop;
    },
  };
}

function node(name: string, version: string): string {
  return yaml({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name },
    spec: { providerID: `pretend:///${name}` },
    status: {
      conditions: [{ type: "Ready", status: "True", reason: "KubeletReady", message: "", lastTransitionTime: new Date().toISOString() }],
      nodeInfo: { kubeletVersion: version },
    },
  });
}
