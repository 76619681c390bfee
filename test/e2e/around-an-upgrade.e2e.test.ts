import { describe, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { expectAllAt, productCommits, rolledTo } from "./support/facts.ts";
import { plainCluster, yaml } from "./support/manifests.ts";
import { scene, type Json, type Repository, type Scenario } from "./support/scenario.ts";

const CLUSTER = "demo";

/** No control plane of this namespace may change its version, says the API server itself; gives back how to take that away. */
async function freeze(scenario: Scenario): Promise<() => Promise<void>> {
  const name = `freeze-${scenario.namespace}`;
  await scenario.apply(
    yaml(
      {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicy",
        metadata: { name },
        spec: {
          failurePolicy: "Fail",
          matchConstraints: {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": scenario.namespace } },
            resourceRules: [
              {
                apiGroups: ["controlplane.cluster.x-k8s.io"],
                apiVersions: ["*"],
                operations: ["UPDATE"],
                resources: ["kubeadmcontrolplanes"],
              },
            ],
          },
          validations: [{ expression: "object.spec.version == oldObject.spec.version", message: "no upgrades before Monday" }],
        },
      },
      {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicyBinding",
        metadata: { name },
        spec: { policyName: name, validationActions: ["Deny"] },
      },
    ),
  );
  return async () => {
    await scenario.kubectl("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", name);
  };
}

const names = (list: Json): readonly string[] => list.items.map(({ metadata }: Json) => metadata.name).toSorted();

async function templatesInGit(repository: Repository, files: readonly string[]): Promise<readonly string[]> {
  const text = (await Promise.all(files.map((file) => repository.read(file)))).join("---\n");
  return parseAllDocuments(text).flatMap((document): readonly string[] => {
    const object: Json = document.toJS();
    return object?.kind === "DevMachineTemplate" ? [object.metadata.name] : [];
  });
}

describe.concurrent("what comes before and after an upgrade", () => {
  it("an admission policy that rejects it is told in its own words, and nothing is left behind", ({ expect }) =>
    scene("rejected", async (scenario) => {
      await scenario.apply(
        Object.values(plainCluster({ namespace: scenario.namespace, name: CLUSTER, version: "v1.34.0", controlPlanes: 1 })).join("---\n"),
      );
      await scenario.clusterReady(CLUSTER);
      const before = names(await scenario.get("devmachinetemplates"));
      const thaw = await freeze(scenario);
      try {
        const command = ["upgrade", CLUSTER, "--to", "v1.34.2", "--no-git", "--wait", "--hold", "3s"];
        // A policy counts some moments after it was made.
        await scenario.eventually("the policy to count", async () => {
          const patch = JSON.stringify({ spec: { version: "v1.34.1" } });
          const dryRun = ["--type=merge", "--dry-run=server", "-p", patch];
          return scenario.kubectl("patch", "kubeadmcontrolplane", `${CLUSTER}-cp`, ...dryRun).then(
            () => undefined,
            (error: unknown) => (String(error).includes("no upgrades before Monday") ? true : undefined),
          );
        });
        const refused = await scenario.cli(...command);
        expect(refused.code, refused.out + refused.err).toBe(3);
        expect(refused.err).toContain("✗ ApplyRejected: ");
        expect(refused.err).toContain(`ValidatingAdmissionPolicy 'freeze-${scenario.namespace}'`);
        expect(refused.err).toContain("no upgrades before Monday");
        expect(names(await scenario.get("devmachinetemplates"))).toEqual(before);
        await expectAllAt(expect, scenario, CLUSTER, "v1.34.0", 3);
      } finally {
        await thaw();
      }
    }));

  it("verified from the commit on; later the templates of that run are taken out with those of the next", ({ expect }) =>
    scene("verify-retire", async (scenario) => {
      const files = plainCluster({ namespace: scenario.namespace, name: CLUSTER, version: "v1.34.0", controlPlanes: 1 });
      const repository = await scenario.repository(files);
      scenario.startApplier(repository);
      await scenario.clusterReady(CLUSTER);
      const from = (to: string): readonly string[] => ["upgrade", CLUSTER, "--to", to, "--repo", repository.path, "--wait", "--hold", "3s"];

      const first = await scenario.cli(...from("v1.34.2"));
      expect(first.code, first.out + first.err).toBe(0);
      const originals = await templatesInGit(repository, Object.keys(files));
      expect(originals).toHaveLength(6);

      const verified = await scenario.cli("verify", CLUSTER, "--repo", repository.path, "--hold", "3s");
      expect(verified.code, verified.out + verified.err).toBe(0);
      expect(verified.out).toContain("v1.34.2: proven");
      const tip = (await repository.git("rev-parse", "main")).slice(0, 12);
      expect(verified.out).toMatch(new RegExp(`committed .*control-plane.yaml:\\d+ declares v1.34.2 in commit ${tip}`));

      // Somebody takes it back in Git while it is watched; for a pool Cluster API follows.
      const watching = scenario.startCli("verify", CLUSTER, "--repo", repository.path, "--version", "v1.34.2", "--hold", "600s");
      await watching.said(/held for/);
      const kept = await repository.read("pool-a.yaml");
      await repository.commit("Back", { "pool-a.yaml": kept.replaceAll("version: v1.34.2", "version: v1.34.0") });
      const ended = await watching.finished;
      expect(ended.code, ended.out + ended.err).toBe(4);
      expect(ended.out).toContain("RevertedInGit: ");
      await scenario.eventually("pool-a to be back at v1.34.0", async () => {
        const { items } = await scenario.get("machines", "-l", `cluster.x-k8s.io/deployment-name=${CLUSTER}-pool-a`);
        const versions = items.map(({ status }: Json) => status?.nodeInfo?.kubeletVersion);
        return versions.length === 1 && versions[0] === "v1.34.0" ? true : undefined;
      });
      await repository.commit("And on again", { "pool-a.yaml": kept });
      await rolledTo(scenario, CLUSTER, "v1.34.2", 3);

      const second = await scenario.cli(...from("v1.35.2"), "--retire-templates");
      expect(second.code, second.out + second.err).toBe(0);
      await expectAllAt(expect, scenario, CLUSTER, "v1.35.2", 3);
      const left = await templatesInGit(repository, Object.keys(files));
      expect(left).toHaveLength(3);
      expect(left.filter((name) => originals.includes(name))).toEqual([]);
      const removed = (await productCommits(repository)).filter((title) => title.startsWith("Remove DevMachineTemplate "));
      expect(removed.toSorted()).toEqual(originals.map((name) => `Remove DevMachineTemplate ${scenario.namespace}/${name}`).toSorted());
    }));
});
