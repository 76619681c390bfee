import { describe, expect, it } from "vitest";
import { memoryFiles } from "../memory-files.ts";
import { NotTextError } from "../repository-files.ts";
import { build } from "./build.ts";
import { compareObjects, compareRoots, describeDifference } from "./compare-roots.ts";
import { documentsWith } from "./documents.ts";
import { writtenFor } from "./kustomize-source.ts";
import { readKustomization } from "./kustomization.ts";
import { findRoots } from "./roots.ts";
import { scalarsOf, textAt, valueAt, type Tracked } from "./tracked-value.ts";

type Files = Readonly<Record<string, string>>;

function plain(value: Tracked | undefined): unknown {
  if (value === undefined) return undefined;
  if (value.kind === "scalar") return value.isNull ? null : value.text;
  return value.kind === "list" ? value.items.map(plain) : Object.fromEntries([...value.entries].map(([key, entry]) => [key, plain(entry)]));
}

/** Builds the root directory. */
async function built(files: Files) {
  const { objects, unseen, files: used } = await build(memoryFiles(files), "");
  return {
    objects,
    unseen,
    used: [...used].sort(),
    names: objects.map(({ id }) => `${id.kind} ${id.namespace}/${id.name}`),
    doubts: [...new Set(objects.flatMap(({ doubts }) => doubts))],
  };
}

const object = (kind: string, name: string, rest = "", group = "cluster.x-k8s.io/v1beta2") =>
  `apiVersion: ${group}\nkind: ${kind}\nmetadata: {name: ${name}}\n${rest}`;
const configMap = (name: string, data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: ${data}\n`;

describe("names and namespaces", () => {
  const files: Files = {
    "kustomization.yaml": "namespace: prod\nnamePrefix: p-\nnameSuffix: -s\nresources: [all.yaml]\n",
    "all.yaml": [
      object("Cluster", "shop"),
      object("Namespace", "ns", "", "v1"),
      object("Namespace", "own"),
      object("ClusterRole", "r", "", "rbac.authorization.k8s.io/v1"),
      object("CustomResourceDefinition", "c.d", "", "apiextensions.k8s.io/v1"),
      object("APIService", "v1.x", "", "apiregistration.k8s.io/v1"),
    ].join("---\n"),
  };
  it("are given to what has them", async () => {
    expect((await built(files)).names).toEqual([
      "Cluster prod/p-shop-s",
      "Namespace /prod",
      "Namespace prod/own",
      "ClusterRole /p-r-s",
      "CustomResourceDefinition /c.d",
      "APIService /v1.x",
    ]);
  });

  it("say who made them", async () => {
    const [cluster] = (await built(files)).objects;
    const by = (path: readonly string[]) => {
      const found = valueAt(cluster!.value, path);
      return found?.kind === "scalar" ? found.computedBy : undefined;
    };
    expect([by(["metadata", "name"]), by(["metadata", "namespace"])]).toEqual([
      "nameSuffix in kustomization.yaml",
      "namespace in kustomization.yaml",
    ]);
    expect(cluster!.previousIds.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(["default/shop", "prod/shop", "prod/p-shop"]);
    expect(cluster!.writtenName).toBe("shop");
  });

  it("two objects that a namespace makes one are a doubt", async () => {
    const all = `${object("Cluster", "a")}---\n${object("Cluster", "a").replace("{name: a}", "{name: a, namespace: x}")}---\n${object("Cluster", "b")}`;
    const { objects } = await built({ "kustomization.yaml": "namespace: prod\nresources: [all.yaml]\n", "all.yaml": all });
    expect(objects.map(({ doubts }) => doubts.length)).toEqual([1, 1, 0]);
    expect(objects[0]!.doubts).toEqual(["namespace in kustomization.yaml gives two objects the same name; kustomize refuses it"]);
  });

  it("labels and annotations are seen by later selectors", async () => {
    const { objects } = await built({
      "kustomization.yaml":
        "resources: [base]\npatches:\n- target: {labelSelector: 'a=b,c=d', annotationSelector: e=f}\n  patch: '[{op: add, path: /hit, value: x}]'\n",
      "base/kustomization.yaml": "resources: [c.yaml]\nlabels: [{pairs: {a: b}}, {}]\ncommonLabels: {c: d}\ncommonAnnotations: {e: f}\n",
      "base/c.yaml": object("Cluster", "shop"),
    });
    expect(plain(objects[0]!.value)).toMatchObject({ hit: "x", metadata: { labels: { a: "b", c: "d" }, annotations: { e: "f" } } });
  });

  it("patches may rename when they are allowed to", async () => {
    const files = (options: string): Files => ({
      "kustomization.yaml": `resources: [c.yaml]\npatches:\n- target: {kind: Cluster}\n  path: p.yaml\n${options}- target: {name: shop}\n  patch: '[{op: add, path: /hit, value: x}]'\n`,
      "c.yaml": object("Cluster", "shop").replace("{name: shop}", "{name: shop, namespace: a}"),
      "p.yaml": "apiVersion: other/v1\nkind: Pool\nmetadata: {name: other, namespace: b, labels: {l: m}}\n",
    });
    const [kept] = (await built(files(""))).objects;
    expect(plain(kept!.value)).toEqual({
      apiVersion: "cluster.x-k8s.io/v1beta2",
      kind: "Cluster",
      metadata: { name: "shop", namespace: "a", labels: { l: "m" } },
      hit: "x",
    });
    const [renamed] = (await built(files("  options: {allowNameChange: true}\n"))).objects;
    expect(plain(renamed!.value)).toMatchObject({ kind: "Pool", metadata: { name: "other", namespace: "a" }, hit: "x" });
    expect((await built(files("  options: {allowKindChange: true}\n"))).names).toEqual(["Pool a/other"]);
    expect((await built(files("  options: {allowKindChange: false}\n"))).names).toEqual(["Cluster a/shop"]);
  });
});

describe("generators", () => {
  const generate = async (lines: string, more: Files = {}) => built({ "kustomization.yaml": lines, ...more });
  it("make objects of literals; what cannot be edited has no place", async () => {
    const { objects } = await generate(
      `configMapGenerator:\n- name: a\n  namespace: n\n  literals: [K=v=w, "Q='x'", 'D="', plain]\n  files: [f.txt, k=g.txt]\n  envs: [e.env]\n  options: {labels: {l: m}, annotations: {n: o}}\ngeneratorOptions: {labels: {g: h}}\n`,
    );
    const [made] = objects;
    expect(plain(made!.value)).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", namespace: "n", labels: { g: "h", l: "m" }, annotations: { n: "o" } },
      data: { K: "v=w", Q: "x", D: '"', "": "", "e.env": "", "f.txt": "", "k=g.txt": "" },
    });
    expect(made!.hashed).toBe(true);
    const at = (key: string) => {
      const found = valueAt(made!.value, ["data", key]);
      return found?.kind === "scalar" ? (found.place?.around ?? found.computedBy) : undefined;
    };
    expect([at("K"), at("Q"), at("D"), at("f.txt"), at("e.env")]).toEqual([
      { before: "K=", after: "" },
      "a literal of ConfigMap in kustomization.yaml",
      { before: "D=", after: "" },
      "files of a ConfigMap in kustomization.yaml",
      "envs of a ConfigMap in kustomization.yaml",
    ]);
  });

  it("a Secret's values are never edited", async () => {
    const { objects } = await generate("secretGenerator: [{name: s, literals: [K=v]}]\n");
    expect(valueAt(objects[0]!.value, ["data", "K"])).toEqual({
      kind: "scalar",
      text: "v",
      isNull: false,
      computedBy: "a literal of Secret in kustomization.yaml",
    });
  });

  it.each([
    ["merge", { A: "old", B: "new", C: "new" }],
    ["replace", { B: "new", C: "new" }],
  ])("%s with what is there", async (behavior, data) => {
    const { objects, doubts } = await generate(
      `resources: [c.yaml]\nconfigMapGenerator: [{name: a, behavior: ${behavior}, literals: [B=new, C=new]}]\n`,
      { "c.yaml": configMap("a", "{A: old, B: old}") },
    );
    expect([objects.length, plain(valueAt(objects[0]!.value, ["data"])), doubts]).toEqual([1, data, []]);
  });

  it("merge with a ConfigMap without data", async () => {
    const { objects } = await generate("resources: [c.yaml]\nconfigMapGenerator: [{name: a, behavior: merge, literals: [B=new]}]\n", {
      "c.yaml": object("ConfigMap", "a", "", "v1"),
    });
    expect(plain(valueAt(objects[0]!.value, ["data"]))).toEqual({ B: "new" });
  });

  it("a second one of the same name is a doubt", async () => {
    expect((await generate("configMapGenerator: [{name: a}, {name: a}]\n")).doubts).toEqual([
      "a generator makes it once more; kustomize refuses it",
    ]);
  });

  it("no hash where it is turned off", async () => {
    for (const lines of [
      "configMapGenerator: [{name: a, options: {disableNameSuffixHash: true}}]\n",
      "generatorOptions: {disableNameSuffixHash: true}\nconfigMapGenerator: [{name: a}]\n",
    ])
      expect((await generate(lines)).objects[0]!.hashed).toBeUndefined();
    expect((await generate("configMapGenerator: [{name: a, options: {disableNameSuffixHash: false}}]\n")).objects[0]!.hashed).toBe(true);
  });

  it("local objects are not part of the output", async () => {
    const local = (mark: string) =>
      object("ConfigMap", "x", "", "v1").replace("{name: x}", `{name: x, annotations: {config.kubernetes.io/local-config: ${mark}}}`);
    expect((await generate("resources: [c.yaml]\n", { "c.yaml": local("'true'") })).names).toEqual([]);
    expect((await generate("resources: [c.yaml]\n", { "c.yaml": local("'false'") })).names).toEqual(["ConfigMap /x"]);
  });

  it("the files that they take are among those that a real build needs", async () => {
    const files: Files = {
      "kustomization.yaml":
        "configMapGenerator: [{name: a, files: [d/f.txt, k=g.txt], envs: [e.env]}]\nsecretGenerator: [{name: s, files: [gone]}]\ncrds: [crd.yaml]\nopenapi: {path: ../out.json}\n",
      "d/f.txt": "",
      "g.txt": "",
      "e.env": "",
      "crd.yaml": "",
      "other.txt": "",
    };
    expect((await built(files)).used).toEqual(["crd.yaml", "d/f.txt", "e.env", "g.txt", "kustomization.yaml"]);
    const schema: Files = {
      "kustomization.yaml": "resources: [c.yaml]\nopenapi: {path: s.json}\n",
      "s.json": "{}",
      "c.yaml": object("Cluster", "a"),
    };
    expect(await built(schema)).toMatchObject({ used: ["c.yaml", "kustomization.yaml", "s.json"], doubts: [] });
  });
});

describe("replacements", () => {
  const replaced = async (replacement: string, more: Files = {}) => {
    const { objects, doubts } = await built({
      "kustomization.yaml": `resources: [c.yaml, d.yaml, v.yaml]\nreplacements:\n- ${replacement}\n`,
      "c.yaml": object("Cluster", "a", "spec: {v: 1, list: [x]}\n"),
      "d.yaml": object("Cluster", "b", "spec: {v: 1}\n"),
      "v.yaml": configMap("v", "{K: new, P: x/y}"),
      ...more,
    });
    return doubts.length > 0 ? doubts : objects.map(({ value }) => textAt(value, ["spec", "v"])).slice(0, 2);
  };
  const from = "source: {kind: ConfigMap, name: v, fieldPath: data.K}";
  it.each<[string, string, readonly (string | undefined)[]]>([
    ["to all of a kind", `{${from}, targets: [{select: {kind: Cluster}, fieldPaths: [spec.v]}]}`, ["new", "new"]],
    ["but the rejected", `{${from}, targets: [{select: {kind: Cluster}, reject: [{name: a}], fieldPaths: [spec.v]}]}`, ["1", "new"]],
    ["in brackets", `{${from}, targets: [{select: {name: a}, fieldPaths: ['spec.[v]']}]}`, ["new", "1"]],
    [
      "from a source by version and namespace",
      `{source: {version: v1, kind: ConfigMap, namespace: default, fieldPath: data.K}, targets: [{select: {name: a}, fieldPaths: [spec.v]}]}`,
      ["new", "1"],
    ],
    [
      "from a group",
      `{source: {group: cluster.x-k8s.io, name: b, fieldPath: kind}, targets: [{select: {name: a}, fieldPaths: [spec.v]}]}`,
      ["Cluster", "1"],
    ],
    ["from a name by default", `{source: {kind: ConfigMap}, targets: [{select: {name: a}, fieldPaths: [spec.v]}]}`, ["v", "1"]],
    ["to a name by default", `{${from}, targets: [{select: {name: a}}]}`, ["1", "1"]],
    ["of a given value", `{sourceValue: given, targets: [{select: {name: a}, fieldPaths: [spec.v]}]}`, ["given", "1"]],
    ["put together", `{${from}, targets: [{select: {name: a}, fieldPaths: [spec.v], options: {delimiter: /}}]}`, ["", "1"]],
    ["without source", `{targets: []}`, ["replacements in kustomization.yaml: there is no source"]],
    ["from nobody", `{source: {kind: Nobody}, targets: []}`, ["replacements in kustomization.yaml: the source is no object"]],
    ["from several", `{source: {kind: Cluster}, targets: []}`, ["replacements in kustomization.yaml: the source is more than one object"]],
    [
      "from another namespace",
      `{source: {kind: ConfigMap, namespace: x}, targets: []}`,
      ["replacements in kustomization.yaml: the source is no object"],
    ],
    [
      "from a map",
      `{source: {kind: ConfigMap, fieldPath: data}, targets: []}`,
      ["replacements in kustomization.yaml: the source data is not a single value"],
    ],
    [
      "from a list item",
      `{source: {kind: ConfigMap, fieldPath: data.0}, targets: []}`,
      ["replacements in kustomization.yaml: the source data.0 is not a single value"],
    ],
    [
      "from nothing",
      `{source: {kind: ConfigMap, fieldPath: ''}, targets: []}`,
      ["replacements in kustomization.yaml: the source  is not a single value"],
    ],
    [
      "to nothing",
      `{${from}, targets: [{select: {name: a}, fieldPaths: [spec.w]}]}`,
      ["replacements in kustomization.yaml write to spec.w, which Cluster a does not have; kustomize refuses it"],
    ],
    [
      "to a list item",
      `{${from}, targets: [{select: {name: a}, fieldPaths: [spec.list.0]}]}`,
      ["replacements in kustomization.yaml write to spec.list.0, which cannot be followed"],
    ],
    [
      "to list items by a field",
      `{${from}, targets: [{select: {name: a}, fieldPaths: ['spec.list.[x=y]']}]}`,
      ["replacements in kustomization.yaml write to spec.list.[x=y], which cannot be followed"],
    ],
    [
      "to a wildcard",
      `{${from}, targets: [{select: {name: a}, fieldPaths: ['spec.*']}]}`,
      ["replacements in kustomization.yaml write to spec.*, which cannot be followed"],
    ],
    [
      "without select",
      `{${from}, targets: [{fieldPaths: [spec.v]}]}`,
      ["replacements in kustomization.yaml: a target has no select; kustomize refuses it"],
    ],
    [
      "an unclear select",
      `{${from}, targets: [{select: {kind: '(?i)x'}, fieldPaths: [spec.v]}]}`,
      ["replacements in kustomization.yaml: the pattern kind: (?i)x is too intricate to be sure what it matches"],
    ],
    [
      "an unclear reject",
      `{${from}, targets: [{select: {}, reject: [{kind: '(?i)x'}], fieldPaths: [spec.v]}]}`,
      ["replacements in kustomization.yaml: the pattern kind: (?i)x is too intricate to be sure what it matches"],
    ],
    [
      "a pattern that old versions take for text",
      `{${from}, targets: [{select: {name: a|b}, fieldPaths: [spec.v]}]}`,
      ["replacements in kustomization.yaml select it or not, depending on the version of kustomize"],
    ],
    [
      "a reject that old versions take for text",
      `{${from}, targets: [{select: {kind: Cluster}, reject: [{name: a|c}], fieldPaths: [spec.v]}]}`,
      ["replacements in kustomization.yaml select it or not, depending on the version of kustomize"],
    ],
    [
      "in a file that is not there",
      `path: gone.yaml`,
      ["the replacements gone.yaml that kustomization.yaml names are not in the repository"],
    ],
    ["in a file outside", `path: ../gone.yaml`, ["the replacements ../gone.yaml that kustomization.yaml names are not in the repository"]],
  ])("%s", async (_, replacement, expected) => {
    expect(await replaced(replacement)).toEqual(expected);
  });

  it("create what is missing when they may", async () => {
    const { objects } = await built({
      "kustomization.yaml": `resources: [c.yaml]\nreplacements: [{sourceValue: x, targets: [{select: {kind: Cluster}, fieldPaths: [spec.new.w, 'metadata.annotations.a\\.b/c'], options: {create: true}}]}]\n`,
      "c.yaml": object("Cluster", "a"),
    });
    expect(plain(objects[0]!.value)).toMatchObject({ spec: { new: { w: "x" } }, metadata: { annotations: { "a.b/c": "x" } } });
  });

  it.each([
    ["a", []],
    ["a|c", ["replacements in kustomization.yaml select it or not, depending on the version of kustomize"]],
  ])("to a field that one target (name: %s) lacks fail the build of everybody, as kustomize does", async (name, doubts) => {
    const { objects } = await built({
      "kustomization.yaml": `resources: [c.yaml]\nreplacements: [{sourceValue: x, targets: [{select: {name: ${name}}, fieldPaths: [spec.w]}]}]\n`,
      "c.yaml": `${object("Cluster", "a")}---\n${object("Cluster", "b")}`,
    });
    const why = "replacements in kustomization.yaml write to spec.w, which Cluster a does not have; kustomize refuses it";
    expect(objects.map((one) => one.doubts)).toEqual([[...doubts, why], [why]]);
  });

  it("in files: a list, one, or no YAML", async () => {
    const one = `{${from}, targets: [{select: {name: a}, fieldPaths: [spec.v]}]}`;
    expect(await replaced("path: r.yaml", { "r.yaml": `[${one}]` })).toEqual(["new", "1"]);
    expect(await replaced("path: r.yaml", { "r.yaml": one })).toEqual(["new", "1"]);
    expect(await replaced("path: r.yaml", { "r.yaml": "a: [" })).toEqual([
      expect.stringContaining("the replacements r.yaml cannot be read: line 1"),
    ]);
  });
});

describe("references that follow a renamed object", () => {
  const kcp = (ref: string) =>
    object("KubeadmControlPlane", "cp", `spec: {ref: {name: ${ref}}, refs: [{name: t}]}\n`, "controlplane.cluster.x-k8s.io/v1beta2");
  const template = object("DockerMachineTemplate", "t", "", "infrastructure.cluster.x-k8s.io/v1beta2");
  const follow = async (configuration: string, ref = "t", more: Files = {}) => {
    const { objects, doubts } = await built({
      "kustomization.yaml": "namePrefix: p-\nresources: [k.yaml, t.yaml]\nconfigurations: [conf.yaml]\n",
      "k.yaml": kcp(ref),
      "t.yaml": template,
      "conf.yaml": configuration,
      ...more,
    });
    const found = valueAt(objects[0]!.value, ["spec", "ref", "name"]);
    return doubts.length > 0 ? doubts : found?.kind === "scalar" ? [found.text, found.writtenAs] : found;
  };
  const rule = (more = "", of = "") =>
    `nameReference:\n- kind: DockerMachineTemplate\n${of}  fieldSpecs:\n  - {path: spec/ref/name, kind: KubeadmControlPlane${more}}\n`;
  it.each<[string, string, string, readonly (string | undefined)[]]>([
    ["as configured", rule(), "t", ["p-t", "t"]],
    ["with groups", rule(", group: controlplane.cluster.x-k8s.io", "  group: infrastructure.cluster.x-k8s.io\n"), "t", ["p-t", "t"]],
    ["not of another group", rule("", "  group: other\n"), "t", ["t", undefined]],
    ["not in another group", rule(", group: other"), "t", ["t", undefined]],
    ["not in another kind", rule().replace("kind: KubeadmControlPlane", "kind: Other"), "t", ["t", undefined]],
    ["in any kind", rule().replace(", kind: KubeadmControlPlane", ""), "t", ["p-t", "t"]],
    ["not a name that nobody had", rule(), "x", ["x", undefined]],
    ["not the present name", rule(), "p-t", ["p-t", undefined]],
    [
      "only once",
      `${rule()}- kind: Other\n  fieldSpecs: [{path: spec/ref/name}]\n${rule().replace("nameReference:\n", "")}`,
      "t",
      ["p-t", "t"],
    ],
    ["nothing else than nameReference", "labels: [{path: spec/ref/name}]\n", "t", ["t", undefined]],
    ["an empty file", "", "t", ["t", undefined]],
    ["a list as file", "[]", "t", ["t", undefined]],
  ])("%s", async (_, configuration, ref, expected) => {
    expect(await follow(configuration, ref)).toEqual(expected);
  });

  it("without configuration kustomize knows no reference of Cluster API", async () => {
    const { objects } = await built({
      "kustomization.yaml": "namePrefix: p-\nresources: [k.yaml, t.yaml]\n",
      "k.yaml": kcp("t"),
      "t.yaml": template,
    });
    expect(textAt(objects[0]!.value, ["spec", "ref", "name"])).toBe("t");
  });

  it("stay in their namespace, and are a doubt when several objects had the name", async () => {
    expect(await follow(rule(), "t", { "t.yaml": template.replace("{name: t}", "{name: t, namespace: x}") })).toEqual(["t", undefined]);
    const two = {
      "kustomization.yaml": "resources: [k.yaml, a, b]\nconfigurations: [conf.yaml]\n",
      "a/kustomization.yaml": "namePrefix: a-\nresources: [../t.yaml]\n",
      "b/kustomization.yaml": "namePrefix: b-\nresources: [../t.yaml]\n",
    };
    expect(await follow(rule(), "t", two)).toEqual(["conf.yaml makes spec/ref/name follow a name that several objects had"]);
  });

  it.each([
    ["conf.yaml", "the configuration gone.yaml that kustomization.yaml names cannot be read", "gone.yaml"],
    [
      "conf.yaml",
      "the configuration https://example.com/c.yaml that kustomization.yaml names cannot be read",
      "'https://example.com/c.yaml'",
    ],
    ["conf.yaml", "the configuration ../c.yaml that kustomization.yaml names cannot be read", "../c.yaml"],
    ["conf.yaml", "the configuration bad.yaml that kustomization.yaml names cannot be read", "bad.yaml"],
  ])("%s: %s", async (_, doubt, path) => {
    expect(await follow("", "t", { "bad.yaml": "a: [", "kustomization.yaml": `resources: [k.yaml]\nconfigurations: [${path}]\n` })).toEqual(
      [doubt],
    );
  });

  it("what is written for a value in effect", () => {
    const scalar = { kind: "scalar", isNull: false } as const;
    expect(writtenFor({ ...scalar, text: "x" }, "y")).toBe("y");
    expect(writtenFor({ ...scalar, text: "p-t-s", writtenAs: "t" }, "p-new-s")).toBe("new");
    for (const value of ["new", "p-new", "new-s", "p-s"])
      expect(writtenFor({ ...scalar, text: "p-t-s", writtenAs: "t" }, value)).toBeUndefined();
    expect(writtenFor({ ...scalar, text: "other", writtenAs: "t-t" }, "x")).toBeUndefined();
    const framed = { ...scalar, text: "v1+x", frame: { before: "v", after: "+x" } };
    expect(writtenFor(framed, "v2+x")).toBe("2");
    for (const value of ["2+x", "v2", "v+x", "vx"]) expect(writtenFor(framed, value)).toBeUndefined();
  });
});

describe("what belongs to a build", () => {
  it.each<[string, Files, readonly string[]]>([
    ["a directory without kustomization", { "kustomization.yaml": "resources: [d]\n", "d/x.yaml": "" }, ["d has no kustomization file"]],
    [
      "two kustomization files",
      { "kustomization.yaml": "resources: []\n", "kustomization.yml": "" },
      ["kustomization.yaml cannot be used: kustomization.yml is there too; kustomize refuses a directory with both"],
    ],
    [
      "a field that kustomize does not know",
      { "kustomization.yaml": "resource: []\n" },
      ['kustomization.yaml cannot be used: kustomize knows no field "resource"'],
    ],
    ["another kind", { "kustomization.yaml": "kind: Other\n" }, ["kustomization.yaml cannot be used: its kind is Other"]],
    ["a list", { "kustomization.yaml": "[]\n" }, ["kustomization.yaml cannot be used: it is not one YAML map"]],
    ["two documents", { "kustomization.yaml": "{}\n---\n{}\n" }, ["kustomization.yaml cannot be used: it is not one YAML map"]],
    ["an empty file", { "kustomization.yaml": "" }, ["kustomization.yaml cannot be used: it is not one YAML map"]],
    [
      "a component among the resources",
      { "kustomization.yaml": "resources: [c]\n", "c/kustomization.yaml": "kind: Component\n" },
      ["c/kustomization.yaml is not a kustomization; kustomize refuses it"],
    ],
    [
      "a kustomization among the components",
      { "kustomization.yaml": "components: [c]\n", "c/kustomization.yaml": "{}\n" },
      ["c/kustomization.yaml is not a component; kustomize refuses it"],
    ],
    ["a component that is not there", { "kustomization.yaml": "components: [c]\n" }, ["c has no kustomization file"]],
    [
      "a component outside",
      { "kustomization.yaml": "components: [../c]\n" },
      ["the component ../c in kustomization.yaml is outside of the repository or leads in a circle"],
    ],
    [
      "a component in a circle",
      { "kustomization.yaml": "components: [.]\n" },
      ["the component . in kustomization.yaml is outside of the repository or leads in a circle"],
    ],
    ["a resource outside", { "kustomization.yaml": "resources: [../r]\n" }, ["../r in kustomization.yaml is outside of the repository"]],
    [
      "a resource in a circle",
      { "kustomization.yaml": "resources: [a]\n", "a/kustomization.yaml": "resources: [..]\n" },
      [".. in a/kustomization.yaml leads in a circle; kustomize refuses it"],
    ],
    [
      "things that cannot be seen",
      {
        "kustomization.yaml":
          "resources: ['https://x/y', 'github.com/a/b']\nhelmCharts: [{}]\nhelmChartInflationGenerator: [{}]\ngenerators: [g.yaml]\n",
      },
      [
        "https://x/y in kustomization.yaml",
        "github.com/a/b in kustomization.yaml",
        "helmCharts in kustomization.yaml",
        "helmChartInflationGenerator in kustomization.yaml",
        "generators in kustomization.yaml",
      ],
    ],
    ["empty lists", { "kustomization.yaml": "resources:\nhelmCharts: []\ngenerators: null\ntransformers: []\n" }, []],
  ])("%s", async (_, files, unseen) => {
    expect((await built(files)).unseen).toEqual(unseen);
  });

  it("a component works on what is there before it, and adds its own", async () => {
    const { objects, names } = await built({
      "kustomization.yaml": "resources: [c.yaml]\ncomponents: [one, two]\nnamePrefix: p-\n",
      "c.yaml": object("Cluster", "a"),
      "one/kustomization.yaml":
        "kind: Component\nresources: [d.yaml]\npatches: [{target: {kind: Cluster}, patch: '[{op: add, path: /one, value: x}]'}]\n",
      "one/d.yaml": object("Cluster", "b"),
      "two/kustomization.yaml": "kind: Component\npatches: [{target: {kind: Cluster}, patch: '[{op: add, path: /two, value: y}]'}]\n",
    });
    expect(names).toEqual(["Cluster /p-a", "Cluster /p-b"]);
    expect(objects.map(({ value }) => [textAt(value, ["one"]), textAt(value, ["two"])])).toEqual([
      ["x", "y"],
      ["x", "y"],
    ]);
  });

  it("a failing patch is everybody's doubt and outlives the object", async () => {
    const { doubts } = await built({
      "kustomization.yaml":
        "resources: [c.yaml, d.yaml]\npatches:\n- {target: {name: a}, patch: '[{op: remove, path: /x}]'}\n- {target: {name: a}, patch: '{kind: K, apiVersion: v, metadata: {name: n}, $patch: delete}'}\n",
      "c.yaml": object("Cluster", "a"),
      "d.yaml": object("Cluster", "b"),
    });
    expect(doubts).toEqual(["the patch kustomization.yaml:3 fails: /x does not exist in the object"]);
    const several = await built({
      "kustomization.yaml": "resources: [c.yaml, d.yaml]\nnamePrefix: p-\npatches: [{path: p.yaml}]\n",
      "c.yaml": object("Cluster", "a"),
      "d.yaml": object("Cluster", "b"),
      "p.yaml": `${object("Cluster", "a", "x: 1\n")}---\n${object("Cluster", "b", "$patch: frob\n")}`,
    });
    expect(several.doubts).toEqual(["the patch p.yaml: $patch: frob at / is not known"]);
  });

  it("a patch that two objects answer to", async () => {
    const files = {
      "kustomization.yaml": "resources: [a, b]\npatchesStrategicMerge: [p.yaml]\n",
      "a/kustomization.yaml": "namePrefix: a-\nresources: [../c.yaml]\n",
      "b/kustomization.yaml": "namePrefix: b-\nresources: [../c.yaml]\n",
      "c.yaml": object("Cluster", "x"),
      "p.yaml": object("Cluster", "x", "y: 1\n"),
    };
    expect((await built(files)).doubts).toEqual([
      "the patch p.yaml is for Cluster x and several objects of the kustomization is called so; kustomize refuses it",
    ]);
  });

  it("patchesStrategicMerge of something else than text", async () => {
    expect(
      (await built({ "kustomization.yaml": "resources: [c.yaml]\npatchesStrategicMerge: [{a: b}]\n", "c.yaml": object("Cluster", "x") }))
        .doubts,
    ).toEqual(["kustomization.yaml has an item in patchesStrategicMerge that is not text"]);
  });

  it("an inline patch of one line is where it is written", async () => {
    const { objects } = await built({
      "kustomization.yaml":
        "resources: [c.yaml]\npatchesStrategicMerge:\n- '{apiVersion: cluster.x-k8s.io/v1beta2, kind: Cluster, metadata: {name: x}, v: 1}'\n",
      "c.yaml": object("Cluster", "x"),
    });
    const found = valueAt(objects[0]!.value, ["v"]);
    expect(found?.kind === "scalar" ? found.place : undefined).toMatchObject({
      file: "kustomization.yaml",
      line: 3,
      path: ["patchesStrategicMerge", 0],
      inner: { document: 0, path: ["v"] },
    });
  });

  it("a file that is not text counts as absent", async () => {
    const memory = memoryFiles({ "kustomization.yaml": "resources: [c.yaml]\n", "c.yaml": "" });
    const files = { ...memory, read: (path: string) => (path === "c.yaml" ? Promise.reject(new NotTextError(path)) : memory.read(path)) };
    expect((await build(files, "")).unseen).toEqual(["c.yaml has no kustomization file"]);
    expect(await documentsWith("x", () => true)(files)).toEqual([]);
    const broken = { ...memory, read: () => Promise.reject(new Error("disk")) };
    await expect(build(broken, "")).rejects.toThrow("disk");
    await expect(documentsWith("x", () => true)(broken)).rejects.toThrow("disk");
  });

  it("a kustomization that is not text is one that cannot be read, and no matter of others", async () => {
    const memory = memoryFiles({ "a/kustomization.yaml": "", "b/kustomization.yaml": "resources: [c.yaml]\n", "b/c.yaml": "" });
    const read = (path: string) => (path.startsWith("a/k") ? Promise.reject(new NotTextError(path)) : memory.read(path));
    const files = { ...memory, read };
    expect(await readKustomization(files, "a")).toEqual({
      kind: "unreadable",
      file: "a/kustomization.yaml",
      why: "it is not UTF-8 text",
    });
    const roots = await findRoots(files);
    expect(roots.map(({ name, unreadable, build: { unseen } }) => [name, unreadable, unseen])).toEqual([
      ["a", true, ["a has no kustomization file"]],
      ["b", false, []],
    ]);
  });

  it("a Flux Kustomization is none", async () => {
    expect(
      await readKustomization(
        memoryFiles({ "a/kustomization.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n" }),
        "a",
      ),
    ).toEqual({ kind: "none" });
    expect(await readKustomization(memoryFiles({}), "a")).toEqual({ kind: "none" });
  });
});

describe("what differs between two builds", () => {
  it("tells fields and objects", async () => {
    const build = async (text: string) => (await built({ "kustomization.yaml": "resources: [c.yaml]\n", "c.yaml": text })).objects;
    const [before, after] = [
      await build(`${object("Cluster", "a", "x: {y: 1, z: null, w: k}\n")}---\n${object("Cluster", "b")}`),
      await build(`${object("Cluster", "a", "x: {y: 2, z: n, v: [l]}\n")}---\n${object("Cluster", "c")}`),
    ];
    expect([...new Set(compareObjects("root", before, after).map(describeDifference))]).toEqual([
      "Cluster a x.y: 1 → 2 (root)",
      "Cluster a x.z: null → n (root)",
      "Cluster a x.w: k → (absent) (root)",
      "Cluster a x.v.0: (absent) → l (root)",
      "Cluster b is removed (root)",
      "Cluster c is added (root)",
    ]);
    expect(compareObjects("root", before, before)).toEqual([]);
    expect(compareObjects("root", [before[0]!, before[0]!], [before[0]!, after[0]!])).toHaveLength(4);
  });

  it("a root that is gone takes its objects with it", async () => {
    const root = {
      name: "r",
      flux: false,
      unreadable: false,
      build: await build(memoryFiles({ "kustomization.yaml": "resources: [c.yaml]\n", "c.yaml": object("Cluster", "a") }), ""),
    };
    expect([...new Set(compareRoots([root], []).map(describeDifference))]).toEqual(["Cluster a is removed (r)"]);
    expect([...new Set(compareRoots([], [root]).map(describeDifference))]).toEqual(["Cluster a is added (r)"]);
    expect([...scalarsOf(root.build.objects[0]!.value)]).toHaveLength(3);
  });
});
