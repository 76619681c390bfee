import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Release } from "../upgrade/policy/release.ts";
import { mergeReleases, type SourceReleases } from "./merge-releases.ts";
import { releaseWith } from "./release-facts.ts";

const day = (text: string): number => Date.parse(`${text}T00:00:00Z`);
const docker = (image: string): Release["images"][number] => ({ templateKind: "DockerMachineTemplate", image });

/** As a table's cell: what is known of a version, and what was said about conflicts. */
function said(sources: readonly SourceReleases[]): readonly string[] {
  const date = (instant: number | undefined): string => (instant === undefined ? "-" : new Date(instant).toISOString().slice(0, 10));
  const { releases, conflicts } = mergeReleases(sources);
  return [
    ...releases.map(({ version, releasedAt, endOfLifeAt, images, withdrawn }) =>
      [
        version,
        date(releasedAt),
        date(endOfLifeAt),
        ...images.map(({ image }) => image),
        ...(withdrawn === undefined ? [] : [`withdrawn: ${withdrawn}`]),
      ].join(" "),
    ),
    ...conflicts.map(
      ({ version, field, taken, left }) => `! ${version} ${field}: ${taken.value} (${taken.source}) over ${left.value} (${left.source})`,
    ),
  ];
}

const feed = (...releases: readonly Release[]): SourceReleases => ({ source: "feed", releases });
const tags = (...releases: readonly Release[]): SourceReleases => ({ source: "tags", releases });

describe("several sources", () => {
  it.each<[string, readonly SourceReleases[], readonly string[]]>([
    ["none", [], []],
    [
      "a date from one, an image from the other",
      [
        feed(releaseWith("v1.35.2", { releasedAt: day("2026-02-26") })),
        tags(releaseWith("v1.35.2", { images: [docker("kindest/node:v1.35.2")] })),
      ],
      ["v1.35.2 2026-02-26 - kindest/node:v1.35.2"],
    ],
    [
      "ascending by version, not by text; build metadata is part of it",
      [
        feed(
          releaseWith("v1.9.0"),
          releaseWith("v1.35.10"),
          releaseWith("v1.35.9"),
          releaseWith("v1.35.9+rke2r1"),
          releaseWith("v1.35.0-rc.1"),
        ),
      ],
      ["v1.9.0 - -", "v1.35.0-rc.1 - -", "v1.35.9 - -", "v1.35.9+rke2r1 - -", "v1.35.10 - -"],
    ],
    [
      "the end of a minor holds for all its versions, whoever lists them",
      [tags(releaseWith("v1.35.1"), releaseWith("v1.36.0")), feed(releaseWith("v1.35.8", { endOfLifeAt: day("2027-02-28") }))],
      ["v1.35.1 - 2027-02-28", "v1.35.8 - 2027-02-28", "v1.36.0 - -"],
    ],
    [
      "dates a few days apart are the same: the first is taken",
      [feed(releaseWith("v1.35.2", { releasedAt: day("2026-02-26") })), tags(releaseWith("v1.35.2", { releasedAt: day("2026-03-01") }))],
      ["v1.35.2 2026-02-26 -"],
    ],
    [
      "dates further apart are told",
      [
        feed(
          releaseWith("v1.35.2", { releasedAt: day("2026-02-26"), endOfLifeAt: day("2027-02-28") }),
          releaseWith("v1.35.3", { endOfLifeAt: day("2027-02-28") }),
        ),
        tags(
          releaseWith("v1.35.2", { releasedAt: day("2026-03-02"), endOfLifeAt: day("2027-04-28") }),
          releaseWith("v1.35.3", { endOfLifeAt: day("2027-04-28") }),
        ),
      ],
      [
        "v1.35.2 2026-02-26 2027-02-28",
        "v1.35.3 - 2027-02-28",
        "! v1.35 endOfLifeAt: 2027-02-28 (feed) over 2027-04-28 (tags)",
        "! v1.35.2 releasedAt: 2026-02-26 (feed) over 2026-03-02 (tags)",
      ],
    ],
    [
      "another image for the same kind is told, one for another kind is added, the same is no news",
      [
        feed(releaseWith("v1.35.2", { images: [docker("mirror.test/node:v1.35.2")] })),
        tags(releaseWith("v1.35.2", { images: [docker("kindest/node:v1.35.2"), { templateKind: "AWSMachineTemplate", image: "ami-1" }] })),
        { source: "third", releases: [releaseWith("v1.35.2", { images: [docker("mirror.test/node:v1.35.2")] })] },
      ],
      [
        "v1.35.2 - - mirror.test/node:v1.35.2 ami-1",
        "! v1.35.2 image: DockerMachineTemplate mirror.test/node:v1.35.2 (feed) over DockerMachineTemplate kindest/node:v1.35.2 (tags)",
      ],
    ],
    [
      "the same image at another path is another",
      [
        feed(releaseWith("v1.35.2", { images: [docker("u"), { ...docker("u"), path: "/spec/template/spec/a" }] })),
        tags(releaseWith("v1.35.2", { images: [{ ...docker("u"), path: "/spec/template/spec/b" }] })),
      ],
      [
        "v1.35.2 - - u u",
        "! v1.35.2 image: DockerMachineTemplate u, DockerMachineTemplate u at /spec/template/spec/a (feed) over DockerMachineTemplate u at /spec/template/spec/b (tags)",
      ],
    ],
    [
      "the same image in another variable is another",
      [
        feed(releaseWith("v1.35.2", { images: [{ ...docker("u"), variable: { name: "a", path: "/id" } }] })),
        tags(releaseWith("v1.35.2", { images: [{ ...docker("u"), variable: { name: "a", part: "gpu" } }] })),
      ],
      [
        "v1.35.2 - - u",
        "! v1.35.2 image: DockerMachineTemplate u in variable a/id (feed) over DockerMachineTemplate u in variable a of gpu (tags)",
      ],
    ],
    [
      "several images of one kind from one source are all kept",
      [
        feed(
          releaseWith("v1.35.2", { images: [docker("a:1"), docker("b:1")] }),
          releaseWith("v1.35.2", { images: [docker("b:1"), docker("c:1")] }),
        ),
      ],
      ["v1.35.2 - - a:1 b:1 c:1"],
    ],
    [
      "a withdrawal counts whoever says it",
      [feed(releaseWith("v1.25.1")), tags(releaseWith("v1.25.1", { withdrawn: "regression" }))],
      ["v1.25.1 - - withdrawn: regression"],
    ],
    [
      "a withdrawal is not taken back by one who does not know of it",
      [
        feed(releaseWith("v1.25.1", { withdrawn: "regression" })),
        tags(releaseWith("v1.25.1"), releaseWith("v1.25.1", { withdrawn: "other" })),
      ],
      ["v1.25.1 - - withdrawn: regression"],
    ],
    ["what is no version is left out", [feed(releaseWith("latest"), releaseWith("v1.35.2"))], ["v1.35.2 - -"]],
  ])("%s", (_, sources, expected) => {
    expect(said(sources)).toEqual(expected);
  });

  it("merging what was merged changes nothing", () => {
    const release = fc.record({
      version: fc.constantFrom("v1.34.0", "v1.34.1", "v1.35.0", "v1.35.0-rc.1", "v1.35.0+a"),
      releasedAt: fc.option(fc.integer({ min: 0, max: 1e12 }), { nil: undefined }),
      endOfLifeAt: fc.option(fc.integer({ min: 0, max: 1e12 }), { nil: undefined }),
      images: fc.array(fc.record({ templateKind: fc.constantFrom("A", "B"), image: fc.constantFrom("x", "y", "z") }), { maxLength: 3 }),
      withdrawn: fc.option(fc.constantFrom("bad", "worse"), { nil: undefined }),
    });
    const source = fc.record({ source: fc.constantFrom("one", "two", "three"), releases: fc.array(release, { maxLength: 5 }) });
    fc.assert(
      fc.property(fc.array(source, { maxLength: 4 }), (sources) => {
        const { releases } = mergeReleases(sources);
        expect(mergeReleases([{ source: "all", releases }])).toEqual({ releases, conflicts: [] });
      }),
    );
  });
});
