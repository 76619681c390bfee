import { describe, it, type ExpectStatic } from "vitest";
import { parseAllDocuments } from "yaml";
import { controlPlane, expectAllAt, ofCluster, productCommits } from "./support/facts.ts";
import { clusterClass, plainCluster, topologyCluster, topologyClusterV1beta1 } from "./support/manifests.ts";
import { scene, type Json, type Repository, type Scenario } from "./support/scenario.ts";

const CLUSTER = "demo";
const FILE = "clusters/demo.yaml";
const FAST = ["--wait", "--hold", "3s"];

/** A topology cluster of one and one, declared in a repository that is applied. */
async function fromGit(
  scenario: Scenario,
  {
    version,
    classVersions,
    write = topologyCluster,
  }: { version: string; classVersions?: readonly string[]; write?: typeof topologyCluster },
): Promise<Repository> {
  await scenario.apply(clusterClass(scenario.namespace, classVersions));
  const repository = await scenario.repository({ [FILE]: write({ namespace: scenario.namespace, name: CLUSTER, version }) });
  scenario.startApplier(repository);
  await scenario.clusterReady(CLUSTER);
  return repository;
}

const title = (scenario: Scenario, kind: string, name: string, to: string): string =>
  `Upgrade ${kind} ${scenario.namespace}/${name} to Kubernetes ${to}`;

function expectProven(expect: ExpectStatic, result: { code: number | null; out: string; err: string }, version: string): void {
  expect(result.code, result.out + result.err).toBe(0);
  expect(result.out).toContain(`${version}: proven`);
}

/** Lines that a commit takes away and adds. */
async function changedLines(repository: Repository, commit = "main"): Promise<readonly string[]> {
  const diff = await repository.git("show", "--format=", "--unified=0", commit);
  return diff.split("\n").filter((line) => /^[+-](?![+-])/.test(line));
}

/** Each value once for as long as it stays. */
function phases(values: readonly string[]): readonly string[] {
  return values.filter((value, index) => value !== values[index - 1]);
}

describe.concurrent("upgrades of clusters with a topology", () => {
  it("a patch, then a minor; the same command again changes nothing", ({ expect }) =>
    scene("patch-minor", async (scenario) => {
      const repository = await fromGit(scenario, { version: "v1.34.0" });
      const text = await repository.read(FILE);
      for (const to of ["v1.34.2", "v1.35.2"]) {
        const command = ["upgrade", CLUSTER, "--to", to, "--repo", repository.path, ...FAST];
        expectProven(expect, await scenario.cli(...command), to);
        await expectAllAt(expect, scenario, CLUSTER, to, 2);
        expect(await repository.read(FILE)).toBe(text.replace("v1.34.0", to));
        const tip = await repository.git("rev-parse", "main");
        expectProven(expect, await scenario.cli(...command), to);
        expect(await repository.git("rev-parse", "main")).toBe(tip);
      }
      expect(await productCommits(repository)).toEqual(["v1.34.2", "v1.35.2"].map((to) => title(scenario, "Cluster", CLUSTER, to)));
    }));

  it("several minors in one commit, where the ClusterClass lists them; the control plane passes through each", ({ expect }) =>
    scene("chained", async (scenario) => {
      const classVersions = ["v1.34.0", "v1.35.2", "v1.36.1", "v1.37.0"];
      const repository = await fromGit(scenario, { version: "v1.34.0", classVersions });
      const machines = await scenario.watch(
        "machines",
        "{.metadata.labels.topology\\.cluster\\.x-k8s\\.io/deployment-name}={.spec.version}={.status.nodeInfo.kubeletVersion}",
      );
      expectProven(expect, await scenario.cli("upgrade", CLUSTER, "--to", "v1.37.0", "--repo", repository.path, ...FAST), "v1.37.0");
      await expectAllAt(expect, scenario, CLUSTER, "v1.37.0", 2);
      const seen = await machines.caughtUp();
      const kubelets = (pool: string): ReadonlySet<string> =>
        new Set(seen.flatMap((line) => (line.startsWith(`${pool}=`) && /=v[^=]*=v/.test(line) ? [line.split("=")[2] ?? ""] : [])));
      expect([...kubelets("")]).toEqual(classVersions);
      expect([...kubelets("md-0")]).toEqual(["v1.34.0", "v1.37.0"]);
      expect(await productCommits(repository)).toEqual([title(scenario, "Cluster", CLUSTER, "v1.37.0")]);
    }));

  it("two minors without a list are two commits, the second one only when the first is through", ({ expect }) =>
    scene("via", async (scenario) => {
      const repository = await fromGit(scenario, { version: "v1.34.0" });
      const versions = await scenario.watch("machines", "{.spec.version}");
      const topology = await scenario.watch("clusters", "{.spec.topology.version}");
      expectProven(
        expect,
        await scenario.cli("upgrade", CLUSTER, "--to", "v1.36.1", "--via", "v1.35.2", "--repo", repository.path, ...FAST),
        "v1.36.1",
      );
      await expectAllAt(expect, scenario, CLUSTER, "v1.36.1", 2);
      expect(await productCommits(repository)).toEqual(["v1.35.2", "v1.36.1"].map((to) => title(scenario, "Cluster", CLUSTER, to)));
      expect(phases(await topology.caughtUp())).toEqual(["v1.34.0", "v1.35.2", "v1.36.1"]);
      // Once a machine of the second minor is there, none of the first version is any more.
      const order = await versions.caughtUp();
      expect(order.lastIndexOf("v1.34.0")).toBeLessThan(order.indexOf("v1.36.1"));
      expect(new Set(order)).toEqual(new Set(["v1.34.0", "v1.35.2", "v1.36.1"]));
    }));

  it("manifests of the older contract version are changed in their own words", ({ expect }) =>
    scene("v1beta1", async (scenario) => {
      const repository = await fromGit(scenario, { version: "v1.34.0", write: topologyClusterV1beta1 });
      expect(await repository.read(FILE)).toContain("cluster.x-k8s.io/v1beta1");
      expectProven(expect, await scenario.cli("upgrade", CLUSTER, "--to", "v1.35.2", "--repo", repository.path, ...FAST), "v1.35.2");
      await expectAllAt(expect, scenario, CLUSTER, "v1.35.2", 2);
      expect(await changedLines(repository)).toEqual([
        "-    version: v1.34.0   # keep in step with the node images",
        "+    version: v1.35.2   # keep in step with the node images",
      ]);
    }));

  it("a branch for review: nothing rolls before somebody merges it, then it is proven", ({ expect }) =>
    scene("review", async (scenario) => {
      const repository = await fromGit(scenario, { version: "v1.34.0" });
      const tip = await repository.git("rev-parse", "main");
      const before = (await scenario.get("machines")).items.map(({ metadata }: Json) => metadata.uid).toSorted();
      const command = ["upgrade", CLUSTER, "--to", "v1.35.2", "--repo", repository.path, "--branch", "review"];
      const pushed = await scenario.cli(...command);
      expect(pushed.code, pushed.out + pushed.err).toBe(0);
      expect(pushed.out + pushed.err).toMatch(/committed [0-9a-f]{12} on review/);
      expect(await repository.git("rev-parse", "main")).toBe(tip);
      expect(await productCommits(repository, "review")).toEqual([title(scenario, "Cluster", CLUSTER, "v1.35.2")]);

      // Once more, and waiting: the commit that is there is enough, and nothing moves.
      const waiting = scenario.startCli(...command, ...FAST);
      await waiting.said(/already in [0-9a-f]{12} on review/);
      expect(await productCommits(repository, "review")).toHaveLength(1);
      expect((await scenario.get("cluster", CLUSTER)).spec.topology.version).toBe("v1.34.0");
      expect((await scenario.get("machines")).items.map(({ metadata }: Json) => metadata.uid).toSorted()).toEqual(before);

      await repository.git("update-ref", "refs/heads/main", "refs/heads/review");
      const merged = await waiting.finished;
      expectProven(expect, merged, "v1.35.2");
      // Waiting is said once, not at every look.
      expect(merged.err.match(/already in/g)).toHaveLength(1);
      await expectAllAt(expect, scenario, CLUSTER, "v1.35.2", 2);
      expect(await productCommits(repository)).toHaveLength(1);
    }));

  it("without Git: the one field is applied to the topology under our own name", ({ expect }) =>
    scene("no-git", async (scenario) => {
      await scenario.apply(
        clusterClass(scenario.namespace) + "---\n" + topologyCluster({ namespace: scenario.namespace, name: CLUSTER, version: "v1.34.0" }),
      );
      await scenario.clusterReady(CLUSTER);
      expectProven(expect, await scenario.cli("upgrade", CLUSTER, "--to", "v1.35.2", "--no-git", ...FAST), "v1.35.2");
      await expectAllAt(expect, scenario, CLUSTER, "v1.35.2", 2);
      expect(await ours(scenario, "cluster", CLUSTER)).toEqual([{ "f:spec": { "f:topology": { "f:version": {} } } }]);
    }));
});

/** What field manager capi-gitops owns of an object. */
async function ours(scenario: Scenario, kind: string, name: string): Promise<readonly Json[]> {
  const { metadata } = await scenario.get(kind, name, "--show-managed-fields");
  return metadata.managedFields
    .filter(({ manager, operation }: Json) => manager === "capi-gitops" && operation === "Apply")
    .map(({ fieldsV1 }: Json) => fieldsV1);
}

const ownersInOrder = ["KubeadmControlPlane demo-cp", "MachineDeployment demo-pool-a", "MachineDeployment demo-pool-b"];

describe.concurrent("upgrades of clusters without a topology", () => {
  it("control plane and two pools: a step is one commit with template, reference and version; old templates go last", ({ expect }) =>
    scene("plain", async (scenario) => {
      const { namespace } = scenario;
      const files = plainCluster({ namespace, name: CLUSTER, version: "v1.34.0" });
      const repository = await scenario.repository(files);
      scenario.startApplier(repository);
      await scenario.clusterReady(CLUSTER);
      const templatesBefore = (await scenario.get("devmachinetemplates")).items.map(({ metadata }: Json) => metadata.name);
      expect(templatesBefore).toHaveLength(3);
      const templates = await scenario.watch("devmachinetemplates", "{.metadata.name} {.metadata.deletionTimestamp}");
      const machines = await scenario.watch("machines", "{.metadata.labels.pool}={.spec.version}");

      const command = ["upgrade", CLUSTER, "--to", "v1.35.2", "--repo", repository.path, ...FAST, "--retire-templates"];
      const result = await scenario.cli(...command);
      expectProven(expect, result, "v1.35.2");
      await expectAllAt(expect, scenario, CLUSTER, "v1.35.2", 5);

      const commits = await productCommits(repository);
      const upgrades = ownersInOrder.map((owner) => `Upgrade ${owner.replace(" ", ` ${namespace}/`)} to Kubernetes v1.35.2`);
      expect(commits.slice(0, 3)).toEqual(upgrades);
      expect(commits.slice(3).toSorted()).toEqual(
        templatesBefore.map((name: string) => `Remove DevMachineTemplate ${namespace}/${name}`).toSorted(),
      );
      // Control plane first, then one pool after the other.
      const order = await machines.caughtUp();
      const at = (pool: string): number => order.indexOf(`${pool}=v1.35.2`);
      expect([at(""), at("a"), at("b")].toSorted((a, b) => a - b)).toEqual([at(""), at("a"), at("b")]);
      expect(order.lastIndexOf("=v1.34.0")).toBeLessThan(at("a"));

      // Every commit by itself: new template, reference and version together, and the old templates still there.
      for (const [index, file] of ["control-plane.yaml", "pool-a.yaml", "pool-b.yaml"].entries()) {
        const commit = `main~${5 - index}`;
        expect((await repository.git("show", "--format=", "--name-only", commit)).trim()).toBe(file);
        const objects = parseAllDocuments(await repository.git("show", `${commit}:${file}`)).map((document): Json => document.toJS());
        const owner = objects.find(({ kind }) => kind === ownersInOrder[index]?.split(" ")[0]);
        const spec = owner.kind === "KubeadmControlPlane" ? owner.spec : owner.spec.template.spec;
        const reference = owner.kind === "KubeadmControlPlane" ? spec.machineTemplate.spec.infrastructureRef : spec.infrastructureRef;
        const own = objects.filter(({ kind }) => kind === "DevMachineTemplate");
        expect(spec.version).toBe("v1.35.2");
        expect(own.map(({ metadata }) => metadata.name)).toHaveLength(2);
        expect(own.find(({ metadata }) => metadata.name === reference.name)?.spec.template.metadata.annotations).toEqual({
          "example.com/image": "kindest/node:v1.35.2",
        });
        expect(own.find(({ metadata }) => metadata.name !== reference.name)?.spec.template.metadata.annotations).toEqual({
          "example.com/image": "kindest/node:v1.34.0",
        });
        expect(templatesBefore).toContain(own.find(({ metadata }) => metadata.name !== reference.name)?.metadata.name);
      }
      // At the end the old ones are gone from Git, and nothing refers to them.
      const atTip = (await Promise.all(Object.keys(files).map((file) => repository.read(file)))).join("---\n");
      const left = parseAllDocuments(atTip)
        .map((document): Json => document.toJS())
        .filter((object) => object !== null);
      const leftTemplates = left.filter(({ kind }) => kind === "DevMachineTemplate").map(({ metadata }) => metadata.name);
      expect(leftTemplates).toHaveLength(3);
      for (const name of templatesBefore) expect(leftTemplates).not.toContain(name);
      const infrastructure = await scenario.get("devmachines");
      const clonedFrom = infrastructure.items.map(({ metadata }: Json) => metadata.annotations["cluster.x-k8s.io/cloned-from-name"]);
      expect(new Set(clonedFrom)).toEqual(new Set(leftTemplates));
      // The applier does not prune: none was taken away while it could still be needed.
      expect((await templates.caughtUp()).filter((line) => line.includes("T"))).toEqual([]);

      const tip = await repository.git("rev-parse", "main");
      expectProven(expect, await scenario.cli(...command), "v1.35.2");
      expect(await repository.git("rev-parse", "main")).toBe(tip);
    }));

  it("without Git: template, reference and version are applied under our own name", ({ expect }) =>
    scene("plain-no-git", async (scenario) => {
      await scenario.apply(
        Object.values(plainCluster({ namespace: scenario.namespace, name: CLUSTER, version: "v1.34.0", controlPlanes: 1 })).join("---\n"),
      );
      await scenario.clusterReady(CLUSTER);
      expectProven(expect, await scenario.cli("upgrade", CLUSTER, "--to", "v1.34.2", "--no-git", ...FAST), "v1.34.2");
      await expectAllAt(expect, scenario, CLUSTER, "v1.34.2", 3);
      const kcp = await controlPlane(scenario, CLUSTER);
      const [owned] = await ours(scenario, "kubeadmcontrolplane", kcp.metadata.name);
      expect(Object.keys(owned["f:spec"]).toSorted()).toEqual(["f:machineTemplate", "f:version"]);
      const objects = [{ name: kcp.spec.machineTemplate.spec.infrastructureRef.name }];
      for (const pool of await ofCluster(scenario, "machinedeployments", CLUSTER)) {
        const [fields] = await ours(scenario, "machinedeployment", pool.metadata.name);
        expect(Object.keys(fields["f:spec"]["f:template"]["f:spec"]).toSorted()).toEqual(["f:infrastructureRef", "f:version"]);
        objects.push({ name: pool.spec.template.spec.infrastructureRef.name });
      }
      for (const { name } of objects) {
        const template = await scenario.get("devmachinetemplate", name);
        expect(template.spec.template.metadata.annotations).toEqual({ "example.com/image": "kindest/node:v1.34.2" });
      }
      expect((await scenario.get("devmachinetemplates")).items).toHaveLength(6);
    }));
});
