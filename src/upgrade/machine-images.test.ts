import { describe, expect, it } from "vitest";
import type { MachineTemplateSnapshot } from "./cluster-snapshot.ts";
import { imageMove, isTemplatePath, missingImage, pointerOf, type ImageCatalog } from "./machine-images.ts";
import { rotated, rotationFor } from "./rotation.ts";
import { imageCatalog, machineTemplate, reference } from "./testing/snapshots.ts";

const [FROM, TO] = ["v1.34.0", "v1.35.2"];
const spec = (field: string): string => `/spec/template/spec/${field}`;

/** Fields `customImage`, `image1`, `image2`… */
function move(images: readonly string[], catalog: Parameters<typeof imageCatalog>[0]): readonly string[] | string {
  const template = machineTemplate("cp", images);
  const found = imageMove(template, FROM, TO, imageCatalog(catalog));
  const { trouble } = found;
  if (trouble !== undefined) return trouble.kind === "unplaced" ? trouble.why : `missing beside ${trouble.versions.join(" ")}`;
  const set = rotationFor(template, FROM, TO, found)?.set ?? [];
  return set.map(({ path, value, to }) => `${path.at(-1) ?? ""} ${value} > ${to}`);
}

describe("where an image of the catalog goes", () => {
  it.each<[string, readonly string[], Parameters<typeof imageCatalog>[0], readonly string[] | string]>([
    [
      "an AMI where the AMI of the version before stands",
      ["ami-1", "m5.large"],
      { [FROM]: ["ami-1"], [TO]: ["ami-2"] },
      ["customImage ami-1 > ami-2"],
    ],
    ["where an image of any other version stands", ["ami-0"], { "v1.33.9": ["ami-0"], [TO]: ["ami-2"] }, ["customImage ami-0 > ami-2"]],
    [
      "in all fields that hold it",
      ["ami-1", "ami-1"],
      { [FROM]: ["ami-1"], [TO]: ["ami-2"] },
      ["customImage ami-1 > ami-2", "image1 ami-1 > ami-2"],
    ],
    ["nowhere, where it stands already", ["ami-2"], { [FROM]: ["ami-1"], [TO]: ["ami-2"] }, []],
    [
      "where the version is named, else",
      ["ubuntu-v1.34.0-20250801"],
      { [TO]: ["ubuntu-v1.35.2-20250915"] },
      ["customImage ubuntu-v1.34.0-20250801 > ubuntu-v1.35.2-20250915"],
    ],
    [
      "where any version is named, if nothing names the one before",
      ["ubuntu-v1.33.1"],
      { [TO]: ["ubuntu-b"] },
      ["customImage ubuntu-v1.33.1 > ubuntu-b"],
    ],
    ["only there, and not where another version is named", ["a:v1.34.0", "etcd:v1.30.0"], { [TO]: ["b"] }, ["customImage a:v1.34.0 > b"]],
    [
      "as the text that names the version leads to it, with all others",
      ["a:v1.34.0", "b:v1.34.0"],
      { [TO]: ["a:v1.35.2"] },
      ["customImage a:v1.34.0 > a:v1.35.2", "image1 b:v1.34.0 > b:v1.35.2"],
    ],
    [
      "nowhere, where it stands already, also beside one of another version",
      ["ami-2", "ami-1"],
      { [FROM]: ["ami-1"], [TO]: ["ami-2"] },
      [],
    ],
    ["once into a text that names the version twice", ["a-v1.34.0/v1.34.0"], { [TO]: ["b"] }, ["customImage a-v1.34.0/v1.34.0 > b"]],
    ["nowhere, where no text holds one", ["m5.large"], { [TO]: ["ami-2"] }, []],
    ["to its path", ["ami-x", "m5.large"], { [TO]: [{ image: "ami-2", path: spec("customImage") }] }, ["customImage ami-x > ami-2"]],
    [
      "to its path, whatever stands there, and other texts as they name the version",
      ["a:v1.34.0", "b:v1.34.0"],
      { [TO]: [{ image: "z", path: spec("image1") }] },
      ["image1 b:v1.34.0 > z", "customImage a:v1.34.0 > a:v1.35.2"],
    ],
    [
      "two images to a path each, one more where its like stands",
      ["u1", "s1", "i1"],
      { [FROM]: ["i1"], [TO]: [{ image: "u2", path: spec("customImage") }, { image: "s2", path: spec("image1") }, "i2"] },
      ["customImage u1 > u2", "image1 s1 > s2", "image2 i1 > i2"],
    ],
    [
      "one to its path, and one more where its like stands elsewhere",
      ["ami-1", "ami-0"],
      { "v1.33.0": ["ami-0"], [FROM]: ["ami-1"], [TO]: [{ image: "ami-9", path: spec("customImage") }, "ami-2"] },
      ["customImage ami-1 > ami-9", "image1 ami-0 > ami-2"],
    ],
    [
      "one to its path, and one more where the version is named elsewhere",
      ["a:v1.34.0", "b:v1.34.0"],
      { [TO]: [{ image: "z", path: spec("image1") }, "c"] },
      ["image1 b:v1.34.0 > z", "customImage a:v1.34.0 > c"],
    ],
    [
      "at its path already: a version in it stays",
      ["a:v1.34.0-fixed"],
      { [TO]: [{ image: "a:v1.34.0-fixed", path: spec("customImage") }] },
      [],
    ],
    [
      "not to a path that is not there",
      ["ami-1"],
      { [TO]: [{ image: "ami-2", path: spec("ami/id") }] },
      "it has no text at /spec/template/spec/ami/id",
    ],
    [
      "not to one of several fields",
      ["a:v1.34.0", "b:v1.34.0"],
      { [TO]: ["c"] },
      "/spec/template/spec/customImage and /spec/template/spec/image1 name a version",
    ],
    [
      "not to one of several images that it knows",
      ["ami-1", "ami-0"],
      { "v1.33.0": ["ami-0"], [FROM]: ["ami-1"], [TO]: ["ami-2"] },
      "/spec/template/spec/customImage and /spec/template/spec/image1 hold images that it knows",
    ],
    [
      "not one of several, of which nobody says which",
      ["ami-1"],
      { [FROM]: ["ami-1"], [TO]: ["ami-eu", "ami-us"] },
      "2 images are listed without a path",
    ],
    [
      "not at all where the version has none",
      ["ami-1"],
      { "v1.33.0": ["ami-1"], [FROM]: ["ami-1"], [TO]: [] },
      "missing beside v1.33.0 v1.34.0",
    ],
    [
      "not at all where the version has none, whatever else names the version",
      ["ami-1", "b:v1.34.0"],
      { [FROM]: ["ami-1"], [TO]: [] },
      "missing beside v1.34.0",
    ],
    [
      "not the catalog's where it has none and the text names the version",
      ["a:v1.34.0"],
      { [FROM]: ["a:v1.34.0"], [TO]: [] },
      ["customImage a:v1.34.0 > a:v1.35.2"],
    ],
  ])("%s: %j", (_, images, catalog, expected) => {
    expect(move(images, catalog)).toEqual(expected);
  });

  it("is told where a template has no field for it", () => {
    const { withoutPlace } = imageMove(machineTemplate("cp", ["m5.large"]), FROM, TO, imageCatalog({ [TO]: ["ami-2"] }));
    expect(withoutPlace.map(({ image }) => image)).toEqual(["ami-2"]);
    expect(
      imageMove(machineTemplate("cp", ["ami-1"]), FROM, TO, imageCatalog({ [FROM]: ["ami-1"], [TO]: ["ami-2"] })).withoutPlace,
    ).toEqual([]);
  });

  it("is of the template's kind", () => {
    const other: MachineTemplateSnapshot = { ...machineTemplate("cp", ["ami-1"]), ref: reference("AWSMachineTemplate", "cp") };
    const catalog = imageCatalog({ [FROM]: ["ami-1"], [TO]: ["ami-2"] });
    expect(rotationFor(other, FROM, TO, imageMove(other, FROM, TO, catalog))).toBeUndefined();
    expect(rotationFor(machineTemplate("cp", ["ami-1"]), FROM, TO)).toBeUndefined();
  });

  it("is of the template's kind, whatever a version has for other kinds", () => {
    const docker = imageCatalog({ [FROM]: ["docker-1"], [TO]: ["docker-2"] });
    const aws = (image: string) => ({ templateKind: "AWSMachineTemplate", image });
    const catalog: ImageCatalog = {
      ...docker,
      releases: docker.releases.map((release, index) => ({ ...release, images: [aws(`ami-${index + 1}`), ...release.images] })),
    };
    const set = (...texts: readonly string[]): unknown =>
      imageMove(machineTemplate("cp", texts), FROM, TO, catalog).set.map(({ to }) => to);
    expect(set("docker-1")).toEqual(["docker-2"]);
    expect(set("docker-1", "ami-1")).toEqual(["docker-2"]);
    expect(set("ami-1")).toEqual([]);
  });

  it("is what the next step sees", () => {
    const catalog = imageCatalog({ [FROM]: ["ami-1"], [TO]: ["ami-2"], "v1.36.0": ["ubuntu-1.36.0-a"] });
    const next = (template: MachineTemplateSnapshot, from: string, to: string): MachineTemplateSnapshot =>
      rotated(template, from, to, imageMove(template, from, to, catalog))!;
    const after = next(machineTemplate("cp", ["ami-1", "b:v1.34.0"]), FROM, TO);
    expect(after).toEqual(machineTemplate("cp", ["ami-2", "b:v1.35.2"]));
    const last = next(after, TO, "v1.36.0");
    expect(last.texts.map(({ value }) => value)).toEqual(["ubuntu-1.36.0-a", "b:v1.36.0"]);
    const images = imageMove(last, "v1.36.0", "v1.36.1", catalog);
    expect(rotationFor(last, "v1.36.0", "v1.36.1", images)?.set.map(({ to }) => to)).toEqual(["b:v1.36.1", "ubuntu-1.36.1-a"]);
  });
});

describe("an image that must exist", () => {
  const why = "kindest/node:v1.35.2 is not in its registry";
  const catalog: ImageCatalog = {
    name: "ReleaseCatalog default",
    mustExist: ["DockerMachineTemplate"],
    releases: [
      { version: FROM, images: [] },
      { version: TO, images: [], missingImages: [{ templateKind: "DockerMachineTemplate", why }] },
    ],
  };

  it.each([
    ["DockerMachineTemplate", TO, why],
    ["AWSMachineTemplate", TO, undefined],
    ["DockerMachineTemplate", FROM, undefined],
    ["DockerMachineTemplate", "v1.36.0", "it does not list that version"],
    ["AWSMachineTemplate", "v1.36.0", undefined],
  ])("of %s in %s: %s", (kind, version, expected) => expect(missingImage(catalog, kind, version)).toBe(expected));
});

describe("a path into a machine template", () => {
  it.each([
    ["/spec/template/spec/ami/id", true],
    ["/spec/template/spec", true],
    ["/spec/template", false],
    ["/spec/template/", false],
    ["/spec/template/spec//id", false],
    ["/spec/template/spec/", false],
    ["/metadata/name", false],
    ["/metadata/spec/template/spec", false],
    ["spec/template/spec", false],
  ])("%s: %s", (path, is) => expect(isTemplatePath(path)).toBe(is));
});

/** https://www.rfc-editor.org/rfc/rfc6901#section-3 */
describe("pointerOf", () => {
  it.each([
    [["spec", "template", "spec", "ami", "id"], "/spec/template/spec/ami/id"],
    [["spec", "volumes", 0, "image"], "/spec/volumes/0/image"],
    [["metadata", "annotations", "example.com/image"], "/metadata/annotations/example.com~1image"],
    [["a~b"], "/a~0b"],
  ])("%j is %s", (path, pointer) => expect(pointerOf(path)).toBe(pointer));
});
