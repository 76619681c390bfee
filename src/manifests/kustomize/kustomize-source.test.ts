import { describe, expect, it } from "vitest";
import type { ManifestChange } from "../change.ts";
import { editManifests, locateField } from "../edit-manifests.ts";
import { memoryFiles } from "../memory-files.ts";
import { plainSource } from "../plain/plain-source.ts";
import type { ObjectIdentity } from "../object-identity.ts";
import { createKustomizeSource } from "./kustomize-source.ts";

const shop: ObjectIdentity = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "prod", name: "shop" };
const version = ["spec", "topology", "version"];
const upgrade: ManifestChange = { kind: "set-scalar", object: shop, path: version, from: "v1.34.0", to: "v1.35.2" };

const clusterYaml = (name = "shop", value = "v1.34.0", namespace?: string) =>
  `apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata:\n  name: ${name}\n${namespace === undefined ? "" : `  namespace: ${namespace}\n`}spec:\n  topology:\n    version: ${value} # keep me\n`;
const base = { "base/kustomization.yaml": "resources: [cluster.yaml]\n", "base/cluster.yaml": clusterYaml() };
const smPatch = (value: string, name = "shop") =>
  `apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata: {name: ${name}}\nspec:\n  topology: {version: ${value}} # patched\n`;
const indented = (text: string, by: number) => text.replace(/^(?=.)/gm, " ".repeat(by));

/** Without programs that render: the model alone. */
const sources = [createKustomizeSource(), plainSource];

type Files = Readonly<Record<string, string>>;

async function edit(files: Files, changes: readonly ManifestChange[] = [upgrade], directory?: string) {
  return editManifests(memoryFiles(files), changes, directory === undefined ? {} : { directory }, sources);
}

/** The one file that changed, as `path: new text`, or why nothing did. */
async function edited(files: Files, changes?: readonly ManifestChange[], directory?: string): Promise<string> {
  const result = await edit(files, changes, directory);
  if (result.kind === "refused") return `refused: ${result.refusal.reason}: ${result.refusal.message}`;
  if (result.kind === "unchanged") return "unchanged";
  return [...result.files].map(([path, text]) => `${path}: ${text}`).join("\n");
}

/** Overlay `prod` on `base`, with these lines in its kustomization. */
const overlay = (lines: string, more: Files = {}): Files => ({
  ...base,
  "prod/kustomization.yaml": `namespace: prod\nresources: [../base]\n${lines}`,
  ...more,
});

describe("the place that wins for the overlay is edited, and only that", () => {
  it.each<[string, Files, string]>([
    ["the base, when no overlay says otherwise", overlay(""), "base/cluster.yaml"],
    [
      "a JSON patch inline",
      overlay(
        `patches:\n- target: {kind: Cluster}\n  patch: |-\n    # ahead\n    - op: replace\n      path: /spec/topology/version\n      value: v1.34.0\n`,
      ),
      "prod/kustomization.yaml",
    ],
    [
      "a JSON patch that adds",
      overlay(
        `patches:\n- target: {kind: Cluster}\n  patch: |-\n    - op: add\n      path: /spec/topology\n      value: {version: 'v1.34.0'}\n`,
      ),
      "prod/kustomization.yaml",
    ],
    [
      "a JSON patch in JSON",
      overlay(
        `patches:\n- target: {kind: Cluster}\n  patch: |\n    [{"op": "replace", "path": "/spec/topology/version", "value": "v1.34.0"}]\n`,
      ),
      "prod/kustomization.yaml",
    ],
    ["a strategic-merge patch inline", overlay(`patches:\n- patch: |-\n${indented(smPatch("v1.34.0"), 4)}`), "prod/kustomization.yaml"],
    [
      "a strategic-merge patch inline, CRLF",
      overlay(`patches:\n- patch: |-\n${indented(smPatch("v1.34.0"), 4)}`.replaceAll("\n", "\r\n")),
      "prod/kustomization.yaml",
    ],
    ["a patch file", overlay(`patches: [{path: patch.yaml}]\n`, { "prod/patch.yaml": smPatch("v1.34.0") }), "prod/patch.yaml"],
    [
      "the second document of a patch file",
      overlay(`patches: [{path: patch.yaml}]\n`, { "prod/patch.yaml": `---\n---\n${smPatch("v1.34.0")}` }),
      "prod/patch.yaml",
    ],
    [
      "a JSON patch file",
      overlay(`patches: [{path: ops.json, target: {kind: Clust.*, name: sh.p}}]\n`, {
        "prod/ops.json": `[{"op":"add","path":"/spec/topology/version","value":"v1.34.0"}]`,
      }),
      "prod/ops.json",
    ],
    [
      "patchesStrategicMerge",
      overlay(`patchesStrategicMerge: [patch.yaml]\n`, { "prod/patch.yaml": smPatch("v1.34.0") }),
      "prod/patch.yaml",
    ],
    ["patchesStrategicMerge inline", overlay(`patchesStrategicMerge:\n- |\n${indented(smPatch("v1.34.0"), 2)}`), "prod/kustomization.yaml"],
    [
      "patchesJson6902",
      overlay(`patchesJson6902:\n- target: {group: cluster.x-k8s.io, version: v1beta2, kind: Cluster, name: shop}\n  path: ops.yaml\n`, {
        "prod/ops.yaml": `- op: replace\n  path: /spec/topology/version\n  value: "v1.34.0"\n`,
      }),
      "prod/ops.yaml",
    ],
    [
      "the last of several patches",
      overlay(`patches:\n- path: first.yaml\n- path: last.yaml\n`, {
        "prod/first.yaml": smPatch("v1.33.0"),
        "prod/last.yaml": smPatch("v1.34.0"),
      }),
      "prod/last.yaml",
    ],
    [
      "patches after patchesStrategicMerge",
      overlay(`patchesStrategicMerge: [a.yaml]\npatches: [{path: b.yaml}]\n`, {
        "prod/a.yaml": smPatch("v1.33.0"),
        "prod/b.yaml": smPatch("v1.34.0"),
      }),
      "prod/b.yaml",
    ],
    [
      "patchesJson6902 after patches",
      overlay(`patchesJson6902:\n- target: {kind: Cluster, name: shop}\n  path: ops.yaml\npatches: [{path: b.yaml}]\n`, {
        "prod/ops.yaml": `[{op: replace, path: /spec/topology/version, value: v1.34.0}]\n`,
        "prod/b.yaml": smPatch("v1.33.0"),
      }),
      "prod/ops.yaml",
    ],
    [
      "a component's patch",
      overlay(`components: [../component]\n`, {
        "component/kustomization.yaml": `kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\npatches: [{path: p.yaml}]\n`,
        "component/p.yaml": smPatch("v1.34.0"),
      }),
      "component/p.yaml",
    ],
    [
      "the overlay's patch over a component's",
      overlay(`components: [../component]\npatches: [{path: p.yaml}]\n`, {
        "component/kustomization.yaml": `kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\npatches: [{path: p.yaml}]\n`,
        "component/p.yaml": smPatch("v1.33.0"),
        "prod/p.yaml": smPatch("v1.34.0"),
      }),
      "prod/p.yaml",
    ],
    [
      "the patch of an overlay in between",
      {
        ...base,
        "mid/kustomization.yml": `bases: [../base]\npatches: [{path: p.yaml}]\n`,
        "mid/p.yaml": smPatch("v1.34.0"),
        "prod/Kustomization": "namespace: prod\nresources: [../mid]\n",
      },
      "mid/p.yaml",
    ],
    [
      "a value that a JSON patch copies",
      overlay(
        `patches:\n- target: {kind: Cluster}\n  patch: |-\n    - {op: copy, from: /spec/topology/version, path: /spec/copied}\n    - {op: move, from: /spec/copied, path: /spec/topology/version}\n`,
      ),
      "base/cluster.yaml",
    ],
    [
      "a List's item",
      {
        ...overlay(""),
        "base/cluster.yaml": `apiVersion: v1\nkind: List\nitems:\n${indented(clusterYaml(), 2).replace("  apiVersion", "- apiVersion")}`,
      },
      "base/cluster.yaml",
    ],
  ])("%s", async (_, files, place) => {
    expect(await edited(files)).toBe(`${place}: ${files[place]!.replace("v1.34.0", "v1.35.2")}`);
  });

  it("tells where the value is and what it passes", async () => {
    const files = overlay(`patches: [{path: patch.yaml}]\n`, { "prod/patch.yaml": smPatch("v1.34.0") });
    expect(await locateField(memoryFiles(files), shop, version, {}, sources)).toEqual({
      kind: "found",
      location: { file: "prod/patch.yaml", line: 5, through: ["prod/patch.yaml in prod"], value: "v1.34.0" },
    });
    expect(await locateField(memoryFiles(overlay("")), shop, version, {}, sources)).toMatchObject({
      location: { file: "base/cluster.yaml", line: 7, through: [] },
    });
    const inline = overlay(
      `patches:\n- target: {kind: Cluster}\n  patch: |-\n    # ahead\n    - op: replace\n      path: /spec/topology/version\n      value: v1.34.0\n`,
    );
    expect(await locateField(memoryFiles(inline), shop, version, {}, sources)).toMatchObject({
      location: { file: "prod/kustomization.yaml", line: 9 },
    });
  });

  it("finds renamed and moved objects by the name that they have in the cluster", async () => {
    const files = overlay("namePrefix: p-\nnameSuffix: -s\n");
    const renamed: ManifestChange = { ...upgrade, object: { ...shop, name: "p-shop-s" } };
    expect(await edited(files, [renamed])).toContain("base/cluster.yaml: ");
    expect(await edited(files)).toContain("refused: ManifestNotFound");
    expect(await edited({ ...base, "prod/kustomization.yaml": "resources: [../base]\n" })).toContain("base/cluster.yaml: ");
  });

  it("patches find an object by any name that it had", async () => {
    const files: Files = {
      ...base,
      "mid/kustomization.yaml": "resources: [../base]\nnamePrefix: p-\n",
      "prod/kustomization.yaml": "resources: [../mid]\nnamespace: prod\npatches: [{path: old.yaml}, {path: new.yaml}]\n",
      "prod/old.yaml": smPatch("v1.33.0"),
      "prod/new.yaml": smPatch("v1.34.0", "p-shop"),
    };
    expect(await edited(files, [{ ...upgrade, object: { ...shop, name: "p-shop" } }])).toContain("prod/new.yaml: ");
  });
});

describe("neighbours", () => {
  const two: Files = { ...overlay(""), "staging/kustomization.yaml": "namespace: staging\nresources: [../base]\n" };

  it("a base that other clusters share is not changed for one", async () => {
    const result = await edit(two);
    expect(result).toMatchObject({
      kind: "refused",
      refusal: { reason: "ManifestShared", evidence: ["Cluster staging/shop spec.topology.version: v1.34.0 → v1.35.2 (staging)"] },
    });
    if (result.kind !== "refused") throw new Error("unexpected");
    expect(result.refusal.message).toContain("it would also change Cluster staging/shop spec.topology.version");
    expect(result.refusal.remedy).toContain(
      `{kind: Cluster, name: shop}, patch: '[{"op": "replace", "path": "/spec/topology/version", "value": "v1.35.2"}]'`,
    );
  });

  it("it is changed for all when all are meant", async () => {
    const both = [upgrade, { ...upgrade, object: { ...shop, namespace: "staging" } }];
    expect(await edited(two, both)).toBe(`base/cluster.yaml: ${clusterYaml().replace("v1.34.0", "v1.35.2")}`);
  });

  it("a neighbour with a patch of its own does not mind", async () => {
    const files = {
      ...two,
      "staging/kustomization.yaml": "namespace: staging\nresources: [../base]\npatches: [{path: p.yaml}]\n",
      "staging/p.yaml": smPatch("v1.33.0"),
    };
    expect(await edited(files)).toContain("base/cluster.yaml: ");
  });

  it("one patch for several objects counts too", async () => {
    const files: Files = {
      "kustomization.yaml": `resources: [a.yaml, b.yaml]\npatches:\n- target: {kind: Cluster}\n  patch: |-\n    - {op: replace, path: /spec/topology/version, value: v1.34.0}\n`,
      "a.yaml": clusterYaml("shop", "x", "prod"),
      "b.yaml": clusterYaml("other", "x", "prod"),
    };
    expect(await edited(files)).toContain(
      "refused: ManifestShared: The value stands in one place for more than this change: it would also change Cluster prod/other",
    );
    const both = [upgrade, { ...upgrade, object: { ...shop, name: "other" } }];
    expect(await edited(files, both)).toContain("kustomization.yaml: ");
  });

  it("looks at roots outside of the directory too", async () => {
    expect(await edited(two, [upgrade], "prod")).toContain("refused: ManifestShared");
  });
});

describe("which kustomization is applied", () => {
  const same: Files = { ...overlay(""), "copy/kustomization.yaml": "namespace: prod\nresources: [../base]\n" };

  it("two roots with the same object are an ambiguity that names both", async () => {
    expect(await edit(same)).toMatchObject({
      kind: "refused",
      refusal: { reason: "ManifestAmbiguous", evidence: ["copy from base/cluster.yaml", "prod from base/cluster.yaml"] },
    });
  });

  it("the directory tells them apart, in any spelling", async () => {
    const patched = {
      ...same,
      "prod/kustomization.yaml": `${same["prod/kustomization.yaml"]!}patches: [{path: p.yaml}]\n`,
      "prod/p.yaml": smPatch("v1.34.0"),
    };
    for (const directory of ["prod", "./prod/", "prod/"]) expect(await edited(patched, [upgrade], directory)).toContain("prod/p.yaml: ");
  });

  it("a kustomization that another takes in is no root, nor is a component", async () => {
    const files = { ...overlay(""), "c/kustomization.yaml": "kind: Component\nresources: [../base/cluster.yaml]\n" };
    expect(await edited(files)).toContain("base/cluster.yaml: ");
  });

  it("a file that no kustomization takes in is plain YAML", async () => {
    expect(
      await edited({
        ...overlay("", { "prod/kustomization.yaml": "resources: []\n" }),
        "x.yaml": clusterYaml("shop", "v1.34.0", "prod"),
        "base/cluster.yaml": clusterYaml("other"),
      }),
    ).toContain("x.yaml: ");
  });
});

describe("an Argo CD Application that changes the kustomization on the way", () => {
  const application = (kustomize: string, source = "source") =>
    `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec:\n  ${source}:${source === "source" ? "" : "\n  -"}\n    path: ./prod\n    kustomize: ${kustomize}\n`;
  it.each<[string, string, boolean]>([
    ["patches", application("{patches: []}"), true],
    ["names", application("{namePrefix: a-, nameSuffix: -b, namespace: c}"), true],
    ["components, among several sources", application("{components: [x]}", "sources"), true],
    ["images", application("{images: [a=b]}"), false],
    ["nothing", application("{}"), false],
    ["no map", application("[]"), false],
    ["another directory", application("{patches: []}").replace("./prod", "base"), false],
    ["a directory outside", application("{patches: []}").replace("./prod", "../prod"), false],
    ["another kind", application("{patches: []}").replace("kind: Application", "kind: AppProject"), false],
  ])("%s", async (_, text, refused) => {
    const result = await edited(overlay("", { "app.yaml": text }));
    expect(result.startsWith("refused: ManifestBuildUnclear: ")).toBe(refused);
    if (refused) expect(result).toContain("the Argo CD Application shop (app.yaml) adds ");
  });

  it("says what it adds", async () => {
    expect(await edited(overlay("", { "app.yaml": application("{namespace: c, namePrefix: a-}") }))).toContain(
      "adds namePrefix, namespace, which is not followed",
    );
  });
});

describe("an edit that something else in the build does not bear", () => {
  const pinned = (value: string) =>
    overlay(`patches:\n- target: {kind: Cluster}\n  patch: '[{"op": "test", "path": "/spec/topology/version", "value": "${value}"}]'\n`);
  it("a patch that tests for the old value", async () => {
    expect(await edited(pinned("v1.34.0"))).toContain(
      "refused: ManifestBuildUnclear: After the edit it would not be certain any more what is built: the patch prod/kustomization.yaml:5 fails: the test of /spec/topology/version fails",
    );
  });

  it("what was uncertain elsewhere before is no matter", async () => {
    const files = {
      ...overlay(""),
      "other/kustomization.yaml": "resources: [c.yaml]\ntransformers: [x]\n",
      "other/c.yaml": clusterYaml("other"),
    };
    expect(await edited(files)).toContain("base/cluster.yaml: ");
  });
});

describe("a kustomization that cannot be read", () => {
  it("keeps what lies in its directory from being taken for plain YAML", async () => {
    const files = {
      "prod/kustomization.yaml": "resources: [\n",
      "prod/sub/c.yaml": clusterYaml("shop", "v1.34.0", "prod"),
      "production.yaml": clusterYaml("other", "v1.34.0", "prod"),
    };
    expect(await edited(files)).toContain(
      "refused: ManifestFromElsewhere: Cluster prod/shop is in none of the files that are kept here; it could only come from prod/kustomization.yaml cannot be used",
    );
    expect(await edited(files, [{ ...upgrade, object: { ...shop, name: "other" } }])).toContain("production.yaml: ");
  });
});

describe("what is not certain is refused", () => {
  const unclear = "refused: ManifestBuildUnclear";
  const configMap = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: versions}\ndata: {VERSION: v1.34.0, PAIR: v1.34.0/x}\n`;
  const replace = (source: string, target = "") =>
    `replacements:\n- source: ${source}\n  targets:\n  - select: {kind: Cluster}\n    fieldPaths: [spec.topology.version]\n${target}`;
  it.each<[string, Files, string]>([
    ["transformers", overlay("transformers: [t.yaml]\n"), unclear],
    ["a component from the network", overlay("components: ['https://example.com/c?ref=v1']\n"), unclear],
    ["a patch from the network", overlay("patches: [{path: 'https://example.com/p.yaml'}]\n"), unclear],
    ["a patch that is not there", overlay("patches: [{path: gone.yaml}]\n"), unclear],
    ["a patch outside of the repository", overlay("patches: [{path: ../../p.yaml}]\n"), unclear],
    ["a patch that is no YAML", overlay("patches: [{path: p.yaml}]\n", { "prod/p.yaml": "{{ x }}: [" }), unclear],
    ["a patch with path and patch", overlay("patches: [{path: p.yaml, patch: '{}'}]\n"), unclear],
    ["a patch with neither", overlay("patches: [{target: {kind: Cluster}}]\n"), unclear],
    ["an empty patch file", overlay("patches: [{path: p.yaml}]\n", { "prod/p.yaml": "# nothing\n" }), unclear],
    ["a patch for nobody", overlay(`patches: [{path: p.yaml}]\n`, { "prod/p.yaml": smPatch("v1.34.0", "nobody") }), unclear],
    ["a JSON patch without target", overlay("patches: [{path: p.yaml}]\n", { "prod/p.yaml": "[{op: remove, path: /spec}]" }), unclear],
    [
      "a JSON patch that fails",
      overlay("patches: [{path: p.yaml, target: {kind: Cluster}}]\n", { "prod/p.yaml": "[{op: remove, path: /nope}]" }),
      unclear,
    ],
    [
      "a JSON patch of two documents",
      overlay("patches: [{path: p.yaml, target: {kind: Cluster}}]\n", { "prod/p.yaml": "[]\n---\n[]\n" }),
      unclear,
    ],
    [
      "two strategic-merge patches with a target",
      overlay("patches: [{path: p.yaml, target: {kind: Cluster}}]\n", { "prod/p.yaml": `${smPatch("a")}---\n${smPatch("b")}` }),
      unclear,
    ],
    [
      "a pattern that JavaScript may read otherwise",
      overlay("patches: [{path: p.yaml, target: {kind: '(?i)cluster'}}]\n", { "prod/p.yaml": "[]" }),
      unclear,
    ],
    [
      "a label selector with numbers",
      overlay("patches: [{path: p.yaml, target: {labelSelector: 'a > 1'}}]\n", { "prod/p.yaml": "[]" }),
      unclear,
    ],
    [
      "a resource that is not there",
      overlay("", { "prod/kustomization.yaml": "namespace: prod\nresources: [../base, gone.yaml]\n" }),
      unclear,
    ],
    [
      "a resource that is no YAML",
      overlay("", { "prod/kustomization.yaml": "namespace: prod\nresources: [../base, x.yaml]\n", "prod/x.yaml": "a: [" }),
      unclear,
    ],
    [
      "a resource that is no object",
      overlay("", { "prod/kustomization.yaml": "namespace: prod\nresources: [../base, x.yaml]\n", "prod/x.yaml": "a: 1" }),
      unclear,
    ],
    [
      "the same base twice",
      overlay("", {
        "prod/kustomization.yaml": "namespace: prod\nresources: [../base, ../again]\n",
        "again/kustomization.yaml": "resources: [../base]\n",
      }),
      "refused: ManifestAmbiguous",
    ],
    [
      "a circle",
      overlay("", {
        "base/kustomization.yaml": "resources: [cluster.yaml, ../prod]\n",
        "root/kustomization.yaml": "resources: [../prod]\n",
      }),
      unclear,
    ],
    [
      "replacements that cut",
      overlay(replace("{kind: ConfigMap, name: versions, fieldPath: data.PAIR, options: {delimiter: /}}"), {
        "prod/cm.yaml": configMap,
        "prod/kustomization.yaml": `namespace: prod\nresources: [../base, cm.yaml]\n${replace("{kind: ConfigMap, name: versions, fieldPath: data.PAIR, options: {delimiter: /}}")}`,
      }),
      "refused: ManifestValueComputed",
    ],
    ["a variable of kustomize", { ...overlay("vars: []\n"), "base/cluster.yaml": clusterYaml("shop", "$(VERSION)") }, unclear],
    [
      "a configuration for the field",
      overlay("configurations: [c.yaml]\n", { "prod/c.yaml": "namePrefix: [{path: spec/topology/version}]\n" }),
      unclear,
    ],
    ["a configuration that is not there", overlay("configurations: [c.yaml]\n"), unclear],
    [
      "a schema of one's own and a patched list",
      overlay("openapi: {path: s.json}\npatches: [{path: p.yaml}]\n", {
        "prod/s.json": "{}",
        "prod/p.yaml": `${smPatch("v1.34.0")}  list: [a]\n`,
      }),
      unclear,
    ],
    [
      "a deleted object",
      overlay("patches: [{path: p.yaml}]\n", { "prod/p.yaml": `${smPatch("x")}$patch: delete\n` }),
      "refused: ManifestNotFound",
    ],
    ["a removed field", overlay("patches: [{path: p.yaml}]\n", { "prod/p.yaml": smPatch("null") }), "refused: ManifestFieldMissing"],
    [
      "a flow scalar as inline patch",
      overlay(
        `patches:\n- target: {kind: Cluster}\n  patch: '[{"op": "replace", "path": "/spec/topology/version", "value": "v1.34.0"}]'\n`,
      ),
      "refused: ManifestNotEditable",
    ],
    [
      "an object that could only come from the network",
      { "prod/kustomization.yaml": "resources: ['github.com/acme/clusters//prod?ref=main']\n" },
      "refused: ManifestFromElsewhere",
    ],
    [
      "an object of a chart that kustomize inflates",
      { "prod/kustomization.yaml": "helmCharts: [{name: clusters}]\n" },
      "refused: ManifestFromElsewhere",
    ],
  ])("%s", async (_, files, reason) => {
    expect((await edited(files)).slice(0, reason.length + 1)).toBe(`${reason}:`);
  });

  it("says which doubt it is", async () => {
    expect(await edit(overlay("transformers: [t.yaml]\n"))).toMatchObject({
      refusal: {
        message:
          "Cluster prod/shop spec.topology.version is built by prod, and what it ends up with is not certain: transformers in prod/kustomization.yaml may rewrite any field.",
        evidence: ["transformers in prod/kustomization.yaml may rewrite any field"],
      },
    });
    expect(await edit({ "prod/kustomization.yaml": "resources: ['github.com/acme/clusters//prod?ref=main']\n" })).toMatchObject({
      refusal: { evidence: ["github.com/acme/clusters//prod?ref=main in prod/kustomization.yaml"] },
    });
  });

  it("what does not concern the field is no doubt", async () => {
    const files = overlay(
      "images: [{name: a, newTag: b}]\nreplicas: [{name: a, count: 1}]\nsortOptions: {order: fifo}\nbuildMetadata: [originAnnotations]\nvalidators: []\ncommonLabels: {a: b}\nlabels: [{pairs: {c: d}}]\ncommonAnnotations: {e: f}\nconfigurations: [c.yaml]\ncrds: [crd.yaml]\nopenapi: {path: s.json}\ngeneratorOptions: {}\nsecretGenerator: [{name: s, literals: [a=b], files: [x=y.txt], envs: [e.env]}]\n",
      {
        "prod/c.yaml":
          "nameReference: [{kind: X, fieldSpecs: [{path: spec/x, kind: Cluster}]}]\nimages: [{path: spec/image}]\nlabels: [{path: spec/topology/version, kind: Other}]\n",
      },
    );
    expect(await edited(files)).toContain("base/cluster.yaml: ");
  });
});

describe("replacements are followed to their source", () => {
  const target = `  targets:\n  - select: {kind: Cluster, name: shop}\n    fieldPaths: [spec.topology.version]\n`;
  const fromConfigMap = `replacements:\n- source: {kind: ConfigMap, name: versions, fieldPath: data.VERSION}\n${target}`;
  it.each<[string, Files, string]>([
    [
      "a ConfigMap in a file",
      {
        "prod/kustomization.yaml": `namespace: prod\nresources: [../base, cm.yaml]\n${fromConfigMap}`,
        "prod/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: versions}\ndata:\n  VERSION: v1.34.0 # here\n",
      },
      "prod/cm.yaml",
    ],
    [
      "a generator's literal",
      {
        "prod/kustomization.yaml": `namespace: prod\nresources: [../base]\nconfigMapGenerator:\n- name: versions\n  literals:\n  - VERSION=v1.34.0\n  options: {annotations: {config.kubernetes.io/local-config: "true"}}\n${fromConfigMap}`,
      },
      "prod/kustomization.yaml",
    ],
    [
      "a literal without hash",
      {
        "prod/kustomization.yaml": `namespace: prod\nresources: [../base]\ngeneratorOptions: {disableNameSuffixHash: true}\nconfigMapGenerator: [{name: versions, literals: ["VERSION=v1.34.0"]}]\n${fromConfigMap}`,
      },
      "prod/kustomization.yaml",
    ],
    [
      "replacements in a file",
      {
        "prod/kustomization.yaml": "namespace: prod\nresources: [../base, cm.yaml]\nreplacements: [{path: r.yaml}]\n",
        "prod/r.yaml": fromConfigMap.replace("replacements:\n", ""),
        "prod/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: versions}\ndata: {VERSION: v1.34.0}\n",
      },
      "prod/cm.yaml",
    ],
    [
      "a sourceValue",
      { "prod/kustomization.yaml": `namespace: prod\nresources: [../base]\nreplacements:\n- sourceValue: v1.34.0\n${target}` },
      "prod/kustomization.yaml",
    ],
  ])("%s", async (_, files, place) => {
    const all = { ...base, ...files, "base/cluster.yaml": clusterYaml("shop", "placeholder") };
    expect(await edited(all)).toBe(`${place}: ${all[place as keyof typeof all].replace("v1.34.0", "v1.35.2")}`);
  });

  it("not when the ConfigMap's name carries a hash: that replaces an object", async () => {
    const files = overlay(`configMapGenerator: [{name: versions, literals: [VERSION=v1.34.0]}]\n${fromConfigMap}`);
    expect(await edited(files)).toContain(
      "refused: ManifestShared: The value stands in one place for more than this change: it would also change ConfigMap prod/versions data.VERSION",
    );
  });

  it("a source that feeds others names them", async () => {
    const files: Files = {
      "kustomization.yaml": `namespace: prod\nresources: [a.yaml, b.yaml, cm.yaml]\n${fromConfigMap.replace(", name: shop", "")}`,
      "a.yaml": clusterYaml("shop", "x"),
      "b.yaml": clusterYaml("other", "x"),
      "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: versions}\ndata: {VERSION: v1.34.0}\n",
    };
    expect(await edited(files)).toContain("it would also change Cluster prod/other spec.topology.version");
  });
});

describe("machine templates", () => {
  const kcp = (ref: string) =>
    `apiVersion: controlplane.cluster.x-k8s.io/v1beta2\nkind: KubeadmControlPlane\nmetadata: {name: cp}\nspec:\n  version: v1.34.0\n  machineTemplate:\n    spec:\n      infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: DockerMachineTemplate, name: ${ref}}\n`;
  const template = `apiVersion: infrastructure.cluster.x-k8s.io/v1beta2\nkind: DockerMachineTemplate\nmetadata:\n  name: cp\nspec:\n  template:\n    spec:\n      customImage: kindest/node:v1.34.0 # image\n`;
  const identity = (kind: string, group: string, name = "cp"): ObjectIdentity => ({ group, kind, namespace: "prod", name });
  const controlPlane = identity("KubeadmControlPlane", "controlplane.cluster.x-k8s.io");
  const rotation = (name = "cp"): ManifestChange => ({
    kind: "rotate-template",
    template: identity("DockerMachineTemplate", "infrastructure.cluster.x-k8s.io", name),
    newNamePrefix: name,
    set: [{ path: ["spec", "template", "spec", "customImage"], from: "kindest/node:v1.34.0", to: "kindest/node:v1.35.2" }],
    repoint: [{ object: controlPlane, path: ["spec", "machineTemplate", "spec", "infrastructureRef", "name"] }],
  });
  const files = (lines: string, more: Files = {}): Files => ({
    "base/kustomization.yaml": "resources: [cp.yaml, template.yaml]\n",
    "base/cp.yaml": kcp("cp"),
    "base/template.yaml": template,
    "prod/kustomization.yaml": `namespace: prod\nresources: [../base]\n${lines}`,
    ...more,
  });
  const setVersion: ManifestChange = {
    kind: "set-scalar",
    object: controlPlane,
    path: ["spec", "version"],
    from: "v1.34.0",
    to: "v1.35.2",
  };

  it("the new one stands beside the old one, no kustomization changes", async () => {
    const result = await edit(files(""), [rotation(), setVersion]);
    if (result.kind !== "edited") throw new Error(JSON.stringify(result));
    expect([...result.files.keys()].sort()).toEqual(["base/cp.yaml", "base/template.yaml"]);
    const [{ name } = { name: "" }] = result.newTemplates;
    expect(name).toMatch(/^cp-[0-9a-f]{8}$/);
    expect(result.files.get("base/template.yaml")).toBe(
      `${template}---\n${template.replace("name: cp", `name: ${name}`).replace("v1.34.0", "v1.35.2")}`,
    );
    expect(result.files.get("base/cp.yaml")).toBe(kcp(name).replace("version: v1.34.0", "version: v1.35.2"));
  });

  it("a neighbour would get the new template too", async () => {
    expect(
      await edited(files("", { "staging/kustomization.yaml": "namespace: staging\nresources: [../base]\n" }), [rotation(), setVersion]),
    ).toContain("refused: ManifestShared");
  });

  it("a patch that knows the old one by name would miss the copy", async () => {
    const patch = `apiVersion: infrastructure.cluster.x-k8s.io/v1beta2\nkind: DockerMachineTemplate\nmetadata: {name: cp}\nspec: {template: {spec: {preLoadImages: [a]}}}\n`;
    expect(await edited(files("patches: [{path: p.yaml}]\n", { "prod/p.yaml": patch }), [rotation(), setVersion])).toContain(
      "refused: ManifestCopyDiffers: The new DockerMachineTemplate prod/cp-",
    );
    const byKind = files(`patches: [{path: p.yaml, target: {kind: DockerMachineTemplate}}]\n`, { "prod/p.yaml": patch });
    expect(await edited(byKind, [rotation(), setVersion])).toContain("base/template.yaml: ");
  });

  it("under a name prefix the reference is not renamed by kustomize", async () => {
    const prefixed = await edited(files("namePrefix: p-\n", { "base/cp.yaml": kcp("p-cp") }), [
      {
        ...rotation("p-cp"),
        repoint: [{ object: { ...controlPlane, name: "p-cp" }, path: ["spec", "machineTemplate", "spec", "infrastructureRef", "name"] }],
      } as ManifestChange,
    ]);
    expect(prefixed).toContain("refused: TemplateNotCopyable");
  });
});
