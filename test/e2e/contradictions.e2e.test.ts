import { describe, it, type ExpectStatic } from "vitest";
import { controlPlane, expectAllAt, ofCluster, productCommits, rolledTo } from "./support/facts.ts";
import { clusterClass, plainCluster, topologyCluster } from "./support/manifests.ts";
import { scene, type Finished, type Json, type Repository, type Scenario } from "./support/scenario.ts";

const CLUSTER = "demo";
const FILE = "clusters/demo.yaml";
const FROM = "v1.34.0";
const TO = "v1.35.2";

const small = (scenario: Scenario, version = FROM): string => topologyCluster({ namespace: scenario.namespace, name: CLUSTER, version });
const plain = (scenario: Scenario): Readonly<Record<string, string>> =>
  plainCluster({ namespace: scenario.namespace, name: CLUSTER, version: FROM, controlPlanes: 1 });

function expectContradicted(expect: ExpectStatic, { code, out, err }: Finished, reason: string): void {
  expect(code, out + err).toBe(4);
  expect(out).toContain(`${TO}: broken`);
  expect(out).toContain(`${reason}: `);
}

/** The machines that are there are not taken away before this is called. Only then can the cluster be deleted. */
async function holdBack({ kubectl }: Scenario, selector: string): Promise<() => Promise<void>> {
  const hook = "pre-terminate.delete.hook.machine.cluster.x-k8s.io/e2e";
  await kubectl("annotate", "machines", "-l", selector, `${hook}=e2e`);
  return async () => void (await kubectl("annotate", "machines", "--all", `${hook}-`));
}

async function refs(repository: Repository): Promise<string> {
  return repository.git("for-each-ref");
}

describe.concurrent("somebody puts the version back", () => {
  it("in Git, mid-way: caught, though Cluster API would not take it back", ({ expect }) =>
    scene("git-revert", async (scenario) => {
      await scenario.apply(clusterClass(scenario.namespace));
      const repository = await scenario.repository({ [FILE]: small(scenario) });
      const applier = scenario.startApplier(repository);
      await scenario.clusterReady(CLUSTER);
      const upgrade = scenario.startCli("upgrade", CLUSTER, "--to", TO, "--repo", repository.path, "--wait", "--hold", "30s");
      await scenario.eventually("a machine of the new version", async () =>
        (await ofCluster(scenario, "machines", CLUSTER)).some(({ spec }) => spec.version === TO) ? true : undefined,
      );
      const revert = await repository.commit("Revert it", { [FILE]: small(scenario) });

      const ended = await upgrade.finished;
      expectContradicted(expect, ended, "RevertedInGit");
      expect(ended.out).toMatch(new RegExp(`${FILE}:\\d+ declared ${TO} and now declares ${FROM} again`));
      expect(ended.out).toContain(revert.slice(0, 7));
      await scenario.eventually("the applier to be refused", async () =>
        applier
          .attempts()
          .find(
            ({ revision, message }) => revision === revert && message.includes(`version cannot be decreased from "1.35.2" to "1.34.0"`),
          ),
      );
      expect(applier.attempts().filter(({ revision, status }) => revision === revert && status === 0)).toEqual([]);
      // The machines went on: what Cluster API was given it carries out.
      await rolledTo(scenario, CLUSTER, TO, 2);
      await expectAllAt(expect, scenario, CLUSTER, TO, 2);

      // The same change is not forced upon who took it back; said again on purpose it is made again, and proven.
      const tips = await refs(repository);
      const command = ["upgrade", CLUSTER, "--to", TO, "--repo", repository.path, "--wait", "--hold", "3s"];
      const refused = await scenario.cli(...command);
      expect(refused.code, refused.out + refused.err).toBe(3);
      expect(refused.err).toContain("ChangeWasReverted: ");
      expect(refused.err).toContain("--again");
      expect(await refs(repository)).toBe(tips);
      const again = await scenario.cli(...command, "--again");
      expect(again.code, again.out + again.err).toBe(0);
      expect(await repository.read(FILE)).toBe(small(scenario, TO));
      expect(await productCommits(repository)).toHaveLength(2);
    }));

  it("in the cluster, mid-way: who did it is named", ({ expect }) =>
    scene("cluster-revert", async (scenario) => {
      const repository = await scenario.repository(plain(scenario));
      const applier = scenario.startApplier(repository);
      await scenario.clusterReady(CLUSTER);
      // However long this test takes to act, the roll is not through before it has.
      const letGo = await holdBack(scenario, "cluster.x-k8s.io/control-plane");
      try {
        const upgrade = scenario.startCli("upgrade", CLUSTER, "--to", TO, "--repo", repository.path, "--wait", "--hold", "30s");
        const kcp = await scenario.eventually("the control plane to carry the version", async () => {
          const found = await controlPlane(scenario, CLUSTER);
          return found.spec.version === TO ? found : undefined;
        });
        await upgrade.said(/rolling/);
        // What is applied after this is not applied again.
        const tip = (await repository.git("rev-parse", "main")).trim();
        await scenario.eventually("the commit to be applied", async () =>
          applier.attempts().find(({ revision, status }) => revision === tip && status === 0),
        );
        await scenario.kubectl(
          "patch",
          "kubeadmcontrolplane",
          kcp.metadata.name,
          "--type=merge",
          "--field-manager=night-shift",
          "-p",
          JSON.stringify({ spec: { version: FROM } }),
        );

        const ended = await upgrade.finished;
        expectContradicted(expect, ended, "Reverted");
        expect(ended.out).toContain(
          `KubeadmControlPlane ${scenario.namespace}/${kcp.metadata.name} had version ${TO} and has version ${FROM} now`.replace(
            "has version ",
            "has ",
          ),
        );
        expect(ended.out).toContain("who: night-shift");
        expect(ended.out).toContain("Stop night-shift from writing the version");
        expect(await productCommits(repository)).toHaveLength(1);
        for (const pool of await ofCluster(scenario, "machinedeployments", CLUSTER)) expect(pool.spec.template.spec.version).toBe(FROM);
      } finally {
        await letGo();
      }
    }));

  it("after all was proven, while it must hold: who did it is named", ({ expect }) =>
    scene("hold-revert", async (scenario) => {
      await scenario.apply(Object.values(plain(scenario)).join("---\n"));
      await scenario.clusterReady(CLUSTER);
      const upgrade = scenario.startCli("upgrade", CLUSTER, "--to", TO, "--no-git", "--wait", "--hold", "1h");
      await upgrade.said(/holding/);
      await expectAllAt(expect, scenario, CLUSTER, TO, 3);
      const [pool] = await ofCluster(scenario, "machinedeployments", CLUSTER);
      await scenario.kubectl(
        "patch",
        "machinedeployment",
        pool.metadata.name,
        "--type=merge",
        "--field-manager=night-shift",
        "-p",
        JSON.stringify({ spec: { template: { spec: { version: FROM } } } }),
      );
      const ended = await upgrade.finished;
      expectContradicted(expect, ended, "Reverted");
      expect(ended.out).toContain(`MachineDeployment ${scenario.namespace}/${pool.metadata.name} had version ${TO} and has ${FROM} now`);
      expect(ended.out).toContain("who: night-shift");
      const verified = await scenario.cli("verify", CLUSTER, "--version", TO, "--hold", "1s", "--timeout", "5s");
      expect(verified.code, verified.out).toBe(5);
      expect(verified.out).not.toContain(": proven");
    }));
});

describe.concurrent("what is refused", () => {
  it("each with its reason, and nothing is written", ({ expect }) =>
    scene("refusals", async (scenario) => {
      const { namespace } = scenario;
      const at = "v1.34.2";
      await scenario.apply(clusterClass(namespace));
      const declared = await scenario.repository({ [FILE]: small(scenario, at) });
      const twice = await scenario.repository({ "a/demo.yaml": small(scenario, at), "b/demo.yaml": small(scenario, at) });
      const elsewhere = await scenario.repository({
        "clusters/other.yaml": small(scenario, at).replace(`name: ${CLUSTER}\n`, "name: other\n"),
      });
      scenario.startApplier(declared);
      await scenario.clusterReady(CLUSTER);

      async function refusal(
        to: string,
        reason: string,
        words: readonly string[] = [],
        { repository = declared, cluster = CLUSTER } = {},
      ): Promise<void> {
        const [tip, { metadata }] = [await refs(repository), await scenario.get("cluster", CLUSTER)];
        const { code, out, err } = await scenario.cli("upgrade", cluster, "--to", to, "--repo", repository.path, "--wait");
        const text = out + err;
        expect(code, text).toBe(3);
        for (const word of [`✗ ${reason}: `, "  → ", ...words]) expect(text).toContain(word);
        expect(await refs(repository)).toBe(tip);
        expect((await scenario.get("cluster", CLUSTER)).metadata.generation).toBe(metadata.generation);
      }

      await refusal("v1.34.0", "VersionDowngrade", ["v1.34.0", at]);
      await refusal("v1.36.1", "IntermediateVersionUnknown", ["v1.35", "--via"]);
      await refusal("1.35", "InvalidVersion");
      await refusal(TO, "ClusterNotFound", [`Did you mean ${namespace}/${CLUSTER}?`], { cluster: "dmeo" });
      await refusal(TO, "ManifestAmbiguous", ["a/demo.yaml", "b/demo.yaml"], { repository: twice });
      await refusal(TO, "ManifestNotFound", [`${namespace}/${CLUSTER}`], { repository: elsewhere });

      await scenario.kubectl("patch", "cluster", CLUSTER, "--type=merge", "-p", '{"spec":{"paused":true}}');
      await refusal(TO, "ClusterPaused");
      await scenario.kubectl("patch", "cluster", CLUSTER, "--type=merge", "-p", '{"spec":{"paused":false}}');
      await scenario.eventually("the pause to be over", async () => {
        const { status } = await scenario.get("cluster", CLUSTER);
        return status.conditions.find(({ type, status: state }: Json) => type === "Paused" && state === "False");
      });
      await scenario.apply(clusterClass(namespace, [at, TO]));
      await refusal("v1.35.1", "VersionNotInClusterClass", ["v1.35.1", TO]);

      // Nothing of all this moved anything.
      await expectAllAt(expect, scenario, CLUSTER, at, 2);
      expect(await productCommits(declared)).toEqual([]);
    }));

  it("a roll that is stuck is given up, and what it waits for is named", ({ expect }) =>
    scene("stuck", async (scenario) => {
      const repository = await scenario.repository(plain(scenario));
      scenario.startApplier(repository);
      await scenario.clusterReady(CLUSTER);
      // From now on a machine of pool a takes an hour to start; templates are immutable, so it is made anew.
      const slow = (await repository.read("pool-a.yaml")).replace("startupDuration: 1s", "startupDuration: 1h");
      const [{ metadata }] = (await scenario.get("devmachinetemplates")).items.filter(({ metadata: { name } }: Json) =>
        name.endsWith("pool-a"),
      );
      await scenario.kubectl("delete", "devmachinetemplate", metadata.name);
      await repository.commit("Slow machines", { "pool-a.yaml": slow });
      await scenario.eventually("the slow template", async () => {
        const { spec } = await scenario.get("devmachinetemplate", metadata.name);
        return spec.template.spec.backend.inMemory.vm.provisioning.startupDuration === "1h" ? true : undefined;
      });

      const command = ["upgrade", CLUSTER, "--to", TO, "--repo", repository.path, "--wait"];
      // Up to where it is stuck, however slowly the control plane moves until then.
      const upgrade = scenario.startCli(...command);
      await scenario.eventually("pool a to be begun", async () => {
        const { items } = await scenario.get("machines", "-l", `cluster.x-k8s.io/deployment-name=${CLUSTER}-pool-a`);
        return items.find(({ spec }: Json) => spec.version === TO);
      });
      await upgrade.said(/rolling, step 2/);
      upgrade.child.kill("SIGINT");
      await upgrade.finished;

      const stalled = await scenario.cli(...command, "--stall", "15s");
      expect(stalled.code, stalled.out + stalled.err).toBe(5);
      const [, seconds] = /Nothing has moved for (\d+) s\. MachineDeployment .*pool-a is on its way to v1\.35\.2/.exec(stalled.err) ?? [];
      expect(Number(seconds), stalled.err).toBeGreaterThanOrEqual(15);
      expect(stalled.err).toContain(`capi-gitops describe ${CLUSTER} -n ${scenario.namespace}`);
      const timedOut = await scenario.cli(...command, "--timeout", "5s");
      expect(timedOut.code, timedOut.out + timedOut.err).toBe(5);
      // Not because it is stuck: that would be told after half an hour.
      expect(timedOut.err).not.toContain("Nothing has moved");
      expect(timedOut.err).toContain(`Look again with: capi-gitops verify ${CLUSTER} -n ${scenario.namespace}`);
      expect(timedOut.out).toContain("pool-a");
      // The control plane and pool a were begun; pool b is not touched before pool a is through.
      expect(await productCommits(repository)).toHaveLength(2);
      const versions = (await ofCluster(scenario, "machinedeployments", CLUSTER)).map(
        ({ metadata: { name }, spec }) => `${name.slice(-1)} ${spec.template.spec.version}`,
      );
      expect(versions.toSorted()).toEqual([`a ${TO}`, `b ${FROM}`]);
    }));
});
