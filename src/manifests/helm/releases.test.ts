import { describe, expect, it } from "vitest";
import { memoryFiles } from "../memory-files.ts";
import { findCharts, findReleases } from "./releases.ts";

type Files = Readonly<Record<string, string>>;

const charts = (...directories: readonly string[]): Files =>
  Object.fromEntries(
    directories.flatMap((directory) => {
      const prefix = directory === "" ? "" : `${directory}/`;
      return [
        [`${prefix}Chart.yaml`, "name: c\n"],
        [`${prefix}templates/x.yaml`, "kind: X\n"],
      ] as const;
    }),
  );

describe("the charts of a repository", () => {
  it.each<[string, Files, readonly string[]]>([
    ["none", { "a.yaml": "a: b" }, []],
    ["one at the root", charts(""), [""]],
    ["several", charts("a", "deep/er/b"), ["a", "deep/er/b"]],
    ["a dependency belongs to its chart", charts("a", "a/charts/dep", "a/charts/dep/charts/deeper"), ["a"]],
    ["a dependency of the chart at the root", charts("", "charts/dep"), [""]],
    ["a folder that is called charts, of no chart", charts("charts/a", "charts/b"), ["charts/a", "charts/b"]],
    ["a chart without templates makes nothing", { ...charts("a"), "lib/Chart.yaml": "type: library" }, ["a"]],
  ])("%s", async (_, files, expected) => {
    expect(await findCharts(memoryFiles(files))).toEqual(expected);
  });
});

const application = (spec: string, kind = "Application"): string =>
  `apiVersion: argoproj.io/v1alpha1\nkind: ${kind}\nmetadata: {name: shop}\nspec:\n  destination: {namespace: prod}\n${spec}`;
const helmRelease = (spec: string, source = "{kind: GitRepository, name: x}", kind = "HelmRelease"): string =>
  `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: ${kind}\nmetadata: {name: shop, namespace: flux}\nspec:\n  chart: {spec: {chart: charts/c, sourceRef: ${source}}}\n${spec}`;
const configMap = (name: string, meta: string, data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${meta}}\ndata: ${data}\n`;

/** What the tests tell apart: the release's name, namespace, inputs in short, doubts. */
async function releasesOf(files: Files) {
  const releases = await findReleases(memoryFiles({ ...charts("charts/c"), ...files }), "charts/c");
  return releases.map(({ releaseName, namespace, inputs, doubts, withoutChartValues }) => ({
    as: `${namespace}/${releaseName}`,
    inputs: inputs.map((input) => {
      if (input.kind === "file") return input.file;
      if (input.kind === "map") return `${input.file}#${input.document} ${input.path.join(".")}`;
      return input.kind === "text"
        ? `text ${input.scalar.text}`
        : `${input.name}=${input.scalar.text}${input.forceString ? " (string)" : ""}`;
    }),
    doubts,
    ...(withoutChartValues ? { withoutChartValues } : {}),
  }));
}

const guessed = [{ as: "/release", inputs: [], doubts: [] }];

describe("who renders a chart, and with what", () => {
  it.each<[string, Files, unknown]>([
    ["nobody: it is guessed", {}, guessed],
    [
      "nobody: each values file beside the chart's own is a guess more",
      { "charts/c/values-prod.yaml": "", "charts/c/values.test.yml": "", "charts/c/sub/values-no.yaml": "", "charts/c/other.yaml": "" },
      [
        ...guessed,
        { as: "/release", inputs: ["charts/c/values-prod.yaml"], doubts: [] },
        { as: "/release", inputs: ["charts/c/values.test.yml"], doubts: [] },
      ],
    ],
    [
      "an Application that says nothing of helm",
      { "a.yaml": application("  source: {path: charts/c}\n") },
      [{ as: "prod/shop", inputs: [], doubts: [] }],
    ],
    ["an Application of another folder", { "a.yaml": application("  source: {path: charts/other}\n") }, guessed],
    ["an Application of a chart from a registry", { "a.yaml": application("  source: {chart: c}\n") }, guessed],
    ["what is no Application", { "a.yaml": application("  source: {path: charts/c}\n", "AppProject") }, guessed],
    [
      "helm takes values files, then values, then parameters",
      {
        "a.yaml": application(
          "  source:\n    path: charts/c\n    helm:\n      parameters: [{name: a, value: '1', forceString: true}, {name: b, value: x}]\n      values: 'a: 1'\n      valuesObject: {a: 2}\n      valueFiles: [v.yaml, /root.yaml, $ref/named.yaml]\n",
        ),
      },
      [
        {
          as: "prod/shop",
          inputs: [
            "charts/c/v.yaml",
            "root.yaml",
            "named.yaml",
            "text a: 1",
            "a.yaml#0 spec.source.helm.valuesObject",
            "a=1 (string)",
            "b=x",
          ],
          doubts: [],
        },
      ],
    ],
    [
      "inputs that are none: a file outside of the repository, a parameter without a name or with a map, null",
      {
        "a.yaml": application(
          "  source:\n    path: charts/c\n    helm: {valueFiles: [../../../x.yaml], values: null, parameters: [{value: x}, {name: a}, {name: b, value: {c: d}}]}\n",
        ),
      },
      [{ as: "prod/shop", inputs: [], doubts: [] }],
    ],
    ["a HelmRelease", { "h.yaml": helmRelease("  values: {a: b}\n") }, [{ as: "flux/shop", inputs: ["h.yaml#0 spec.values"], doubts: [] }]],
    [
      "a HelmRelease with a target namespace is called after it (helm-controller: GetReleaseName)",
      { "h.yaml": helmRelease("  targetNamespace: prod\n") },
      [{ as: "prod/prod-shop", inputs: [], doubts: [] }],
    ],
    [
      "a HelmRelease with a target namespace and a release name",
      { "h.yaml": helmRelease("  targetNamespace: prod\n  releaseName: own\n") },
      [{ as: "prod/own", inputs: [], doubts: [] }],
    ],
    ["a HelmRelease of a chart from a registry", { "h.yaml": helmRelease("", "{kind: HelmRepository, name: x}") }, guessed],
    ["what is no HelmRelease", { "h.yaml": helmRelease("", undefined, "Other") }, guessed],
    [
      "ConfigMaps of the release's namespace, or of none",
      {
        "h.yaml": helmRelease(
          "  valuesFrom: [{kind: ConfigMap, name: a}, {kind: ConfigMap, name: b, valuesKey: k, targetPath: x.y}, {kind: ConfigMap, name: far}]\n",
        ),
        "a.yaml": configMap("a", ", namespace: flux", "{values.yaml: 'a: b'}"),
        "b.yaml": configMap("b", "", "{k: v1.34.0}"),
        "far.yaml": configMap("far", ", namespace: elsewhere", "{values.yaml: 'a: b'}"),
      },
      [
        {
          as: "flux/shop",
          inputs: ["text a: b", "x.y=v1.34.0"],
          doubts: ["values come from the ConfigMap far, which is not in the repository exactly once with the key values.yaml"],
        },
      ],
    ],
    [
      "a ConfigMap that is there twice, or lacks the key",
      {
        "h.yaml": helmRelease("  valuesFrom: [{kind: ConfigMap, name: a}, {kind: ConfigMap, name: b}]\n"),
        "a.yaml": `${configMap("a", "", "{values.yaml: 'a: b'}")}---\n${configMap("a", "", "{values.yaml: 'a: c'}")}`,
        "b.yaml": configMap("b", "", "{other: x}"),
      },
      [
        {
          as: "flux/shop",
          inputs: [],
          doubts: ["a", "b"].map(
            (name) => `values come from the ConfigMap ${name}, which is not in the repository exactly once with the key values.yaml`,
          ),
        },
      ],
    ],
  ])("%s", async (_, files, expected) => {
    expect(await releasesOf(files)).toEqual(expected);
  });
});
