import { describe, expect, it } from "vitest";
import type { Release } from "../upgrade/policy/release.ts";
import { imageByRule, imagesToLookFor, withImages, type ImageRule } from "./image-rules.ts";
import type { ImageLook, ImageToFind } from "./registry/image-lookups.ts";
import { releaseWith } from "./release-facts.ts";

const docker = (image: string | undefined, mustExist: boolean): ImageRule => ({ templateKind: "Docker", image, mustExist });
const looks: Readonly<Record<string, ImageLook>> = {
  "node:v1.35.1": { kind: "exists" },
  "node:v1.35.2": { kind: "missing", why: "node:v1.35.2 is not in its registry" },
  "node:v1.35.3": { kind: "unknown", why: "it answers 429" },
};
const listed = releaseWith("v1.35.0", { images: [{ templateKind: "Docker", image: "listed" }] });

function told(release: Release, rules: readonly ImageRule[]): readonly string[] {
  const [after] = withImages([release], rules, ({ image }) => looks[image]);
  return [
    ...(after?.images ?? []).map(
      ({ image, path, variable }) =>
        `${image}${path === undefined ? "" : ` at ${path}`}${variable === undefined ? "" : ` in ${variable.name}`}`,
    ),
    ...(after?.missingImages ?? []).map(({ templateKind, why }) => `no ${templateKind}: ${why}`),
  ];
}

describe("rules for images", () => {
  it.each<[string, Release, readonly ImageRule[], readonly string[]]>([
    ["name one after the version", releaseWith("v1.35.9"), [docker("node:{version}", false)], ["node:v1.35.9"]],
    [
      "with the path where it goes",
      releaseWith("v1.35.9"),
      [{ ...docker("n-{version}", false), path: "/spec/template/a" }],
      ["n-v1.35.9 at /spec/template/a"],
    ],
    [
      "with the variable where it goes",
      releaseWith("v1.35.9"),
      [{ ...docker("n-{version}", false), variable: { name: "osImage" } }],
      ["n-v1.35.9 in osImage"],
    ],
    ["say nothing where a source lists one", listed, [docker("node:{version}", true), docker("x:{version}", false)], ["listed"]],
    ["look for one that must exist: it is there", releaseWith("v1.35.1"), [docker("node:{version}", true)], ["node:v1.35.1"]],
    ["it is not there", releaseWith("v1.35.2"), [docker("node:{version}", true)], ["no Docker: node:v1.35.2 is not in its registry"]],
    ["nobody could tell", releaseWith("v1.35.3"), [docker("node:{version}", true)], ["no Docker: it answers 429"]],
    [
      "nobody has looked",
      releaseWith("v1.35.4"),
      [docker("node:{version}", true)],
      ["no Docker: node:v1.35.4 has not been looked for yet"],
    ],
    ["without a name: only what is listed counts", releaseWith("v1.35.4"), [docker(undefined, true)], ["no Docker: no source lists one"]],
    ["and it is listed", listed, [docker(undefined, true)], ["listed"]],
    [
      "for several kinds",
      listed,
      [docker("node:{version}", true), { ...docker("aws-{version}", false), templateKind: "AWS" }],
      ["listed", "aws-v1.35.0"],
    ],
  ])("%s", (_, release, rules, expected) => expect(told(release, rules)).toEqual(expected));

  it("change nothing where there are none", () => {
    const releases = [listed];
    expect(withImages(releases, [], () => undefined)).toBe(releases);
    expect(withImages(releases, [docker("node:{version}", true)], () => undefined)[0]).toBe(listed);
  });

  it.each([
    ["node:{version}", "v1.35.2", "node:v1.35.2"],
    ["ubuntu-v{version}-amd64", "v1.35.2", "ubuntu-v1.35.2-amd64"],
    ["rke2:{version}", "v1.35.2+rke2r1", "rke2:v1.35.2-rke2r1"],
    ["{version}/{version}", "v1.35.2", "v1.35.2/v1.35.2"],
  ])("%s of %s is %s", (pattern, version, image) => expect(imageByRule(pattern, version)).toBe(image));
});

describe("what is looked for", () => {
  it("is what must exist, has a name and is not listed, the newest first; nothing of what was withdrawn", () => {
    const releases = [listed, releaseWith("v1.35.1"), releaseWith("v1.35.2", { withdrawn: "leaks" }), releaseWith("v1.35.3")];
    const rules = [
      docker("node:{version}", true),
      { ...docker("m:{version}", false), templateKind: "M" },
      { ...docker(undefined, true), templateKind: "N" },
    ];
    expect(imagesToLookFor(releases, rules)).toEqual([{ image: "node:v1.35.3" }, { image: "node:v1.35.1" }]);
    expect(imagesToLookFor(releases, [])).toEqual([]);
  });

  it("is looked for with the Secret of its rule, once for each", () => {
    const rules = [
      docker("node:{version}", true),
      { ...docker("node:{version}", true), templateKind: "M", credentialsSecret: "r" },
      { ...docker("node:{version}", true), templateKind: "N", credentialsSecret: "r" },
    ];
    expect(imagesToLookFor([releaseWith("v1.35.1")], rules)).toEqual([{ image: "node:v1.35.1", secret: "r" }, { image: "node:v1.35.1" }]);
    const asked: ImageToFind[] = [];
    withImages([releaseWith("v1.35.1")], rules, (image) => (asked.push(image), undefined));
    expect(asked).toEqual([{ image: "node:v1.35.1" }, { image: "node:v1.35.1", secret: "r" }, { image: "node:v1.35.1", secret: "r" }]);
  });
});
