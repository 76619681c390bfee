import { describe, inject, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import { createDiscovery } from "../../src/kubernetes/discovery.ts";
import { createDirectWriter } from "../../src/operator/direct-writer.ts";
import type { UpgradeStep } from "../../src/upgrade/upgrade-types.ts";
import { versionsAndImages, withImage, withImageVariable } from "../simulation/image-variable.ts";
import { clusterClass, topologyCluster } from "./support/manifests.ts";
import { startScenario, type Json } from "./support/scenario.ts";

describe("without Git", () => {
  it("the version and the variable that holds the machine image are one write, which a later one without the variable leaves alone", async ({
    expect,
  }) => {
    const stack = inject("stack");
    const scenario = await startScenario(stack, "direct-image");
    const { namespace } = scenario;
    const client = createClient(await loadEndpoint({ clock: systemClock, kubeconfig: stack.kubeconfig }), { clock: systemClock });
    try {
      await scenario.apply(withImageVariable(clusterClass(namespace)));
      await scenario.apply(withImage(topologyCluster({ namespace, name: "demo", version: "v1.34.0" }), "ami-a"));
      await scenario.clusterReady("demo");
      const writer = createDirectWriter({ client, discovery: createDiscovery(client), clock: systemClock, override: false });
      const object = { group: "cluster.x-k8s.io", kind: "Cluster", namespace, name: "demo" };
      const step = (from: string, to: string, more: object = {}): UpgradeStep => {
        return { kind: "topology", object, from, to, controlPlaneThrough: [to], workersThrough: [to], ...more };
      };
      const image = { variable: "vm", path: ["image"], value: "ami-a", to: "ami-b" };
      const variables = [
        { ...image, of: { kind: "cluster" } },
        { ...image, of: { kind: "MachineDeployment", name: "md-0" } },
      ];
      expect(await writer.write(step("v1.34.0", "v1.34.2", { variables }))).toMatchObject({ kind: "written" });
      const wanted = {
        variables: [
          { name: "vm", value: { image: "ami-b", cpus: 2 } },
          { name: "size", value: "small" },
        ],
        workers: {
          machineDeployments: [{ name: "md-0", replicas: 1, variables: { overrides: [{ value: { image: "ami-b", cpus: 8 } }] } }],
        },
      };
      expect((await scenario.get("cluster", "demo")).spec.topology).toMatchObject({ version: "v1.34.2", ...wanted });
      const settled = await scenario.eventually("the new version and image everywhere", async () => {
        const [planes, pools, templates] = await Promise.all(
          ["kubeadmcontrolplanes", "machinedeployments", "devmachinetemplates"].map(
            async (kind): Promise<Json[]> => (await scenario.get(kind)).items,
          ),
        );
        const pairs = versionsAndImages([...(planes ?? []), ...(pools ?? [])], templates ?? []);
        const { items } = await scenario.get("machines");
        const rolled = items.length === 2 && items.every(({ spec }: Json) => spec.version === "v1.34.2");
        return rolled ? pairs : undefined;
      });
      expect(settled).toEqual(["v1.34.2 ami-b", "v1.34.2 ami-b"]);
      await scenario.clusterReady("demo");

      const next = await scenario.eventually("the next write to be let through", async () => {
        const outcome = await writer.write(step("v1.34.2", "v1.34.3"));
        return outcome.kind === "written" ? outcome : undefined;
      });
      expect(next.changes).toHaveLength(1);
      expect((await scenario.get("cluster", "demo")).spec.topology).toMatchObject({ version: "v1.34.3", ...wanted });
    } finally {
      client.close();
      await scenario.end();
    }
  });
});
