import { describe, expect, it } from "vitest";
import { memoryFiles } from "../memory-files.ts";
import { findCandidates, textFor } from "./candidates.ts";
import { createHelmSource } from "./helm-source.ts";
import type { HelmRenderer, HelmRequest } from "./helm-renderer.ts";
import type { Release, ValuesInput } from "./releases.ts";
import { renderRelease } from "./render-release.ts";
import { smallHelm } from "./testing/small-helm.ts";

type Files = Readonly<Record<string, string>>;

const shop = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "prod", name: "shop" };
const cluster = (version: string): string =>
  `apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata: {name: shop, namespace: prod}\nspec: {topology: {version: "${version}"}}\n`;
const chart = (template: string, values?: string): Files => ({
  "c/Chart.yaml": "name: c\n",
  "c/templates/cluster.yaml": template,
  ...(values === undefined ? {} : { "c/values.yaml": values }),
});
const release = (inputs: readonly ValuesInput[] = [], more: Partial<Release> = {}): Release => ({
  name: "the release",
  chart: "c",
  releaseName: "r",
  namespace: "prod",
  inputs,
  withoutChartValues: false,
  doubts: [],
  ...more,
});

async function field(files: Files, renderer: HelmRenderer = smallHelm()) {
  const located = await createHelmSource(renderer).locate(memoryFiles(files), shop, {});
  if (located.kind !== "found") return located.kind === "refused" ? located.refusal : located;
  const found = await located.object.field(["spec", "topology", "version"]);
  return found.kind === "refused" ? found.refusal : { at: `${found.place.file}:${found.place.line}`, write: found.write?.("v1.35.2") };
}

describe("values that could be the one", () => {
  const places = async (files: Files, one: Release): Promise<readonly string[]> =>
    (await findCandidates(memoryFiles(files), one, "v1.34.0")).map(
      ({ place, withoutV }) => `${place.file}:${place.line}${withoutV ? " without v" : ""}`,
    );

  it.each<[string, Files, Release, readonly string[]]>([
    [
      "the chart's own, with and without v",
      chart("", "a: v1.34.0\nb: [1.34.0, 1.34.1]\n"),
      release(),
      ["c/values.yaml:1", "c/values.yaml:2 without v"],
    ],
    ["not the chart's own where they are replaced", chart("", "a: v1.34.0\n"), release([], { withoutChartValues: true }), []],
    ["a chart without values of its own", chart(""), release([{ kind: "file", file: "v.yaml" }]), []],
    ["a values file that is no YAML", chart("", "a: [v1.34.0\n"), release(), []],
    [
      "one place that is read twice counts once",
      { ...chart(""), "v.yaml": "a: v1.34.0\n" },
      release([
        { kind: "file", file: "v.yaml" },
        { kind: "file", file: "v.yaml" },
      ]),
      ["v.yaml:1"],
    ],
    [
      "the map of the right document only",
      { ...chart(""), "h.yaml": "v: {a: v1.34.0}\n---\nv: {a: v1.34.0}\n" },
      release([{ kind: "map", file: "h.yaml", document: 1, path: ["v"] }]),
      ["h.yaml:3"],
    ],
    [
      "a map that is gone",
      { ...chart(""), "h.yaml": "w: {a: v1.34.0}\n" },
      release([{ kind: "map", file: "h.yaml", document: 0, path: ["v"] }]),
      [],
    ],
    [
      "text that is no YAML",
      chart(""),
      release([
        {
          kind: "text",
          scalar: { kind: "scalar", text: "a: [v1.34.0", isNull: false, place: { file: "a.yaml", document: 0, path: ["x"], line: 1 } },
        },
      ]),
      [],
    ],
  ])("%s", async (_, files, one, expected) => {
    expect(await places(files, one)).toEqual(expected);
  });

  it.each([
    [false, "v1.35.2", "v1.35.2"],
    [false, "1.35.2", "1.35.2"],
    [true, "v1.35.2", "1.35.2"],
    // The template would make v1.35.2 of it, whatever is written.
    [true, "1.35.2", undefined],
  ])("without v: %s; to have %s rendered, write %s", (withoutV, value, expected) => {
    const place = { file: "f", document: 0, path: ["a"], line: 1 };
    expect(textFor({ place, text: "", withoutV }, value)).toBe(expected);
  });
});

describe("the experiment", () => {
  /** Renders like the small Helm, but only what `allowed` says yes to. */
  const failing = (allowed: (request: HelmRequest, count: number) => boolean): HelmRenderer => {
    const helm = smallHelm();
    return {
      render: (request) =>
        allowed(request, helm.requests.length) ? helm.render(request) : Promise.resolve({ kind: "failed", why: "no such version" }),
    };
  };
  const files = chart(cluster("{{ .Values.v }}"), "v: v1.34.0\n");

  it("a value with which the chart cannot be rendered decides nothing that can be seen", async () => {
    const strict = failing(({ files: given }) => !(given.get("c/values.yaml") ?? "").includes("v1.34.7"));
    expect(await field(files, strict)).toMatchObject({ reason: "HelmValueNotFound", evidence: ["c/values.yaml:1 (v1.34.0)"] });
  });

  it("a chart that could be rendered, and now cannot", async () => {
    expect(
      await field(
        files,
        failing((_, count) => count === 0),
      ),
    ).toMatchObject({ reason: "HelmRenderFails" });
  });

  it("a value that stands there for another by an anchor is not tried: the change could not be made", async () => {
    const shared = chart(cluster("{{ .Values.v }}"), "other: &v v1.34.0\nv: *v\n");
    expect(await field(shared)).toMatchObject({ reason: "HelmValueNotFound" });
  });

  it("an edit after which there is no helm any more proves nothing", async () => {
    const helm = smallHelm();
    const going: HelmRenderer = {
      render: (request) => (helm.requests.length < 2 ? helm.render(request) : Promise.resolve({ kind: "not-installed", program: "helm" })),
    };
    const after = { ...files, "c/values.yaml": "v: v1.35.2\n" };
    expect(await createHelmSource(going).verify?.(memoryFiles(files), memoryFiles(after), [])).toMatchObject({
      reason: "HelmRenderFails",
      message: expect.stringContaining("helm is no longer installed") as string,
    });
  });
});

describe("rendering", () => {
  it("leaves the chart's own values out where they are replaced, at the root too", async () => {
    for (const directory of ["", "c"]) {
      const helm = smallHelm();
      const prefix = directory === "" ? "" : "c/";
      const files = { [`${prefix}values.yaml`]: "v: v1.34.0\n", [`${prefix}templates/c.yaml`]: cluster("{{ .Values.v }}") };
      await renderRelease(memoryFiles(files), helm, release([], { chart: directory, withoutChartValues: true }));
      expect(helm.requests.map((request) => request.files.get(`${prefix}values.yaml`))).toEqual([""]);
    }
  });

  it("a map of values that is an alias of another cannot be read", async () => {
    const files = { ...chart(cluster("x"), ""), "h.yaml": "common: &c {v: v1.34.0}\nvalues: *c\n" };
    const input: ValuesInput = { kind: "map", file: "h.yaml", document: 0, path: ["values"] };
    expect(await renderRelease(memoryFiles(files), smallHelm(), release([input]))).toEqual({
      kind: "failed",
      why: "the values of the release cannot be read: h.yaml",
    });
  });
});

describe("entries of a list", () => {
  it("are found by their names in what the chart renders", async () => {
    const template = cluster("v1.34.0").replace("}}", ", variables: [{name: size, value: a}, {name: osImage, value: b}, x]}}");
    const located = await createHelmSource(smallHelm()).locate(memoryFiles(chart(template, "version: v1.34.0\n")), shop, {});
    if (located.kind !== "found") throw new Error(located.kind);
    const index = (name: string, ...path: readonly string[]) => located.object.entry(["spec", "topology", ...path], name);
    expect([index("osImage", "variables"), index("size", "variables"), index("vm", "variables"), index("osImage")]).toEqual([
      1,
      0,
      undefined,
      undefined,
    ]);
  });
});
