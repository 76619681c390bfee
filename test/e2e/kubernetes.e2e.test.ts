import { inject } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import { endpointFromKubeconfig, loadEndpoint } from "../../src/kubernetes/credentials.ts";
import { describeKubernetesConformance } from "../../src/kubernetes/testing/conformance.ts";
import { clusterClass, topologyCluster } from "./support/manifests.ts";
import { startScenario } from "./support/scenario.ts";

describeKubernetesConformance(
  "a real kube-apiserver",
  async () => {
    const scenario = await startScenario(inject("stack"), "conformance");
    const endpoint = await loadEndpoint({ clock: systemClock, kubeconfig: inject("stack").kubeconfig, context: "stack" });
    const client = createClient(endpoint, { clock: systemClock });
    return { client, namespace: scenario.namespace, end: () => scenario.end().finally(() => client.close()) };
  },
  { full: true },
);

describeKubernetesConformance(
  "the in-memory provider's workload API",
  async () => {
    const scenario = await startScenario(inject("stack"), "conformance-workload");
    const { namespace } = scenario;
    await scenario.apply(clusterClass(namespace));
    await scenario.apply(topologyCluster({ namespace, name: "demo", version: "v1.34.0" }));
    await scenario.clusterReady("demo");
    const secret = await scenario.get("secret", "demo-kubeconfig");
    const kubeconfig = Buffer.from(String(secret.data.value), "base64").toString("utf8");
    const client = createClient(await endpointFromKubeconfig(kubeconfig, systemClock), { clock: systemClock });
    return { client, namespace: "default", end: () => scenario.end().finally(() => client.close()) };
  },
  { full: false },
);
