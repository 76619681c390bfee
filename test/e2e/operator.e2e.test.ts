import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Gate } from "../../src/git/testing/http-remote.ts";
import { engineScenarios, helmScenarios } from "./operator-scenarios/engines.ts";
import { imageVariableScenarios } from "./operator-scenarios/image-variables.ts";
import { policyScenarios } from "./operator-scenarios/policies.ts";
import { registryScenarios } from "./operator-scenarios/registries.ts";
import { reviewScenarios } from "./operator-scenarios/reviews.ts";
import { CLUSTER, engineScene, expectAllAt, FILE, hold, PATH, phasesOf, plain, topology, type RunScene } from "./support/engine-scene.ts";
import { startOperator, type Operator } from "./support/operator.ts";
import { patience } from "./support/patience.ts";
import type { Json } from "./support/scenario.ts";

let operator: Operator;

beforeAll(async () => {
  operator = await startOperator(inject("stack"));
});
afterAll(async () => {
  const codes = await operator.stop();
  // SIGTERM is an orderly end, for the one that leads and for the one that waits.
  expect(codes, operator.log()).toEqual([0, 0]);
});

const scene: RunScene = (options, act) => engineScene(operator, options, act);

describe.concurrent("the operator, with the rights of config/operator", () => {
  policyScenarios(scene);
  engineScenarios(scene);
  helmScenarios(scene);
  imageVariableScenarios(scene);
  reviewScenarios(scene, () => operator);
  registryScenarios(() => operator);

  it("Flux: an upgrade by hand of a cluster without a topology rotates its templates, and is proven", ({ expect }) =>
    scene({ title: "op-flux", engine: "flux", files: plain }, async ({ scenario, repository, begin, proven, commits }) => {
      const { namespace } = scenario;
      await begin({ targetVersion: "v1.35.2", proof: hold });
      const { status } = await proven();
      expect(await commits()).toEqual([
        `Upgrade KubeadmControlPlane ${namespace}/${CLUSTER}-cp to Kubernetes v1.35.2`,
        `Upgrade MachineDeployment ${namespace}/${CLUSTER}-pool-a to Kubernetes v1.35.2`,
      ]);
      await expectAllAt(expect, scenario, "v1.35.2", 2);
      expect(status).toMatchObject({ phase: "Proven", machines: { text: "2/2" }, stepsDone: 2, stepsTotal: 2 });
      const pool = await repository.read(`${PATH}/pool-a.yaml`);
      expect(pool).toContain("example.com/image: kindest/node:v1.35.2");
      const { spec } = await scenario.get("machinedeployment", `${CLUSTER}-pool-a`);
      const template = await scenario.get("devmachinetemplate", spec.template.spec.infrastructureRef.name);
      expect(template.spec.template.metadata.annotations).toEqual({ "example.com/image": "kindest/node:v1.35.2" });
    }));

  it("Argo CD: a revert in Git in the middle is told, and not fought", ({ expect }) =>
    scene({ title: "op-revert", engine: "argo", files: topology() }, async ({ scenario, repository, begin, phase, commits }) => {
      const { namespace, kubectl } = scenario;
      await begin({ targetVersion: "v1.35.2", proof: { hold: "1h", stall: "2h" } });
      await kubectl("wait", "--for=jsonpath={.spec.topology.version}=v1.35.2", `cluster/${CLUSTER}`, patience);
      await repository.commit("back to what we know", topology()(namespace));
      const { status } = await phase("Contradicted");
      expect(status.conditions).toMatchObject([
        { type: "Ready", status: "False" },
        { type: "Stalled", status: "True", reason: "Contradicted" },
      ]);
      // Whoever is first: Git itself, or the engine that is refused. Both name the line, and what to do.
      expect(status.message).toContain(`${FILE}:14`);
      expect(status.message).toMatch(/now declares v1\.34\.0 again: somebody took the change back|no control plane can go back/);
      expect(status.remedy).toContain("v1.35.2");
      expect(await commits()).toEqual([`Upgrade Cluster ${namespace}/${CLUSTER} to Kubernetes v1.35.2`]);
      expect(await repository.git("log", "-1", "--format=%s", "main")).toBe("back to what we know\n");
      // No API server takes it back.
      expect((await scenario.get("cluster", CLUSTER)).spec.topology.version).toBe("v1.35.2");
    }));

  it("approval before the workers of a topology: its pool is held before the version is written", ({ expect }) =>
    scene({ title: "op-workers", engine: "argo", files: topology() }, async ({ scenario, begin, phase, proven, commits }) => {
      const pool = async (): Promise<Json> => (await scenario.get("machinedeployments")).items[0];
      await begin({ targetVersion: "v1.35.2", proof: hold, approval: "BeforeWorkers" });
      const { status } = await phase("WaitingForApproval");
      expect(status.waitingFor).toMatchObject([{ gate: "Approval", message: "Nobody has approved yet that the workers are begun." }]);
      expect((await pool()).metadata.annotations["cluster.x-k8s.io/paused"]).toMatch(/^capi-gitops: /);
      const machines = async (selector: string): Promise<readonly string[]> =>
        (await scenario.get("machines", "-l", selector)).items.map(({ spec }: Json) => spec.version);
      await scenario.eventually("the control plane", async () => {
        const versions = await machines("cluster.x-k8s.io/control-plane");
        return versions.length === 1 && versions[0] === "v1.35.2" ? true : undefined;
      });
      expect(await machines("cluster.x-k8s.io/deployment-name")).toEqual(["v1.34.0"]);
      const approved = await scenario.cli("approve", CLUSTER, "--workers");
      expect(approved.code, approved.err).toBe(0);
      await proven();
      expect((await pool()).metadata.annotations["cluster.x-k8s.io/paused"]).toBeUndefined();
      await expectAllAt(expect, scenario, "v1.35.2", 2);
      expect(await commits()).toHaveLength(1);
    }));

  it("a window that closes in the middle of a pool holds it between two machines, until it opens", ({ expect }) =>
    scene(
      { title: "op-window", engine: "argo", files: topology(3), workerStartup: "15s" },
      async ({ scenario, begin, phase, proven, upgrade, commits }) => {
        const { kubectl } = scenario;
        await begin({ targetVersion: "v1.35.2", proof: hold, schedule: { atWindowEnd: "HardStop" } });
        const workers = async (version: string): Promise<readonly Json[]> =>
          (await scenario.get("machines", "-l", "cluster.x-k8s.io/deployment-name")).items.filter(
            ({ spec }: Json) => spec.version === version,
          );
        await scenario.eventually("the first new worker", async () => ((await workers("v1.35.2")).length > 0 ? true : undefined));
        // From now on it closes by the clock alone.
        const from = new Date(Date.now() + 3_000).toISOString();
        const until = new Date(Date.now() + 3_600_000).toISOString();
        const schedule = (exclusions: readonly object[]): Promise<string> =>
          kubectl("patch", "clusterupgrade", "by-hand", "--type=merge", "-p", JSON.stringify({ spec: { schedule: { exclusions } } }));
        await schedule([{ name: "freeze", from, until }]);
        await phase("WaitingForWindow");
        // The hold is told once it is seen, which is in the next look.
        const held = await scenario.eventually("a pool that is held", async () => {
          const told = await upgrade();
          return (told.status.heldPools ?? []).length > 0 ? told : undefined;
        });
        const pools = async (): Promise<readonly Json[]> => (await scenario.get("machinedeployments")).items;
        const [pool] = await pools();
        expect(pool.metadata.annotations["cluster.x-k8s.io/paused"]).toMatch(/^capi-gitops: /);
        expect(pool.spec.paused ?? false).toBe(false);
        expect(held.status.heldPools).toMatchObject([{ kind: "MachineDeployment", name: pool.metadata.name }]);
        expect(held.status.waitingFor).toMatchObject([{ gate: "Exclusion", message: expect.stringContaining("freeze") }]);
        // Cluster API has seen it too.
        await kubectl("wait", "--for=condition=Paused", `machinedeployment/${pool.metadata.name}`, patience);
        // The machine in flight is finished, and no other begins.
        const begun = (await workers("v1.35.2")).map(({ metadata }) => metadata.name);
        for (const name of begun) await kubectl("wait", "--for=jsonpath={.status.phase}=Running", `machine/${name}`, patience);
        expect((await workers("v1.35.2")).map(({ metadata }) => metadata.name)).toEqual(begun);
        expect((await workers("v1.34.0")).length).toBeGreaterThanOrEqual(2);
        expect((await upgrade()).status.phase).toBe("WaitingForWindow");

        await schedule([]);
        const { status } = await proven();
        expect(phasesOf({ status })).toContain("WaitingForWindow");
        expect(status.heldPools).toEqual([]);
        expect((await pools())[0].metadata.annotations["cluster.x-k8s.io/paused"]).toBeUndefined();
        await expectAllAt(expect, scenario, "v1.35.2", 4);
        expect(await commits()).toHaveLength(1);
      },
    ));
});

// By itself: while nobody leads, nobody minds the windows of the others.
describe.sequential("the operator, whose leader is killed", () => {
  it("killed in the middle of a push, and once more later: another one goes on, and nothing is done twice", ({ expect }) => {
    const later = ["Delivering", "Rolling", "Holding"][randomInt(3)] ?? "Rolling";
    let killed: number | undefined;
    const gate: Gate = ({ method, url }) => {
      if (killed === undefined && method === "POST" && url?.endsWith("/git-receive-pack") === true) killed = operator.killLeader();
      return undefined;
    };
    return scene(
      { title: `op-kill-${later}`, engine: "argo", files: topology(), gate },
      async ({ begin, scenario, phase, proven, commits }) => {
        await begin({ targetVersion: "v1.35.2", proof: { hold: "10s", stall: "10m" } });
        await scenario.eventually("the push", async () => killed);
        await operator.leader(killed);
        await phase(later, "Holding", "Proven");
        await operator.leader();
        operator.killLeader();
        const { status } = await proven();
        expect(await commits()).toEqual([`Upgrade Cluster ${scenario.namespace}/${CLUSTER} to Kubernetes v1.35.2`]);
        expect(status.steps).toHaveLength(1);
        await expectAllAt(expect, scenario, "v1.35.2", 2);
      },
    );
  });
});
