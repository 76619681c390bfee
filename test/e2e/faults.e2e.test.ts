import { describe, it } from "vitest";
import { expectAllAt, productCommits, workloadApi } from "./support/facts.ts";
import { clusterClass, plainCluster, topologyCluster } from "./support/manifests.ts";
import { scene, type Json, type Repository, type Scenario } from "./support/scenario.ts";

const CLUSTER = "demo";
const FROM = "v1.34.0";
const TO = "v1.35.2";

async function topologyFromGit(scenario: Scenario): Promise<Repository> {
  await scenario.apply(clusterClass(scenario.namespace));
  const repository = await scenario.repository({
    "demo.yaml": topologyCluster({ namespace: scenario.namespace, name: CLUSTER, version: FROM }),
  });
  scenario.startApplier(repository);
  await scenario.clusterReady(CLUSTER);
  return repository;
}

describe.concurrent("what may go wrong on the way", () => {
  it("the workload cluster cannot be reached: what it alone can tell is unknown, and nothing is proven before it is back", ({ expect }) =>
    scene("api-off", async (scenario) => {
      const repository = await topologyFromGit(scenario);
      const expectUnknown = async (): Promise<void> => {
        const verified = await scenario.cli("verify", CLUSTER, "--version", TO, "--hold", "1s", "--timeout", "3s", "-o", "json");
        expect(verified.code, verified.out + verified.err).toBe(5);
        const { verdict, links } = JSON.parse(verified.out);
        expect(verdict).not.toBe("proven");
        const found = (name: string): Json => links.find(({ link }: Json) => link === name);
        expect(found("api-server")).toMatchObject({ state: "unknown", evidence: expect.stringContaining("could not be asked") });
        expect(found("workloads")).toMatchObject({ state: "unknown", evidence: expect.stringContaining("could not be seen") });
        expect(found("kubelets").evidence).toContain("as the Machines tell");
        expect(found("held").state).not.toBe("proven");
      };
      const upgrade = scenario.startCli("upgrade", CLUSTER, "--to", TO, "--repo", repository.path, "--wait", "--hold", "3s");
      await upgrade.said(/rolling/);
      await workloadApi(scenario.namespace, CLUSTER, "stop");
      try {
        await expectUnknown();
        const described = await scenario.cli("describe", CLUSTER);
        expect(described.code, described.err).toBe(0);
        expect(described.out).toMatch(/cannot be reached|unreachable/);
        expect(upgrade.child.exitCode).toBeNull();
      } finally {
        await workloadApi(scenario.namespace, CLUSTER, "start");
      }
      const { code, out, err } = await upgrade.finished;
      expect(code, out + err).toBe(0);
      expect(out).toMatch(/✓ kubelets/);
      await expectAllAt(expect, scenario, CLUSTER, TO, 2);

      // All is done, and cannot be seen: what the Machines tell from before is no proof of what runs now.
      await workloadApi(scenario.namespace, CLUSTER, "stop");
      try {
        await expectUnknown();
      } finally {
        await workloadApi(scenario.namespace, CLUSTER, "start");
      }
      expect(await scenario.cli("verify", CLUSTER, "--version", TO, "--hold", "1s")).toMatchObject({ code: 0 });
    }));

  it("Ctrl-C stops the watching, not the upgrade, and says how to look again", ({ expect }) =>
    scene("detach", async (scenario) => {
      const repository = await topologyFromGit(scenario);
      const command = ["upgrade", CLUSTER, "--to", TO, "--repo", repository.path, "--wait", "--hold", "3s"];
      const upgrade = scenario.startCli(...command);
      await upgrade.said(/rolling/);
      upgrade.child.kill("SIGINT");
      const { code, err } = await upgrade.finished;
      expect(code, err).toBe(130);
      expect(err).toContain("Nothing was undone");
      expect(err).toContain(`Look again with: capi-gitops verify ${CLUSTER} -n ${scenario.namespace}`);
      expect(err).toMatch(/Go on with: +capi-gitops .*upgrade demo --to v1\.35\.2/);
      // Cluster API goes on by itself; looking again proves it.
      const verified = await scenario.cli("verify", CLUSTER, "--version", TO, "--hold", "1s");
      expect(verified.code, verified.out + verified.err).toBe(0);
      await expectAllAt(expect, scenario, CLUSTER, TO, 2);
      const tip = await repository.git("rev-parse", "main");
      expect(await scenario.cli(...command)).toMatchObject({ code: 0 });
      expect(await repository.git("rev-parse", "main")).toBe(tip);
      expect(await productCommits(repository)).toHaveLength(1);
    }));

  it("killed at each step and run again, it comes to the same end, with one commit for each step", ({ expect }) =>
    scene("kill", async (scenario) => {
      const { namespace } = scenario;
      const repository = await scenario.repository(plainCluster({ namespace, name: CLUSTER, version: FROM, controlPlanes: 1 }));
      scenario.startApplier(repository);
      await scenario.clusterReady(CLUSTER);
      const command = ["upgrade", CLUSTER, "--to", TO, "--repo", repository.path, "--wait"];
      // One that is killed while it writes may have written already; and where the kill comes late, nothing more may be to do for the later ones.
      const moments = [
        /writing, step/,
        /(committed|already in) [0-9a-f]{12} on main/,
        /rolling, step/,
        /[1-9] of 3 machines done/,
        /writing, step|holding/,
        /(committed|already in) [0-9a-f]{12} on main|holding/,
        /rolling, step|holding/,
        /holding/,
      ];
      for (const moment of moments) {
        const run = scenario.startCli(...command, "--hold", "1h");
        await run.said(moment);
        run.child.kill("SIGKILL");
        expect(await run.finished).toMatchObject({ code: null });
        // What was written is whole: each commit names its step, and none twice.
        const ids = (await repository.git("log", "--format=%(trailers:key=Upgrade-Id,valueonly)", "main"))
          .split("\n")
          .filter((line) => line !== "");
        expect(new Set(ids).size).toBe(ids.length);
        await repository.git("fsck", "--strict");
      }
      const { code, out, err } = await scenario.cli(...command, "--hold", "5s");
      expect(code, out + err).toBe(0);
      await expectAllAt(expect, scenario, CLUSTER, TO, 3);
      expect(await productCommits(repository)).toEqual(
        ["KubeadmControlPlane demo-cp", "MachineDeployment demo-pool-a", "MachineDeployment demo-pool-b"].map(
          (owner) => `Upgrade ${owner.replace(" ", ` ${namespace}/`)} to Kubernetes ${TO}`,
        ),
      );
      const branches = await repository.git("for-each-ref", "--format=%(refname)");
      expect(branches.trim()).toBe("refs/heads/main");
    }));
});
