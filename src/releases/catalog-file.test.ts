import { describe, expect, it } from "vitest";
import { readCatalogFile } from "./catalog-file.ts";

const august = Date.UTC(2026, 7, 20);

const file = `
releases:
  - version: v1.36.4
    releasedAt: 2026-08-20
    endOfLifeAt: 2027-06-28
    images:
      - { templateKind: DockerMachineTemplate, image: "kindest/node:v1.36.4" }
      - { templateKind: AWSMachineTemplate, image: ami-0123456789abcdef0, path: /spec/template/spec/ami/id, variable: { name: ami, path: /id, part: gpu-worker } }
  - version: 1.36.3
    withdrawn: nodes lose their routes
`;
const expected = [
  {
    version: "v1.36.4",
    releasedAt: august,
    endOfLifeAt: Date.UTC(2027, 5, 28),
    images: [
      { templateKind: "DockerMachineTemplate", image: "kindest/node:v1.36.4" },
      {
        templateKind: "AWSMachineTemplate",
        image: "ami-0123456789abcdef0",
        path: "/spec/template/spec/ami/id",
        variable: { name: "ami", path: "/id", part: "gpu-worker" },
      },
    ],
    withdrawn: undefined,
  },
  { version: "v1.36.3", releasedAt: undefined, endOfLifeAt: undefined, images: [], withdrawn: "nodes lose their routes" },
];

describe("a catalog in a file", () => {
  const indented = file.replaceAll("\n", "\n  ");
  it.each([
    ["YAML", file],
    ["a ReleaseCatalog object", `apiVersion: upgrades.clusterapi-gitops.io/v1alpha1\nkind: ReleaseCatalog\nspec:${indented}`],
    [
      "JSON",
      JSON.stringify({
        releases: [
          {
            version: "v1.36.4",
            releasedAt: "2026-08-20",
            endOfLifeAt: "2027-06-28",
            images: [
              { templateKind: "DockerMachineTemplate", image: "kindest/node:v1.36.4" },
              {
                templateKind: "AWSMachineTemplate",
                image: "ami-0123456789abcdef0",
                path: "/spec/template/spec/ami/id",
                variable: { name: "ami", path: "/id", part: "gpu-worker" },
              },
            ],
          },
          { version: "1.36.3", withdrawn: "nodes lose their routes" },
        ],
      }),
    ],
  ])("in %s", (_, text) => {
    expect(readCatalogFile(text)).toEqual({ releases: expected, unreadable: [] });
  });

  it.each([
    ["{version: v1.35}", 'releases[0]: version "v1.35" is not like v1.35.2'],
    [
      "{version: v1.35.0, images: [{templateKind: X, image: a, path: ami.id}]}",
      'releases[0]: path "ami.id" of an image is not like /spec/template/spec/ami/id',
    ],
    [
      "{version: v1.35.0, images: [{templateKind: X, image: a, variable: {name: osImage, path: id}}]}",
      'releases[0]: path "id" of variable osImage is not like /id',
    ],
    ["{releasedAt: 2026-08-20}", "releases[0]: version is missing, or a field is no text"],
    ["v1.35.0", "releases[0]: version is missing, or a field is no text"],
    ["{version: v1.35.0, releasedAt: 20.8.2026}", 'releases[0]: releasedAt "20.8.2026" is not like 2026-08-20'],
    ["{version: v1.35.0, endOfLifeAt: 2026-02-31}", 'releases[0]: endOfLifeAt "2026-02-31" is not like 2026-08-20'],
    ["{version: v1.35.0, endOfLifeAt: 2026-13-01}", 'releases[0]: endOfLifeAt "2026-13-01" is not like 2026-08-20'],
  ])("names what it cannot read: %s", (entry, message) => {
    expect(readCatalogFile(`releases:\n- ${entry}\n- {version: v1.36.0, releasedAt: "2026-08-20T12:30:00+02:00"}`)).toEqual({
      releases: [{ version: "v1.36.0", releasedAt: august + 10.5 * 3_600_000, endOfLifeAt: undefined, images: [], withdrawn: undefined }],
      unreadable: [message],
    });
  });
});
