import { describe, expect, it } from "vitest";
import { rotated, rotationFor, strangePins } from "./rotation.ts";
import type { MachineTemplateSnapshot, VersionPin } from "./cluster-snapshot.ts";
import { machineTemplate, reference } from "./testing/snapshots.ts";

const pin = (value: string, version: string, field = "customImage"): VersionPin => ({
  path: ["spec", "template", "spec", field],
  value,
  version,
});
const template = (...versionPins: readonly VersionPin[]): MachineTemplateSnapshot => ({ ...machineTemplate("cp"), versionPins });

describe("rotationFor", () => {
  it.each([
    ["an image tag", "kindest/node:v1.34.0", "v1.34.0", "v1.35.2", "kindest/node:v1.35.2"],
    ["a name without v", "capi-ubuntu-22.04-1.34.0", "v1.34.0", "v1.35.2", "capi-ubuntu-22.04-1.35.2"],
    ["every place", "registry/v1.34.0/node:v1.34.0", "v1.34.0", "v1.35.2", "registry/v1.35.2/node:v1.35.2"],
    ["what follows stays", "ubuntu-1.34.0-20260101", "v1.34.0", "v1.35.2", "ubuntu-1.35.2-20260101"],
    ["build metadata", "rke2:v1.34.0+rke2r1", "v1.34.0+rke2r1", "v1.35.2+rke2r2", "rke2:v1.35.2+rke2r2"],
    ["build metadata in a tag", "rke2:v1.34.0-rke2r1", "v1.34.0+rke2r1", "v1.35.2+rke2r2", "rke2:v1.35.2-rke2r2"],
    ["build metadata with an underscore", "rke2-1.34.0_rke2r1.img", "v1.34.0+rke2r1", "v1.35.2+rke2r2", "rke2-1.35.2_rke2r2.img"],
    ["a build without v", "rke2-1.34.0+rke2r1", "v1.34.0+rke2r1", "v1.35.2+rke2r2", "rke2-1.35.2+rke2r2"],
    ["a dollar in the build", "a:v1.34.0", "v1.34.0", "v1.35.0+x", "a:v1.35.0+x"],
  ])("%s: %s", (_, value, from, to, after) => {
    const found = pin(value, from.split("+")[0] ?? "");
    expect(rotationFor(template(found), from, to)).toEqual({
      template: reference("DockerMachineTemplate", "cp"),
      set: [{ path: found.path, value, to: after }],
    });
  });

  it.each([
    ["none", []],
    ["the new version", [pin("node:v1.35.2", "v1.35.2")]],
    ["a longer version", [pin("node:v1.34.01", "v1.34.01"), pin("node:v1.34.0.1", "v1.34.0.1"), pin("node:xv1.34.0", "x")]],
  ])("is needed for no pin that names %s", (_, pins) => {
    expect(rotationFor(template(...pins), "v1.34.0", "v1.35.2")).toBeUndefined();
  });

  it("needs a template", () => expect(rotationFor(undefined, "v1.34.0", "v1.35.2")).toBeUndefined());

  it("sets a field with two versions in it once", () => {
    const value = "node:v1.34.0-and-v1.30.1";
    const found = rotationFor(template(pin(value, "v1.30.1"), pin(value, "v1.34.0"), pin(value, "v1.34.0")), "v1.34.0", "v1.35.2");
    expect(found?.set).toEqual([{ path: pin(value, "v1.34.0").path, value, to: "node:v1.35.2-and-v1.30.1" }]);
  });

  it("sets every field", () => {
    const found = rotationFor(template(pin("a:v1.34.0", "v1.34.0", "a"), pin("b:v1.34.0", "v1.34.0", "b")), "v1.34.0", "v1.35.2");
    expect(found?.set.map(({ path, to }) => [path.at(-1), to])).toEqual([
      ["a", "a:v1.35.2"],
      ["b", "b:v1.35.2"],
    ]);
  });
});

describe("rotated", () => {
  it("is what the next step sees", () => {
    const before = template(pin("a:v1.34.0", "v1.34.0", "a"), pin("b:v1.30.0", "v1.30.0", "b"));
    expect(rotated(before, "v1.34.0", "v1.35.2")).toEqual(template(pin("a:v1.35.2", "v1.35.2", "a"), pin("b:v1.30.0", "v1.30.0", "b")));
    expect(rotated(undefined, "v1.34.0", "v1.35.2")).toBeUndefined();
  });
});

describe("strangePins", () => {
  it("are those that name none of the versions", () => {
    const [known, strange] = [pin("a:v1.34.0-rke2r1", "v1.34.0", "a"), pin("b:v1.30.0", "v1.30.0", "b")];
    expect(strangePins(template(known, strange), ["v1.34.0+rke2r1", "v1.35.2"])).toEqual([strange]);
    expect(strangePins(template(known, strange), ["v1.34.0+rke2r9", "v1.30.0"])).toEqual([known]);
    expect(strangePins(undefined, ["v1.34.0"])).toEqual([]);
  });
});
