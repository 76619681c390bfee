import { inject, it } from "vitest";
import { withImage, withImageVariable } from "../../simulation/image-variable.ts";
import { CLUSTER, expectAllAt, FILE, hold, release, topology, type RunScene } from "../support/engine-scene.ts";
import type { Scenario } from "../support/scenario.ts";

const image = (name: string): object => ({ images: [{ templateKind: "DevMachineTemplate", image: name }] });
const releases = [
  { version: "v1.34.0", ...image("ami-a") },
  { version: "v1.35.2", ...image("ami-b") },
  { version: "v1.36.1", ...image("ami-c") },
];

/** A ClusterClass takes the machine image from a variable: Cluster API is given both at once. */
export function imageVariableScenarios(scene: RunScene): void {
  it("Flux: the variable of a ClusterClass that holds the machine image changes with each version; no machine boots another's", ({
    expect,
  }) =>
    scene(
      {
        title: "op-class-image",
        engine: "flux",
        classVersions: ["v1.34.0", "v1.35.2", "v1.36.1"],
        changeClass: withImageVariable,
        files: (namespace) => ({ [FILE]: withImage(topology()(namespace)[FILE] ?? "", "ami-a") }),
      },
      async ({ scenario, repository, catalog, follow, proven, commits }) => {
        const { namespace } = scenario;
        const booted = await watchMachines(scenario);
        await catalog(...releases.slice(0, 1));
        await follow("Rapid");
        await catalog(...releases);
        const { spec, status } = await proven();
        expect(spec).toMatchObject({ targetVersion: "v1.36.1" });
        expect(status).toMatchObject({ phase: "Proven", stepsDone: 2, stepsTotal: 2 });
        expect(await commits()).toEqual(
          ["v1.35.2", "v1.36.1"].map((version) => `Upgrade Cluster ${namespace}/${CLUSTER} to Kubernetes ${version}`),
        );
        await expectAllAt(expect, scenario, "v1.36.1", 2);
        expect(await booted()).toEqual(["v1.34.0 ami-a", "v1.35.2 ami-b", "v1.36.1 ami-c"]);
        const file = await repository.read(FILE);
        expect(file.match(/ami-./g)).toEqual(["ami-c", "ami-c"]);
        expect(file).toContain("version: v1.36.1   # keep in step with the node images");
      },
    ));

  it.skipIf(inject("helmControllerMissing") !== "")("Flux: both are values of a HelmRelease", ({ expect }) =>
    scene(
      { title: "op-helm-image", engine: "flux", changeClass: withImageVariable, files: chart },
      async ({ scenario, repository, catalog, begin, proven, commits }) => {
        const { namespace } = scenario;
        const booted = await watchMachines(scenario);
        await catalog(...releases);
        const before = await repository.read(FILE);
        await begin({ targetVersion: "v1.35.2", catalogRef: { name: namespace }, proof: hold });
        await proven();
        expect(await commits()).toEqual([`Upgrade Cluster ${namespace}/${CLUSTER} to Kubernetes v1.35.2`]);
        expect(await repository.read(FILE)).toBe(
          before.replace("version: v1.34.0", "version: v1.35.2").replace("nodeImage: ami-a", "nodeImage: ami-b"),
        );
        await expectAllAt(expect, scenario, "v1.35.2", 2);
        expect(await booted()).toEqual(["v1.34.0 ami-a", "v1.35.2 ami-b"]);
      },
    ),
  );
}

/** The release's chart, with the image as a value. */
function chart(namespace: string): Readonly<Record<string, string>> {
  const template = "charts/cluster/templates/cluster.yaml";
  const files = release(namespace);
  return {
    ...files,
    [template]: withImage(files[template] ?? "", "{{ .Values.nodeImage }}"),
    [FILE]: (files[FILE] ?? "").replace("version: v1.34.0", "version: v1.34.0\n    nodeImage: ami-a"),
  };
}

/** What each machine that ever was is to run, and what it boots. */
async function watchMachines({ watch }: Scenario): Promise<() => Promise<readonly string[]>> {
  const machines = await watch("machines", "{.spec.infrastructureRef.name} {.spec.version}");
  const booted = await watch("devmachines", String.raw`{.metadata.name} {.metadata.annotations.example\.com/image}`);
  return async () => {
    const images = new Map((await booted.caughtUp()).map((line) => line.split(" ") as [string, string]));
    const pairs = (await machines.caughtUp()).map((line) => {
      const [name = "", version = ""] = line.split(" ");
      return `${version} ${images.get(name) ?? "nothing"}`;
    });
    return [...new Set(pairs)].sort();
  };
}
