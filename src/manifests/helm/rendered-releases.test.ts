import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryFiles } from "../memory-files.ts";
import type { ManifestSource } from "../source.ts";
import { repositoryStates } from "../testing/states.ts";
import type { RepositoryFiles } from "../repository-files.ts";
import { createHelmSource } from "./helm-source.ts";
import type { HelmRenderer } from "./helm-renderer.ts";
import { smallHelm } from "./testing/small-helm.ts";

type Files = Readonly<Record<string, string>>;

const template =
  'apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: prod\nspec:\n  topology:\n    version: "{{ .Values.version }}"\n';
const chart: Files = {
  "charts/c/Chart.yaml": "name: c\nversion: 1.0.0\n",
  "charts/c/values.yaml": "version: v1.30.0\n",
  "charts/c/templates/cluster.yaml": template,
};
const release = (name: string, version: string, more = "") =>
  `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: ${name}, namespace: prod}\nspec:\n  chart: {spec: {chart: ./charts/c, sourceRef: {kind: GitRepository, name: x}}}\n${more}  values: {version: ${version}}\n`;

const cluster = (name: string) => ({ group: "cluster.x-k8s.io", kind: "Cluster", namespace: "prod", name });
const path = ["spec", "topology", "version"];

/** What a source says of a cluster's version, or why it says nothing. */
async function versionOf(source: ManifestSource, files: RepositoryFiles, name: string): Promise<unknown> {
  const located = await source.locate(files, cluster(name), {});
  if (located.kind !== "found") return located;
  const namespace = await located.object.field(["metadata", "namespace"]);
  const field = await located.object.field(path);
  return field.kind === "refused" ? { ...field, namespace } : { ...field, write: field.write?.("v1.36.0"), namespace };
}

describe("what helm rendered of a fleet's releases", () => {
  const names = Array.from({ length: 20 }, (_, index) => `shop-${index}`);
  const fleet: Files = {
    ...chart,
    ...Object.fromEntries(names.map((name) => [`releases/${name}.yaml`, release(name, "v1.34.0")])),
  };

  it("is rendered once, and after a commit only where a file was changed for it", async () => {
    const state = repositoryStates();
    const helm = smallHelm();
    const source = createHelmSource(helm);
    const before = state(fleet);
    for (const name of names) expect(await versionOf(source, before, name)).toMatchObject({ value: "v1.34.0" });
    // Each release, and for each cluster two baselines and one try: no value of the chart reads as the namespace.
    expect(helm.requests).toHaveLength(20 + 3 * 20);
    helm.requests.length = 0;
    const after = state({ ...fleet, "releases/shop-3.yaml": release("shop-3", "v1.35.0") });
    for (const name of names)
      expect(await versionOf(source, after, name)).toMatchObject({ value: name === "shop-3" ? "v1.35.0" : "v1.34.0" });
    expect(helm.requests).toHaveLength(1 + 3);
    helm.requests.length = 0;
    for (const name of names) await versionOf(source, state({ ...fleet, "charts/c/values.yaml": "version: v1.29.0\n" }), name);
    expect(helm.requests).toHaveLength(20 + 3 * 20);
  });

  it.each<[string, HelmRenderer]>([
    ["that failed", { render: () => Promise.resolve({ kind: "failed", why: "helm did not finish in 30 s" }) }],
    ["that is very long", { render: () => Promise.resolve({ kind: "rendered", text: `# ${"x".repeat(64_000)}` }) }],
  ])("is not remembered %s", async (_, helm) => {
    let count = 0;
    const source = createHelmSource({ render: (request) => ((count += 1), helm.render(request)) });
    const files = repositoryStates()(fleet);
    for (let time = 0; time < 2; time += 1) await versionOf(source, files, "shop-1");
    expect(count).toBe(40);
  });

  it("is looked for once where there is no helm", async () => {
    let count = 0;
    const source = createHelmSource({ render: () => ((count += 1), Promise.resolve({ kind: "not-installed", program: "helm" })) });
    expect(await versionOf(source, repositoryStates()(fleet), "shop-1")).toMatchObject({ otherwise: { reason: "HelmNotInstalled" } });
    expect(count).toBe(1);
  });
});

/** What may stand at each path. */
const choices: Readonly<Record<string, readonly string[]>> = {
  "charts/c/values.yaml": ["version: v1.30.0\n", "# moved\nversion: v1.31.0\n", "other: v1.30.0\n"],
  "charts/c/templates/cluster.yaml": [
    template,
    template.replace('"{{ .Values.version }}"', "{{ .Values.other }}"),
    "kind: Cluster\nFAIL\n",
    "kind: Deployment\n",
  ],
  "charts/c/templates/more.yaml": [template, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\n"],
  "charts/c/values-prod.yaml": ["version: v1.32.0\n"],
  "releases/a.yaml": [
    release("shop", "v1.34.0"),
    `\n${release("shop", "v1.34.0")}`,
    release("shop", "v1.34.0", "  valuesFrom: [{kind: ConfigMap, name: values}]\n").replace(/ {2}values: .*\n/, ""),
    release("other", "v1.34.0"),
    release("shop", "v1.34.0", "  postRenderers: [x]\n"),
  ],
  "releases/b.yaml": [release("shop", "v1.33.0"), release("second", "v1.34.0")],
  "releases/values.yaml": [
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: values}\ndata:\n  values.yaml: |\n    version: v1.34.1\n",
    "kind: ConfigMap\nmetadata: {name: no}\n",
  ],
  "apps/shop.yaml": [
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec: {source: {path: charts/c, helm: {valueFiles: [values-prod.yaml]}}}\n",
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec: {source: {path: charts/c, helm: {parameters: [{name: version, value: v1.34.0}]}}}\n",
  ],
};
const edit = fc
  .constantFrom(...Object.keys(choices))
  .chain((file) => fc.tuple(fc.constant(file), fc.option(fc.constantFrom(...(choices[file] ?? [])), { freq: 4, nil: null })));

it("150 histories of charts, releases and values give in each state what a fresh look gives", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.array(edit, { minLength: 1, maxLength: 2 }), fc.nat(2)), { minLength: 1, maxLength: 8 }),
      async (commits) => {
        const state = repositoryStates();
        const source = createHelmSource(smallHelm());
        const before: Files[] = [{ ...chart, "releases/a.yaml": release("shop", "v1.34.0") }];
        for (const [edits, back] of [[[], 0] as const, ...commits]) {
          const files: Record<string, string> = { ...(before.at(-1 - back) ?? before[0]) };
          for (const [file, text] of edits)
            if (text === null) delete files[file];
            else files[file] = text;
          before.push(files);
          expect(await versionOf(source, state(files), "shop")).toEqual(
            await versionOf(createHelmSource(smallHelm()), memoryFiles(files), "shop"),
          );
        }
      },
    ),
    { numRuns: 150 },
  );
});
