import { describe, expect, inject, it } from "vitest";
import { controlPlane, expectAllAt, productCommits } from "./support/facts.ts";
import { clusterClass, topologyCluster } from "./support/manifests.ts";
import { startScenario } from "./support/scenario.ts";

const CLUSTER = "capi-quickstart";
const FROM = "v1.34.0";
const BY_HAND = "v1.34.2";
const TO = "v1.35.2";

describe("the seed's own walk", () => {
  it("capi-quickstart: a control plane edited by hand wedges it, repair mends it, and Git upgrades it", async () => {
    const scenario = await startScenario(inject("stack"), "seed", CLUSTER);
    try {
      await scenario.apply(clusterClass(CLUSTER));
      const repository = await scenario.repository({
        "clusters/quickstart.yaml": topologyCluster({ namespace: CLUSTER, name: CLUSTER, version: FROM }),
      });
      scenario.startApplier(repository);
      await scenario.clusterReady(CLUSTER);

      const described = await scenario.cli("describe", CLUSTER);
      expect(described).toMatchObject({ code: 0, err: "" });
      const names = (await scenario.get("machines")).items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
      expect(names).toHaveLength(2);
      for (const name of names) expect(described.out).toMatch(new RegExp(`${name}.*${FROM}`));
      expect(described.out).toContain("test-applier");

      // The seed's manual way: the control plane of a topology cluster, edited by hand.
      const before = await controlPlane(scenario, CLUSTER);
      await scenario.kubectl(
        "patch",
        "kubeadmcontrolplane",
        before.metadata.name,
        "--type=merge",
        "--field-manager=kubectl-patch",
        "-p",
        JSON.stringify({ spec: { version: BY_HAND } }),
      );
      await scenario.eventually("Cluster API to notice", async () => {
        const { status } = await scenario.get("cluster", CLUSTER);
        return status.conditions.find(
          ({ type, reason }: { type: string; reason: string }) => type === "TopologyReconciled" && reason === "ReconcileFailed",
        );
      });

      const tip = await repository.git("rev-parse", "main");
      const planned = await scenario.cli("plan", CLUSTER, "--to", TO);
      expect(planned.code).toBe(3);
      expect(planned.out + planned.err).toContain("TopologyWedged");
      const upgraded = await scenario.cli("upgrade", CLUSTER, "--to", TO, "--repo", repository.path, "--wait");
      expect(upgraded).toMatchObject({ code: 4 });
      expect(upgraded.out + upgraded.err).toMatch(
        /Wedged: Field manager kubectl-patch set KubeadmControlPlane .* to v1\.34\.2, while its topology declares v1\.34\.0/,
      );
      const verified = await scenario.cli("verify", CLUSTER, "--hold", "1s");
      expect(verified.code).toBe(4);
      expect(verified.out).toContain("who: kubectl-patch");
      expect(verified.out).toContain(`capi-gitops repair ${CLUSTER} -n ${CLUSTER}`);
      expect(await repository.git("rev-parse", "main")).toBe(tip);
      expect((await controlPlane(scenario, CLUSTER)).spec.version).toBe(BY_HAND);

      // Nobody agreed: nothing is done.
      expect(await scenario.cli("repair", CLUSTER)).toMatchObject({ code: 2 });
      expect((await controlPlane(scenario, CLUSTER)).spec.version).toBe(BY_HAND);
      const repaired = await scenario.cli("repair", CLUSTER, "--yes");
      expect(repaired).toMatchObject({ code: 0 });
      expect(repaired.out).toContain(`from ${BY_HAND} back to ${FROM}`);
      expect((await controlPlane(scenario, CLUSTER)).spec.version).toBe(FROM);
      expect(await scenario.cli("repair", CLUSTER, "--yes")).toMatchObject({ code: 0 });
      expect(await scenario.cli("verify", CLUSTER, "--hold", "1s")).toMatchObject({ code: 0 });

      const proven = await scenario.cli("upgrade", CLUSTER, "--to", TO, "--repo", repository.path, "--wait", "--hold", "5s");
      expect(proven).toMatchObject({ code: 0 });
      expect(proven.out).toContain(`${TO}: proven`);
      await expectAllAt(expect, scenario, CLUSTER, TO, 2);
      expect(await productCommits(repository)).toEqual([`Upgrade Cluster ${CLUSTER}/${CLUSTER} to Kubernetes ${TO}`]);
      const diff = await repository.git("diff", "--unified=0", "main~1", "main");
      expect(diff.split("\n").filter((line) => /^[+-][^+-]/.test(line))).toEqual([
        `-    version: ${FROM}   # keep in step with the node images`,
        `+    version: ${TO}   # keep in step with the node images`,
      ]);
    } finally {
      await scenario.end();
    }
  });
});
