import { describe, expect, it } from "vitest";
import { feedFormats, type FeedFormatName } from "./formats.ts";

/** `version released end-of-life withdrawn`, dates as people write them. */
function said(format: FeedFormatName, text: string): readonly string[] {
  const day = (instant: number | undefined): string =>
    instant === undefined ? "-" : new Date(instant).toISOString().replace("T00:00:00.000Z", "");
  return feedFormats[format]
    .decode(text)
    .map(({ version, releasedAt, endOfLifeAt, withdrawn }) =>
      [version, day(releasedAt), day(endOfLifeAt), ...(withdrawn === undefined ? [] : [withdrawn])].join(" "),
    );
}

describe("lists of versions", () => {
  it.each([
    // dl.k8s.io/release/stable.txt has no line end; a list of one's own has comments.
    ["v1.36.4", ["v1.36.4 - -"]],
    ["v1.35.8\n", ["v1.35.8 - -"]],
    ["# ours\r\nv1.34.1\r\n\r\n1.35.0 # tried\n", ["v1.34.1 - -", "v1.35.0 - -"]],
    ["v1.35.0+rke2r1\nv1.36.0-rc.1", ["v1.35.0+rke2r1 - -", "v1.36.0-rc.1 - -"]],
    ["<html>not found</html>", []],
    ["1.35\nlatest\n", []],
    ["", []],
  ])("%j", (text, expected) => {
    expect(said("StableText", text)).toEqual(expected);
  });
});

describe("endoflife.date", () => {
  // As https://endoflife.date/api/kubernetes.json was on 2026-08-22, in part.
  const v0 = JSON.stringify([
    {
      cycle: "1.36",
      releaseDate: "2026-04-22",
      eol: "2027-06-28",
      latest: "1.36.4",
      latestReleaseDate: "2026-08-20",
      lts: false,
      support: "2027-04-28",
    },
    { cycle: "1.35", releaseDate: "2025-12-17", eol: "2027-02-28", latest: "1.35.8", latestReleaseDate: "2026-08-20", lts: false },
    { cycle: "1.37", releaseDate: "2026-08-26", eol: false, latest: "1.37.0", latestReleaseDate: "2026-08-26", lts: false },
    { cycle: "1.5", eol: true, latest: "1.5.8", lts: false },
    { cycle: 1.3, eol: true },
    null,
  ]);
  it("v0", () => {
    expect(said("EndOfLifeDate", v0)).toEqual([
      "v1.36.4 2026-08-20 2027-06-28",
      "v1.36.0 2026-04-22 2027-06-28",
      "v1.35.8 2026-08-20 2027-02-28",
      "v1.35.0 2025-12-17 2027-02-28",
      "v1.37.0 2026-08-26 -",
      "v1.5.8 - -",
    ]);
  });

  const v1 = JSON.stringify({
    schema_version: "1.2.0",
    result: {
      name: "kubernetes",
      releases: [
        {
          name: "1.36",
          codename: null,
          label: "1.36",
          releaseDate: "2026-04-22",
          isLts: false,
          ltsFrom: null,
          isEoas: false,
          eoasFrom: "2027-04-28",
          isEol: false,
          eolFrom: "2027-06-28",
          isMaintained: true,
          latest: { name: "1.36.4", date: "2026-08-20", link: "https://github.com/kubernetes/kubernetes/releases/tag/v1.36.4" },
        },
        { name: "1.2", releaseDate: "2016-03-16", isEol: true, eolFrom: null, latest: { name: "1.2.7", date: null } },
        { name: "1.1", latest: null },
      ],
    },
  });
  it("v1", () => {
    expect(said("EndOfLifeDateV1", v1)).toEqual([
      "v1.36.4 2026-08-20 2027-06-28",
      "v1.36.0 2026-04-22 2027-06-28",
      "v1.2.7 - -",
      "v1.2.0 2016-03-16 -",
    ]);
  });
});

describe("the Kubernetes website's schedule", () => {
  // Lines of kubernetes/website data/releases/schedule.yaml, with 1.30 as it would be written: unquoted, a number to most readers of YAML.
  const schedule = `---
# This file helps to populate the /releases page.
schedules:
- release: 1.30
  releaseDate: 2024-04-17
  endOfLifeDate: 2025-06-28
  next:
    release: 1.30.3
    targetDate: 2024-07-16
  previousPatches:
    - release: 1.30.2
      cherryPickDeadline: 2024-06-07
      targetDate: 2024-06-11
    - release: 1.30.10
      cherryPickDeadline: ""
      targetDate: ""
- release: 1.25
  endOfLifeDate: 2023-10-28
  previousPatches:
    - release: 1.25.2
      targetDate: 2022-09-21
      note: >-
        [Out-of-Band release to fix the regression introduced in 1.25.1](https://groups.google.com/a/kubernetes.io/g/dev/c/tA6LNOQTR4Q)
    - release: 1.25.1
      targetDate: 2022-09-14
      note: >-
        [Regression](https://groups.google.com/a/kubernetes.io/g/dev/c/tA6LNOQTR4Q)
- release: 1.38
- not a minor
`;
  it("lists what is out, not what is to come, and marks regressions", () => {
    expect(said("KubernetesSchedule", schedule)).toEqual([
      "v1.30.2 2024-06-11 2025-06-28",
      "v1.30.10 - 2025-06-28",
      "v1.25.2 2022-09-21 2023-10-28",
      "v1.25.1 2022-09-14 2023-10-28 [Regression](https://groups.google.com/a/kubernetes.io/g/dev/c/tA6LNOQTR4Q)",
    ]);
  });
});

describe("GitHub releases", () => {
  it("reads tags and dates; drafts and other tags are left out", () => {
    const releases = [
      { tag_name: "v1.37.0-rc.0", prerelease: true, draft: false, published_at: "2026-08-05T10:00:00Z" },
      { tag_name: "v1.36.4", prerelease: false, draft: false, published_at: "2026-08-20T21:03:04Z" },
      { tag_name: "v1.36.5", prerelease: false, draft: true, published_at: null },
      { tag_name: "cli-v2", draft: false, published_at: "2026-08-20T21:03:04Z" },
      { name: "no tag" },
    ];
    expect(said("GitHubReleases", JSON.stringify(releases))).toEqual([
      "v1.37.0-rc.0 2026-08-05T10:00:00.000Z -",
      "v1.36.4 2026-08-20T21:03:04.000Z -",
    ]);
  });
});

describe("a catalog of one's own", () => {
  it("is read as it is in a Git file", () => {
    expect(said("Releases", "releases: [{version: 1.30.1, releasedAt: 2024-05-15}, {version: nothing}]")).toEqual(["v1.30.1 2024-05-15 -"]);
  });
});

it.each([
  ["EndOfLifeDate", "<html>"],
  ["EndOfLifeDate", "{}"],
  ["EndOfLifeDateV1", "[]"],
  ["EndOfLifeDateV1", '{"result":null}'],
  ["KubernetesSchedule", "schedules: 3"],
  ["KubernetesSchedule", "{"],
  ["GitHubReleases", '{"message":"API rate limit exceeded"}'],
  ["Releases", "releases: 3"],
  ["Releases", "just words"],
] satisfies [FeedFormatName, string][])("%s throws for another form: %s", (format, text) => {
  expect(() => feedFormats[format].decode(text)).toThrow();
});
