import { describe, expect, it } from "vitest";
import { objectOf, type MetaOverrides } from "../cluster-api/testing/objects.ts";
import { memoryReads } from "../cluster-api/testing/reads.ts";
import type { RawObject } from "../cluster-api/views/fields.ts";
import { machineTemplate, plainCluster } from "../upgrade/testing/snapshots.ts";
import { formerTemplates } from "./former-templates.ts";

const cluster = { kind: "Cluster", name: "c1" };
const template = (name: string, image = "kindest/node:v1.34.0", meta: MetaOverrides = {}, kind = "DockerMachineTemplate"): RawObject =>
  objectOf(
    "infrastructure.cluster.x-k8s.io/v1beta2",
    kind,
    { name, owner: cluster, ...meta },
    {
      template: { spec: { customImage: image } },
    },
  );

async function found(templates: readonly RawObject[], inUse = "c1-cp-3f2a91bc", trouble = {}): Promise<readonly string[]> {
  const snapshot = plainCluster({ version: "v1.35.2", controlPlane: { machineTemplate: machineTemplate(inUse) } });
  const reads = memoryReads([template(inUse, "kindest/node:v1.35.2"), ...templates], trouble);
  return (await formerTemplates(reads, snapshot, "v1.35.2")).map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`);
}

describe("templates that earlier runs replaced", () => {
  it.each<[string, readonly RawObject[], readonly string[]]>([
    ["the first one, which a person named", [template("c1-cp")], ["c1-cp"]],
    ["one of ours", [template("c1-cp-0a1b2c3d", "kindest/node:v1.34.9")], ["c1-cp-0a1b2c3d"]],
    ["both, after two upgrades", [template("c1-cp"), template("c1-cp-0a1b2c3d")], ["c1-cp", "c1-cp-0a1b2c3d"]],
    ["not another's name", [template("c1-cp-extra"), template("c1"), template("c1-cp-0a1b2c3"), template("c1-cp-0a1b2c3d-x")], []],
    ["not what another cluster took on", [template("c1-cp", undefined, { owner: { kind: "Cluster", name: "c2" } })], []],
    ["not what nobody took on", [objectOf("infrastructure.cluster.x-k8s.io/v1beta2", "DockerMachineTemplate", { name: "c1-cp" }, {})], []],
    ["not what names the target, or something newer", [template("c1-cp", "n:v1.35.2"), template("c1-cp-0a1b2c3d", "n:v1.36.0")], []],
    ["not what names no version: it was not replaced for one", [template("c1-cp", "node:latest")], []],
    ["not of another kind", [template("c1-cp", undefined, {}, "DevMachineTemplate")], []],
  ])("%s", async (_, templates, names) => {
    expect(await found(templates)).toEqual(names.map((name) => `DockerMachineTemplate demo/${name}`));
  });

  it("none where the template in use has a name that a person gave it: no upgrade of ours has been there", async () => {
    expect(await found([template("c1-cp-0a1b2c3d")], "c1-cp")).toEqual([]);
  });

  it("none where they may not be read", async () => {
    expect(await found([template("c1-cp")], undefined, { DockerMachineTemplate: "forbidden" })).toEqual([]);
  });
});
