import { it } from "vitest";
import { CLUSTER, expectAllAt, hold, topology, type RunScene } from "../support/engine-scene.ts";
import type { Json } from "../support/scenario.ts";

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
}
