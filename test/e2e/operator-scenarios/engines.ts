import { inject, it } from "vitest";
import { CLUSTER, expectAllAt, FILE, hold, phasesOf, plain, release, topology, type RunScene } from "../support/engine-scene.ts";
import { patience } from "../support/patience.ts";
import type { Json, Scenario } from "../support/scenario.ts";

/** What the engine does, or leaves, besides applying a commit. */
export function engineScenarios(scene: RunScene): void {
  it("Argo CD with auto-sync off: it is told whom the commit waits for, and it goes on once a person has synced", ({ expect }) =>
    scene(
      { title: "op-manual", engine: "argo", files: topology(), syncPolicy: null },
      async ({ scenario, repository, begin, upgrade, proven, commits }) => {
        const { namespace, kubectl } = scenario;
        await begin({ targetVersion: "v1.35.2", proof: hold });
        const { metadata, status } = await scenario.eventually("auto-sync to be told", async () => {
          const now = await upgrade();
          return now.status?.message?.includes("auto-sync is off") === true ? now : undefined;
        });
        expect(await commits()).toEqual([`Upgrade Cluster ${namespace}/${CLUSTER} to Kubernetes v1.35.2`]);
        const commit = (await repository.git("rev-parse", "main")).trim();
        expect(status.phase).toBe("Delivering");
        expect(status.message).toContain(
          `clusters/demo.yaml:14 declares v1.35.2; Cluster ${namespace}/${CLUSTER} does not carry it yet (v1.34.0).`,
        );
        expect(status.message).toContain(`knows ${commit.slice(0, 12)} and does not apply it: auto-sync is off.`);
        expect(status.remedy).toBe(`Sync it by hand (\`argocd app sync ${namespace}\`), or turn auto-sync on.`);
        const reconciling = status.conditions.find(({ type }: Json) => type === "Reconciling");
        expect(reconciling).toMatchObject({ status: "True", reason: "Delivering", message: `${status.message} ${status.remedy}` });
        expect(await kubectl("get", "cup", metadata.name)).toContain("auto-sync is off");
        const { code, out } = await scenario.cli("status");
        expect(code, out).toBe(0);
        expect(out).toContain(`Argo CD application argocd/${namespace} knows`);
        expect((await scenario.get("cluster", CLUSTER)).spec.topology.version).toBe("v1.34.0");

        // As `argocd app sync` does.
        const operation = { initiatedBy: { username: "somebody" }, sync: { revision: commit } };
        await kubectl("-n", "argocd", "patch", "application", namespace, "--type=merge", "-p", JSON.stringify({ operation }));
        const end = await proven();
        expect(end.status.remedy).toBeUndefined();
        expect(await commits()).toHaveLength(1);
        await expectAllAt(expect, scenario, "v1.35.2", 2);
      },
    ));

  it("Argo CD with selfHeal takes a direct edit back, and the upgrade is proven all the same", ({ expect }) =>
    scene(
      { title: "op-heal", engine: "argo", files: plain, syncPolicy: { automated: { selfHeal: true } } },
      async ({ scenario, begin, phase, upgrade, proven, commits }) => {
        await begin({ targetVersion: "v1.35.2", proof: { hold: "1h", stall: "2h" } });
        await phase("Holding");
        await editPool(scenario);
        await poolIsBack(scenario);
        const healed = await scenario.eventually("it to be told", async () => {
          const applied = (await upgrade()).status.proof.find(({ link }: Json) => link === "Applied");
          return applied.evidence.includes("selfHeal") ? applied : undefined;
        });
        expect(healed.evidence).toContain(`selfHeal put a direct change of MachineDeployment ${CLUSTER}-pool-a back at `);
        await phase("Holding");
        expect((await scenario.cli("skip-soak", CLUSTER)).code).toBe(0);
        const { status } = await proven();
        expect(phasesOf({ status })).not.toContain("Contradicted");
        expect(status.remedy).toBeUndefined();
        expect(await commits()).toHaveLength(2);
        await expectAllAt(expect, scenario, "v1.35.2", 2);
      },
    ));

  it("Flux is asked at once to take a direct edit back, and meanwhile it is told who made it", ({ expect }) =>
    scene({ title: "op-flux-heal", engine: "flux", files: plain }, async ({ scenario, begin, phase, proven, commits }) => {
      await begin({ targetVersion: "v1.35.2", proof: { hold: "1h", stall: "2h" } });
      await phase("Holding");
      const told = await scenario.watch("clusterupgrades", "{.status.phase}|{.status.message}");
      // By itself Flux would look every ten minutes.
      await editPool(scenario);
      await poolIsBack(scenario);
      await scenario.eventually("who did it", () =>
        Promise.resolve(
          told
            .seen()
            .find((line) => line.startsWith("Delivering|") && line.includes(`kubectl-patch set MachineDeployment ${scenario.namespace}/`)),
        ),
      );
      await phase("Holding");
      expect((await scenario.cli("skip-soak", CLUSTER)).code).toBe(0);
      const { status } = await proven();
      expect(phasesOf({ status })).not.toContain("Contradicted");
      expect(await commits()).toHaveLength(2);
      await expectAllAt(expect, scenario, "v1.35.2", 2);
    }));

  it("Argo CD with selfHeal cannot take back a newer version of a control plane: that is told, with the way forward", ({ expect }) =>
    scene(
      { title: "op-ahead", engine: "argo", files: topology(), syncPolicy: { automated: { selfHeal: true } } },
      async ({ scenario, repository, begin, phase, commits }) => {
        const { namespace, kubectl } = scenario;
        await begin({ targetVersion: "v1.34.2", proof: { hold: "1h", stall: "2h" } });
        await phase("Holding");
        const version = { spec: { topology: { version: "v1.35.2" } } };
        await kubectl("patch", "cluster", CLUSTER, "--type=merge", "-p", JSON.stringify(version));
        const { status } = await phase("Contradicted");
        expect(status.message).toContain("kubectl-patch");
        expect(status.message).toContain("v1.35.2");
        expect(status.remedy).toContain(`Declare v1.35.2 in ${FILE}:14`);
        // There is no way back to what this upgrade was for.
        expect(status.remedy).not.toContain("retry");
        expect(await commits()).toHaveLength(1);

        // The remedy.
        const declared = (await repository.read(FILE)).replace("version: v1.34.2", "version: v1.35.2");
        const commit = await repository.commit("what the cluster has", { [FILE]: declared });
        await kubectl("-n", "argocd", "annotate", "application", namespace, "argocd.argoproj.io/refresh=hard", "--overwrite");
        await scenario.eventually("Argo CD to agree", async () => {
          const { sync } = (await scenario.get("application", namespace, "-n", "argocd")).status;
          return sync.status === "Synced" && sync.revision === commit ? true : undefined;
        });
      },
    ));
}

/** Flux with its helm-controller. */
export function helmScenarios(scene: RunScene): void {
  it.skipIf(inject("helmControllerMissing") !== "")(
    "Flux: the value of a HelmRelease is changed in Git, and its cluster proven",
    ({ expect }) =>
      scene({ title: "op-helm", engine: "flux", files: release }, async ({ scenario, repository, begin, proven, commits }) => {
        const { namespace } = scenario;
        const before = await repository.read(FILE);
        await begin({ targetVersion: "v1.35.2", proof: hold });
        const { status } = await proven();
        expect(await commits()).toEqual([`Upgrade Cluster ${namespace}/${CLUSTER} to Kubernetes v1.35.2`]);
        expect(await repository.read(FILE)).toBe(before.replace("version: v1.34.0", "version: v1.35.2"));
        expect(status.proof.find(({ link }: Json) => link === "Applied").evidence).toBe(
          `Cluster ${namespace}/${CLUSTER}, set by helm-controller: v1.35.2.`,
        );
        await expectAllAt(expect, scenario, "v1.35.2", 2);
      }),
  );
}

/** Somebody gives the pool its old version again, past Git. */
async function editPool({ kubectl }: Scenario): Promise<void> {
  const version = { spec: { template: { spec: { version: "v1.34.0" } } } };
  await kubectl("patch", "machinedeployment", `${CLUSTER}-pool-a`, "--type=merge", "-p", JSON.stringify(version));
}

async function poolIsBack({ kubectl }: Scenario): Promise<void> {
  await kubectl("wait", "--for=jsonpath={.spec.template.spec.version}=v1.35.2", `machinedeployment/${CLUSTER}-pool-a`, patience);
}
