import { describe, inject, it } from "vitest";
import { kubelets, productCommits } from "./support/facts.ts";
import { machinePool, playProvider, pretendPoolDefinition } from "./support/machine-pool.ts";
import { plainCluster } from "./support/manifests.ts";
import { patience } from "./support/patience.ts";
import { startScenario } from "./support/scenario.ts";

const CLUSTER = "demo";
const POOL = "demo-machine-pool";

describe("a MachinePool", () => {
  it("is upgraded after the control plane, and proven by its Nodes, where its provider makes no Machines", async ({ expect }) => {
    const scenario = await startScenario(inject("stack"), "machine-pool");
    const { namespace, kubectl } = scenario;
    await scenario.apply(pretendPoolDefinition);
    const files = plainCluster({ namespace, name: CLUSTER, version: "v1.34.0", controlPlanes: 1 });
    const pool = machinePool({ namespace, cluster: CLUSTER, name: POOL, version: "v1.34.0", replicas: 2 });
    const repository = await scenario.repository({ "control-plane.yaml": files["control-plane.yaml"] ?? "", "machine-pool.yaml": pool });
    scenario.startApplier(repository);
    const provider = playProvider(scenario, CLUSTER, POOL);
    try {
      await kubectl("wait", "--for=create", `machinepool/${POOL}`, patience);
      await kubectl("wait", "--for=jsonpath={.status.phase}=Running", `machinepool/${POOL}`, patience);
      await scenario.clusterReady(CLUSTER);
      const planned = await scenario.cli("plan", CLUSTER, "--to", "v1.35.2");
      expect(planned.out + planned.err).toContain(
        "how its machines are replaced (drain, surge, order) is up to its infrastructure provider",
      );

      const { code, out, err } = await scenario.cli(
        "upgrade",
        CLUSTER,
        "--to",
        "v1.35.2",
        "--repo",
        repository.path,
        "--wait",
        "--hold",
        "3s",
      );
      expect(code, out + err).toBe(0);
      expect(out).toContain("v1.35.2: proven");
      expect(await productCommits(repository)).toEqual([
        `Upgrade KubeadmControlPlane ${namespace}/${CLUSTER}-cp to Kubernetes v1.35.2`,
        `Upgrade MachinePool ${namespace}/${POOL} to Kubernetes v1.35.2`,
      ]);
      const { spec, status } = await scenario.get("machinepool", POOL);
      expect(spec.template.spec.version).toBe("v1.35.2");
      expect(status.versions).toEqual([{ version: "v1.35.2", replicas: 2 }]);
      expect(await kubelets(scenario, CLUSTER)).toEqual(Array(3).fill("v1.35.2"));
    } finally {
      await provider.stop();
      await scenario.end();
    }
  });
});
