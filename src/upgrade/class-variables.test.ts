import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterMove, imageVariables, variableMove, variableName } from "./class-variables.ts";
import { imageCatalog, topologyCluster, variableTexts } from "./testing/snapshots.ts";

const [FROM, TO] = ["v1.34.0", "v1.35.2"];
const osImage = { name: "osImage" };

type Catalog = Parameters<typeof imageCatalog>[0];
type Values = Readonly<Record<string, string>>;

const clusterWith = (values: Values) => topologyCluster({ topology: { variables: variableTexts(values) } });

function move(values: Values, catalog: Catalog): readonly string[] | string {
  const { set, trouble } = variableMove(clusterWith(values), variableTexts(values), TO, imageCatalog(catalog));
  if (trouble?.kind === "unplaced") return trouble.why;
  if (trouble !== undefined) return `${variableName(trouble.text)} missing beside ${trouble.versions.join(" ")}`;
  return set.map((change) => `${variableName(change)}: ${change.value ?? ""} > ${change.to}`);
}

describe("what becomes of the variables of a ClusterClass", () => {
  it.each<[string, Values, Catalog, readonly string[] | string]>([
    [
      "the image takes the place of that of the version before",
      { osImage: "ami-1", instanceType: "m5.large" },
      { [FROM]: ["ami-1"], [TO]: ["ami-2"] },
      ["variable osImage: ami-1 > ami-2"],
    ],
    ["of that of any other version", { osImage: "ami-0" }, { "v1.33.9": ["ami-0"], [TO]: ["ami-2"] }, ["variable osImage: ami-0 > ami-2"]],
    [
      "within a value",
      { "osImage/id": "ami-1", "osImage/disk": "gp3" },
      { [FROM]: ["ami-1"], [TO]: ["ami-2"] },
      ["id of variable osImage: ami-1 > ami-2"],
    ],
    [
      "wherever it stands: the control plane's and each pool's in place of the cluster's too",
      { osImage: "ami-1", "cp/osImage": "ami-0", "md-0/osImage": "ami-1" },
      { "v1.33.9": ["ami-0"], [FROM]: ["ami-1"], [TO]: ["ami-2"] },
      [
        "variable osImage: ami-1 > ami-2",
        "variable osImage of the control plane: ami-0 > ami-2",
        "variable osImage of pool md-0: ami-1 > ami-2",
      ],
    ],
    ["it stands there already", { osImage: "ami-2" }, { [FROM]: ["ami-1"], [TO]: ["ami-2"] }, []],
    ["nothing that it knows stands there", { osImage: "ami-9" }, { [FROM]: ["ami-1"], [TO]: ["ami-2"] }, []],
    ["a text that names the version is nobody's image", { addonVersion: "v1.34.0" }, { [TO]: ["ami-2"] }, []],
    ["there is none of the version", { osImage: "ami-1" }, { [FROM]: ["ami-1"], [TO]: [] }, "variable osImage missing beside v1.34.0"],
    [
      "there is none of the version, though the text names the version",
      { osImage: "ubuntu-v1.34.0" },
      { [FROM]: ["ubuntu-v1.34.0"] },
      "variable osImage missing beside v1.34.0",
    ],
    [
      "a checksum takes the place of a checksum, a URL of a URL",
      { imageUrl: "u1", imageSum: "s1" },
      {
        [FROM]: [
          { image: "u1", path: "/spec/template/spec/image/url" },
          { image: "s1", path: "/spec/template/spec/image/checksum" },
        ],
        [TO]: [
          { image: "s2", path: "/spec/template/spec/image/checksum" },
          { image: "u2", path: "/spec/template/spec/image/url" },
        ],
      },
      ["variable imageUrl: u1 > u2", "variable imageSum: s1 > s2"],
    ],
    [
      "a path into templates, which the version before did without, says nothing",
      { osImage: "ami-1" },
      { [FROM]: ["ami-1"], [TO]: [{ image: "ami-2", path: "/spec/template/spec/ami/id" }] },
      ["variable osImage: ami-1 > ami-2"],
    ],
    [
      "two images, and nobody says which",
      { osImage: "ami-1" },
      { [FROM]: ["ami-1"], [TO]: ["ami-2", "ami-3"] },
      "ami-2 and ami-3 are listed for variable osImage",
    ],
    [
      "a variable that is named gets it, whatever stands there",
      { osImage: "mine", gpuImage: "other" },
      { [TO]: [{ image: "ami-2", variable: osImage }] },
      ["variable osImage: mine > ami-2"],
    ],
    [
      "a field of a value that is named",
      { "osImage/id": "mine", "osImage/name": "mine" },
      { [TO]: [{ image: "ami-2", variable: { name: "osImage", path: "/id" } }] },
      ["id of variable osImage: mine > ami-2"],
    ],
    [
      "each variable that is named gets its own",
      { osImage: "a1", gpuImage: "g1" },
      {
        [TO]: [
          { image: "a2", variable: osImage },
          { image: "g2", variable: { name: "gpuImage" } },
        ],
      },
      ["variable osImage: a1 > a2", "variable gpuImage: g1 > g2"],
    ],
    [
      "what is named goes before what stands alike",
      { osImage: "ami-1", gpuImage: "ami-1" },
      { [FROM]: ["ami-1"], [TO]: ["ami-3", { image: "ami-2", variable: osImage }] },
      ["variable osImage: ami-1 > ami-2", "variable gpuImage: ami-1 > ami-3"],
    ],
    [
      "not where the same image stands in a variable that is not named",
      { osImage: "ami-1", gpuImage: "ami-1" },
      { [FROM]: ["ami-1"], [TO]: [{ image: "ami-2", variable: osImage }] },
      "it is listed for variable osImage, and variable gpuImage holds ami-1",
    ],
    [
      "not over an image of another make that stands in place of the cluster's",
      { osImage: "ami-1", "md-0/osImage": "gpu-1" },
      { [FROM]: ["ami-1"], [TO]: [{ image: "ami-2", variable: osImage }] },
      "variable osImage of pool md-0 is gpu-1, which is not among its images, in place of the cluster's own",
    ],
    [
      "over one that is the same as the cluster's, known or not",
      { osImage: "mine", "md-0/osImage": "mine" },
      { [TO]: [{ image: "ami-2", variable: osImage }] },
      ["variable osImage: mine > ami-2", "variable osImage of pool md-0: mine > ami-2"],
    ],
    [
      "each part that an image is for gets its own, whatever stands there",
      { osImage: "mine", "cp/osImage": "x", "md-0/osImage": "gpu-1", "md-1/osImage": "mine" },
      {
        [TO]: [
          { image: "ami-2", variable: osImage },
          { image: "cp-2", variable: { ...osImage, part: "ControlPlane" } },
          { image: "gpu-2", variable: { ...osImage, part: "class-of-md-0" } },
        ],
      },
      [
        "variable osImage: mine > ami-2",
        "variable osImage of the control plane: x > cp-2",
        "variable osImage of pool md-0: gpu-1 > gpu-2",
        "variable osImage of pool md-1: mine > ami-2",
      ],
    ],
    [
      "an image for a part is none for the cluster",
      { osImage: "mine", "md-0/osImage": "gpu-1" },
      { [TO]: [{ image: "gpu-2", variable: { ...osImage, part: "class-of-md-0" } }] },
      ["variable osImage of pool md-0: gpu-1 > gpu-2"],
    ],
    [
      "a part whose image the version has not is left behind",
      { osImage: "ami-1", "md-0/osImage": "gpu-1" },
      {
        [FROM]: [
          { image: "ami-1", variable: osImage },
          { image: "gpu-1", variable: { ...osImage, part: "class-of-md-0" } },
        ],
        [TO]: [],
      },
      "variable osImage missing beside v1.34.0",
    ],
    [
      "nor is the image of the others put there",
      { osImage: "ami-1", "md-0/osImage": "gpu-1" },
      {
        [FROM]: [
          { image: "ami-1", variable: osImage },
          { image: "gpu-1", variable: { ...osImage, part: "class-of-md-0" } },
        ],
        [TO]: ["ami-3", { image: "ami-2", variable: osImage }],
      },
      "variable osImage of pool md-0 missing beside v1.34.0",
    ],
    [
      "over one that has nothing of the cluster's to stand in the place of",
      { "cp/osImage": "mine", "md-0/osImage": "mine" },
      { [TO]: [{ image: "ami-2", variable: osImage }] },
      ["variable osImage of the control plane: mine > ami-2", "variable osImage of pool md-0: mine > ami-2"],
    ],
    [
      "a named variable is left behind by a version without an image",
      { osImage: "mine" },
      { [FROM]: [{ image: "ami-1", variable: osImage }], [TO]: [] },
      "variable osImage missing beside ",
    ],
    [
      "a named variable that holds what it knows, and an image that names none",
      { osImage: "ami-1" },
      { [FROM]: [{ image: "ami-1", variable: osImage }], [TO]: ["ami-2"] },
      ["variable osImage: ami-1 > ami-2"],
    ],
    [
      "two images for one variable",
      { osImage: "ami-1" },
      {
        [TO]: [
          { image: "ami-2", variable: osImage },
          { image: "ami-3", variable: osImage },
        ],
      },
      "ami-2 and ami-3 are listed for variable osImage",
    ],
  ])("%s: %j", (_, values, catalog, expected) => {
    expect(move(values, catalog)).toEqual(expected);
  });

  it("nothing, without a catalog", () => {
    const values = { osImage: "ami-1" };
    expect(variableMove(clusterWith(values), variableTexts(values), TO, undefined)).toEqual({
      set: [],
      withoutVariable: [],
      trouble: undefined,
    });
    expect(imageVariables(clusterWith(values), undefined)).toEqual([]);
  });

  it("images for kinds of templates that the part is not made of are none of its own", () => {
    const cluster = topologyCluster({
      pools: [{ overrides: { machineTemplate: { ...topologyCluster().pools[0]!.machineTemplate!, ref: other } } }],
    });
    const values = variableTexts({ osImage: "x1", "cp/osImage": "x1", "md-0/osImage": "x1" });
    const releases = [FROM, TO].map((version, index) => ({
      version,
      images: [{ templateKind: "OtherMachineTemplate", image: `x${index + 1}` }],
    }));
    const { set } = variableMove(cluster, values, TO, { name: "c", releases, mustExist: [] });
    expect(set.map(variableName)).toEqual(["variable osImage", "variable osImage of pool md-0"]);
  });

  it("tells an image whose variable the cluster does not set", () => {
    const catalog = imageCatalog({ [TO]: [{ image: "ami-2", variable: { name: "osImage", path: "/id" } }] });
    const { withoutVariable, trouble } = variableMove(clusterWith({ osImage: "ami-1" }), variableTexts({ osImage: "ami-1" }), TO, catalog);
    expect([withoutVariable.map(({ image }) => image), trouble]).toEqual([["ami-2"], undefined]);
  });

  it("is what the next step sees", () => {
    const values = { osImage: "image-v1.34.0", instanceType: "m5" };
    const catalog = imageCatalog({ [FROM]: ["image-v1.34.0"], [TO]: ["image-b"], "v1.36.0": ["image-c"] });
    const after = afterMove(variableTexts(values), variableMove(clusterWith(values), variableTexts(values), TO, catalog));
    expect(after).toEqual(variableTexts({ osImage: "image-b", instanceType: "m5" }));
    expect(variableMove(clusterWith(values), after, "v1.36.0", catalog).set.map(({ value, to }) => [value, to])).toEqual([
      ["image-b", "image-c"],
    ]);
  });
});

const other = { group: "infrastructure.cluster.x-k8s.io", kind: "OtherMachineTemplate", namespace: "demo", name: "md-0" };

describe("the variables that hold images", () => {
  it.each<[string, Values, Catalog, readonly string[]]>([
    ["one that holds an image of any version", { osImage: "ami-1", instanceType: "m5" }, { [FROM]: ["ami-1"] }, ["variable osImage"]],
    ["one that is named", { osImage: "mine", instanceType: "m5" }, { [TO]: [{ image: "a", variable: osImage }] }, ["variable osImage"]],
    [
      "not its other fields",
      { "osImage/id": "x", "osImage/disk": "y" },
      { [TO]: [{ image: "a", variable: { name: "osImage", path: "/id" } }] },
      ["id of variable osImage"],
    ],
    ["none", { osImage: "v1.34.0" }, { [TO]: ["ami-1"] }, []],
  ])("%s", (_, values, catalog, expected) => {
    expect(imageVariables(clusterWith(values), imageCatalog(catalog)).map(variableName)).toEqual(expected);
  });
});

describe("whatever the variables and the catalog", () => {
  const images = ["a1", "a2", "g1", "g2"];
  const entry = fc.record(
    {
      image: fc.constantFrom(...images),
      variable: fc.constantFrom({ name: "osImage" }, { name: "osImage", part: "ControlPlane" }, { name: "vmTemplate", path: "/id" }),
    },
    { requiredKeys: ["image"] },
  );
  const catalogs = fc.dictionary(fc.constantFrom(FROM, TO, "v1.36.0"), fc.array(entry, { maxLength: 3 }));
  const places = ["osImage", "cp/osImage", "md-0/osImage", "vmTemplate/id", "vmTemplate/name"];
  const clusters = fc.dictionary(fc.constantFrom(...places), fc.constantFrom(...images, "mine"));

  it("what changes is known or named, becomes an image of the version, and does not change again", () => {
    let changed = 0;
    fc.assert(
      fc.property(clusters, catalogs, (values, entries) => {
        const [variables, catalog] = [variableTexts(values), imageCatalog(entries)];
        const cluster = clusterWith(values);
        const first = variableMove(cluster, variables, TO, catalog);
        const governed = imageVariables(cluster, catalog).map(variableName);
        const ofVersion = (entries[TO] ?? []).map(({ image }) => image);
        changed += first.set.length;
        for (const change of first.set) {
          expect(governed).toContain(variableName(change));
          expect(ofVersion).toContain(change.to);
        }
        if (first.trouble !== undefined) {
          expect(first.set).toEqual([]);
          return;
        }
        // Nothing that holds or should hold an image is left at another version's.
        const after = afterMove(variables, first);
        const left = after.filter((text) => governed.includes(variableName(text)) && !ofVersion.includes(text.value));
        expect(left).toEqual([]);
        expect(variableMove(cluster, after, TO, catalog)).toMatchObject({ set: [], trouble: undefined });
      }),
      { numRuns: 500, seed: 22 },
    );
    expect(changed).toBeGreaterThan(50);
  });
});
