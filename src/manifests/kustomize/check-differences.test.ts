import { describe, expect, it } from "vitest";
import { memoryFiles } from "../memory-files.ts";
import type { IntendedChange } from "../source.ts";
import { readRendered } from "../rendering/rendered-objects.ts";
import type { BuiltObject } from "./built-object.ts";
import { build } from "./build.ts";
import { refuseMissing, refuseUnintended, refuseUnlike } from "./check-differences.ts";
import { compareObjects, type Difference } from "./compare-roots.ts";
import { locateField, locateObject } from "./locate.ts";
import type { Root } from "./roots.ts";

function objects(text: string): readonly BuiltObject[] {
  const read = readRendered(text);
  if (read.kind === "unusable") throw new Error(read.why);
  return read.objects;
}

const cluster = (spec: string, name = "shop", namespace = "prod", apiVersion = "cluster.x-k8s.io/v1beta2", kind = "Cluster") =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}${namespace === "" ? "" : `, namespace: ${namespace}`}}\n${spec}\n`;
const shop = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "prod", name: "shop" };
const field: IntendedChange = { kind: "field", object: shop, path: ["spec", "version"], before: "a", after: "b" };

function differences(before: string, after: string): readonly Difference[] {
  return compareObjects("root", objects(before), objects(after));
}

describe("only exactly the intended difference is fine", () => {
  const [from, to] = ["spec: {version: a}", "spec: {version: b}"];
  it.each<[string, string, string, IntendedChange, boolean]>([
    ["that field", cluster(from), cluster(to), field, true],
    ["in a manifest without namespace", cluster(from, "shop", ""), cluster(to, "shop", ""), field, true],
    ["another name", cluster(from, "x"), cluster(to, "x"), field, false],
    ["another namespace", cluster(from, "shop", "x"), cluster(to, "shop", "x"), field, false],
    ["another group", cluster(from, "shop", "prod", "x.io/v1"), cluster(to, "shop", "prod", "x.io/v1"), field, false],
    [
      "another kind",
      cluster(from, "shop", "prod", "cluster.x-k8s.io/v1", "Other"),
      cluster(to, "shop", "prod", "cluster.x-k8s.io/v1", "Other"),
      field,
      false,
    ],
    ["another field", cluster("spec: {other: a}"), cluster("spec: {other: b}"), field, false],
    ["a longer path", cluster("spec: {version: {x: a}}"), cluster("spec: {version: {x: b}}"), field, false],
    ["a shorter path", cluster("spec: a"), cluster("spec: b"), field, false],
    ["another value before", cluster("spec: {version: c}"), cluster(to), field, false],
    ["another value after", cluster(from), cluster("spec: {version: c}"), field, false],
    ["the object gone", cluster("spec: {version: a}"), "", field, false],
    ["an object added", "", cluster(from), { kind: "object-added", object: shop }, true],
    ["an object removed", cluster(from), "", { kind: "object-removed", object: shop }, true],
    ["an object removed instead of added", cluster(from), "", { kind: "object-added", object: shop }, false],
    ["an object added instead of removed", "", cluster(from), { kind: "object-removed", object: shop }, false],
    ["an object changed instead of added", cluster(from), cluster(to), { kind: "object-added", object: shop }, false],
    ["another object added", "", cluster(from, "x"), { kind: "object-added", object: shop }, false],
  ])("%s", (_, before, after, intended, fine) => {
    expect(refuseUnintended(differences(before, after), [intended]) === undefined).toBe(fine);
  });

  it.each<[string, string, (value: string) => string, boolean]>([
    ["a ConfigMap's data", "ConfigMap v1", (value) => `data: {K: ${value}}`, true],
    ["a ConfigMap's other fields", "ConfigMap v1", (value) => `immutable: ${value}`, false],
    ["the data of another ConfigMap", "ConfigMap x.io/v1", (value) => `data: {K: ${value}}`, false],
    ["the data of a Secret", "Secret v1", (value) => `data: {K: ${value}}`, false],
    ["Flux variables", "Kustomization kustomize.toolkit.fluxcd.io/v1", (value) => `spec: {postBuild: {substitute: {K: ${value}}}}`, true],
    ["Flux patches", "Kustomization kustomize.toolkit.fluxcd.io/v1", (value) => `spec: {patches: [{patch: ${value}}]}`, true],
    [
      "Flux strategic-merge patches",
      "Kustomization kustomize.toolkit.fluxcd.io/v1",
      (value) => `spec: {patchesStrategicMerge: [${value}]}`,
      true,
    ],
    ["Flux JSON patches", "Kustomization kustomize.toolkit.fluxcd.io/v1", (value) => `spec: {patchesJson6902: [${value}]}`, true],
    ["another Flux field", "Kustomization kustomize.toolkit.fluxcd.io/v1", (value) => `spec: {path: ${value}}`, false],
    ["a Flux status", "Kustomization kustomize.toolkit.fluxcd.io/v1", (value) => `status: {postBuild: ${value}}`, false],
    ["chart values of Flux", "HelmRelease helm.toolkit.fluxcd.io/v2", (value) => `spec: {values: {k: ${value}}}`, true],
    ["another field of a HelmRelease", "HelmRelease helm.toolkit.fluxcd.io/v2", (value) => `spec: {interval: ${value}}`, false],
    ["chart values of Argo CD", "Application argoproj.io/v1alpha1", (value) => `spec: {source: {helm: {values: ${value}}}}`, true],
    ["another field of an Application", "Application argoproj.io/v1alpha1", (value) => `spec: {source: {path: ${value}}}`, false],
    ["a field called helm elsewhere", "Other example.com/v1", (value) => `spec: {helm: ${value}}`, false],
    ["values of something else", "Other example.com/v1", (value) => `spec: {values: ${value}}`, false],
  ])("%s may change along: %s", (_, type, spec, fine) => {
    const [kind = "", apiVersion = ""] = type.split(" ");
    const text = (value: string) => cluster(spec(value), "x", "y", apiVersion, kind);
    expect(refuseUnintended(differences(text("a"), text("b")), [field]) === undefined).toBe(fine);
  });

  it("a refusal counts and lists, and proposes a patch", () => {
    const all = `${cluster("spec: {version: a, w: x}")}---\n${cluster("spec: {version: a}", "o")}`;
    const changed = all.replaceAll("version: a", "version: b");
    const path = ["spec", "a/b~c", "version"];
    expect(refuseUnintended(differences(all, changed), [{ ...field, path }])).toEqual({
      reason: "ManifestShared",
      message:
        "The value stands in one place for more than this change: it would also change Cluster prod/shop spec.version: a → b (root) and 1 more.",
      remedy:
        'Give the overlay that builds Cluster prod/shop a patch of its own: patches: [{target: {kind: Cluster, name: shop}, patch: \'[{"op": "replace", "path": "/spec/a~1b~0c/version", "value": "b"}]\'}], as a block literal. Or make all of these changes in one upgrade.',
      evidence: ["Cluster prod/shop spec.version: a → b (root)", "Cluster prod/o spec.version: a → b (root)"],
    });
    expect(refuseUnintended(differences(all, changed), [field])).toMatchObject({
      message: "The value stands in one place for more than this change: it would also change Cluster prod/o spec.version: a → b (root).",
    });
    expect(refuseUnintended(differences(all, changed), [])?.remedy).toBe(
      "Give the overlay a patch of its own. Or make all of these changes in one upgrade.",
    );
    expect(refuseUnintended(differences(all, cluster("spec: {version: a, w: x}")), [])?.evidence).toEqual([
      "Cluster prod/o is removed (root)",
    ]);
  });
});

describe("an intended change that does not come about", () => {
  const before = cluster("spec: {version: a}");
  it.each<[string, IntendedChange, string, boolean]>([
    ["did", field, cluster("spec: {version: b}"), true],
    ["did not", field, before, false],
    ["is none", { ...field, after: "a" }, before, true],
    ["is of an object that is not built here", { ...field, object: { ...shop, name: "x" } }, before, true],
    ["is another object", { kind: "object-added", object: shop }, before, true],
  ])("%s", (_, change, after, fine) => {
    const refusal = refuseMissing(objects(before), differences(before, after), [change]);
    expect(refusal === undefined).toBe(fine);
    if (!fine) {
      expect(refusal).toEqual({
        reason: "ManifestEditWithoutEffect",
        message: "After the edit Cluster prod/shop spec.version would still not be b in what is built.",
        remedy: "Something further on in the build decides the value. Change it there by hand.",
      });
    }
  });
});

describe("a copy that does not come out as one", () => {
  const original = cluster("spec: {version: a, x: 1}");
  const change = (set = [{ path: ["spec", "version"], after: "b" }]): IntendedChange => ({
    kind: "object-added",
    object: { ...shop, name: "copy" },
    like: { object: shop, set },
  });
  it.each<[string, string, string | undefined]>([
    ["is one", cluster("spec: {version: b, x: 1}", "copy"), undefined],
    [
      "has another value",
      cluster("spec: {version: b, x: 2}", "copy"),
      "The new Cluster prod/copy would have spec.x 2 where shop has 1: an overlay's patch applies to only one of them.",
    ],
    [
      "lacks a value",
      cluster("spec: {version: b}", "copy"),
      "The new Cluster prod/copy would have spec.x unset where shop has 1: an overlay's patch applies to only one of them.",
    ],
    [
      "has one more",
      cluster("spec: {version: b, x: 1, y: 3}", "copy"),
      "The new Cluster prod/copy would have spec.y 3 where shop has nothing: an overlay's patch applies to only one of them.",
    ],
    [
      "was not changed",
      cluster("spec: {version: a, x: 1}", "copy"),
      "The new Cluster prod/copy would have spec.version a where shop has b: an overlay's patch applies to only one of them.",
    ],
    ["is not built", "", undefined],
  ])("%s", (_, copy, message) => {
    const refusal = refuseUnlike(objects(`${original}---\n${copy}`), [change()]);
    expect(refusal?.message).toBe(message);
    if (refusal !== undefined)
      expect(refusal).toMatchObject({
        reason: "ManifestCopyDiffers",
        remedy: "Let the patch select by kind or label instead of by name, or make the new template by hand.",
      });
  });

  it("has nothing to be compared with", () => {
    const copy = cluster("spec: {version: b, x: 2}", "copy");
    expect(refuseUnlike(objects(copy), [change()])).toBeUndefined();
    expect(
      refuseUnlike(objects(`${original}---\n${copy}`), [{ kind: "object-added", object: { ...shop, name: "copy" } }, field]),
    ).toBeUndefined();
    expect(refuseUnlike(objects(`${original}---\n${copy}`), [field, change()])).toBeDefined();
  });
});

describe("which root has the object", () => {
  async function root(name: string, files: Readonly<Record<string, string>>): Promise<Root> {
    return { name, flux: false, unreadable: false, build: await build(memoryFiles(files), name) };
  }
  const at = (name: string, text: string, resource = "c.yaml") => ({
    [`${name}/kustomization.yaml`]: `resources: [${resource}]\n`,
    [`${name}/c.yaml`]: text,
  });

  it("by group, kind, name and namespace", async () => {
    const one = await root("one", at("one", cluster("spec: {version: a}")));
    const found = (wanted: Partial<typeof shop>) => locateObject([one], { ...shop, ...wanted }).kind;
    expect([found({}), found({ group: "x" }), found({ kind: "Other" }), found({ name: "x" }), found({ namespace: "x" })]).toEqual([
      "found",
      "absent",
      "absent",
      "absent",
      "absent",
    ]);
  });

  it("an exact namespace before none, none only if it must be", async () => {
    const exact = await root("exact", at("exact", cluster("spec: {}")));
    const none = await root("none", at("none", cluster("spec: {}", "shop", "")));
    const other = await root("other", at("other", cluster("spec: {}", "shop", "x")));
    expect(locateObject([none, other, exact], shop)).toMatchObject({ kind: "found", root: { name: "exact" } });
    expect(locateObject([other, none], shop)).toMatchObject({ kind: "found", root: { name: "none" } });
    expect(locateObject([other], shop)).toEqual({ kind: "absent", unseen: [] });
  });

  it("below the directory: the root, or what it is built from", async () => {
    const top = await root("top", {
      ...at("base", cluster("spec: {}")),
      "top/kustomization.yaml": "resources: [../base]\nconfigMapGenerator: [{name: x}]\n",
    });
    const kinds = ["top", "base", "", "ba", "elsewhere"].map((directory) => locateObject([top], shop, directory).kind);
    expect(kinds).toEqual(["found", "found", "found", "absent", "absent"]);
  });

  it("says the same however often the same roots are asked", async () => {
    const roots = [
      await root("other", at("other", cluster("spec: {}", "shop", "x"))),
      await root("a", at("a", cluster("spec: {}"))),
      await root("b", at("b", cluster("spec: {}", "shop-2"))),
      await root("c", { "c/kustomization.yaml": "resources: ['https://example.com/x.yaml']\n" }),
    ];
    const wanted = [shop, { ...shop, name: "shop-2" }, { ...shop, name: "no" }, { ...shop, kind: "No" }];
    const answers = () => wanted.map((one) => locateObject(roots, one));
    const first = answers();
    expect(first.map((answer) => (answer.kind === "found" ? answer.root.name : answer))).toEqual([
      "a",
      "b",
      { kind: "absent", unseen: ["https://example.com/x.yaml in c/kustomization.yaml"] },
      { kind: "absent", unseen: ["https://example.com/x.yaml in c/kustomization.yaml"] },
    ]);
    for (let time = 0; time < 10; time += 1) expect(answers()).toEqual(first);
  });

  it("tells the places of an ambiguity, also of what is generated", async () => {
    const files = { "a/kustomization.yaml": "configMapGenerator: [{name: x, namespace: n}]\n" };
    const roots = [await root("a", files), { ...(await root("a", files)), name: "b" }];
    expect(locateObject(roots, { group: "", kind: "ConfigMap", namespace: "n", name: "x" })).toMatchObject({
      refusal: {
        message: "ConfigMap n/x is built by a and by b. Only one of them can be what is applied.",
        remedy: "Name the directory that is applied, or give the objects different names or namespaces.",
        evidence: ["a", "b"],
      },
    });
  });

  it.each<[string, string, string, string]>([
    [
      "a rewritten field",
      "configurations: [conf.yaml]\n",
      cluster("spec: {version: a}"),
      "one/conf.yaml makes kustomize rewrite spec/version (labels), which is about Cluster prod/shop spec.version.",
    ],
    [
      "what is around it",
      "configurations: [around.yaml]\n",
      cluster("spec: {version: a}"),
      "one/around.yaml makes kustomize rewrite spec (labels)",
    ],
    [
      "what is inside of it",
      "configurations: [inside.yaml]\n",
      cluster("spec: {version: a}"),
      "one/inside.yaml makes kustomize rewrite spec/version/x (labels)",
    ],
    [
      "references through lists",
      "configurations: [lists.yaml]\n",
      cluster("spec: {version: a}"),
      "one/lists.yaml makes kustomize rewrite spec/version (nameReference)",
    ],
    [
      "a variable",
      "",
      cluster("spec: {version: $(V)}"),
      "Cluster prod/shop spec.version is $(V): a variable of kustomize (vars), which is not followed.",
    ],
    ["a map", "", cluster("spec: {version: {a: b}}"), "Cluster prod/shop spec.version is not set to a single value by what one builds."],
    ["null", "", cluster("spec: {version: ~}"), "Cluster prod/shop spec.version is not set to a single value by what one builds."],
  ])("%s", async (_, lines, text, message) => {
    const files = {
      "one/kustomization.yaml": `resources: [c.yaml]\n${lines}`,
      "one/c.yaml": text,
      "one/conf.yaml": "labels: [{path: spec/version, kind: Cluster}]\n",
      "one/around.yaml": "labels: [{path: spec}]\n",
      "one/inside.yaml": "labels: [{path: spec/version/x}]\n",
      "one/lists.yaml": "nameReference: [{kind: X, fieldSpecs: [{path: 'spec[]/version'}]}]\n",
    };
    const located = locateObject([await root("one", files)], shop);
    if (located.kind !== "found") throw new Error(located.kind);
    const result = locateField(located, ["spec", "version"]);
    if (result.kind !== "refused") throw new Error("found");
    expect(result.refusal.message).toContain(message);
    expect(result.refusal.remedy).toBe("Write the value plainly in a manifest or in a patch of the overlay, or change it by hand.");
    expect(result.refusal).not.toHaveProperty("evidence");
  });

  it("rules about other fields do not matter", async () => {
    const files = {
      "one/kustomization.yaml": "resources: [c.yaml]\nconfigurations: [conf.yaml]\n",
      "one/c.yaml": cluster("spec: {version: a}"),
      "one/conf.yaml":
        "labels: [{path: spec/versions}, {path: spec/version, kind: Other}, {path: spec/version, group: other}]\nnameReference: [{kind: X, fieldSpecs: [{path: spec/version}]}]\n",
    };
    const located = locateObject([await root("one", files)], shop);
    if (located.kind !== "found") throw new Error(located.kind);
    expect(locateField(located, ["spec", "version"]).kind).toBe("found");
  });
});

describe("what is said of patches that cannot be used", () => {
  const doubts = async (entry: string, more: Readonly<Record<string, string>> = {}) => {
    const { objects: all } = await build(
      memoryFiles({ "kustomization.yaml": `resources: [c.yaml]\npatches: [${entry}]\n`, "c.yaml": cluster("spec: {}"), ...more }),
      "",
    );
    return [...new Set(all.flatMap((one) => one.doubts))];
  };
  it.each<[string, string, Readonly<Record<string, string>>]>([
    ["{path: p.yaml, patch: '{}'}", "a patch in kustomization.yaml has both path and patch; kustomize refuses it", {}],
    ["{path: ''}", "a patch in kustomization.yaml has neither path nor patch; kustomize refuses it", {}],
    ["{patch: '  '}", "a patch in kustomization.yaml has neither path nor patch; kustomize refuses it", {}],
    ["{path: 'https://x/p.yaml'}", "kustomization.yaml takes a patch from the network (https://x/p.yaml), which cannot be seen here", {}],
    ["{path: gone.yaml}", "the patch gone.yaml that kustomization.yaml names is not in the repository", {}],
    ["{path: ../p.yaml}", "the patch ../p.yaml that kustomization.yaml names is not in the repository", {}],
    ["{path: p.yaml}", "the patch p.yaml cannot be read: line 1: Flow", { "p.yaml": "a: [" }],
    ["{path: p.yaml}", "the patch p.yaml is empty; kustomize refuses it", { "p.yaml": "" }],
    [
      "{path: p.yaml}",
      "the patch p.yaml is neither a strategic-merge nor a JSON patch: a document is not a Kubernetes object",
      { "p.yaml": "a: b" },
    ],
    ["{path: p.yaml}", "the JSON patch p.yaml has no target; kustomize refuses it", { "p.yaml": "[]" }],
    ["{path: p.yaml, target: ~}", "the JSON patch p.yaml has no target; kustomize refuses it", { "p.yaml": "[]" }],
    ["{path: p.yaml, target: {kind: Cluster}}", "the JSON patch p.yaml has more than one document", { "p.yaml": "[]\n---\n[]\n" }],
    ["{path: p.yaml, target: {kind: '(?i)c'}}", "of a patch in kustomization.yaml: the pattern kind", { "p.yaml": "[]" }],
    ["{path: p.yaml, target: text}", "of a patch in kustomization.yaml: the target is not a map", { "p.yaml": "[]" }],
    [
      "{path: p.yaml, target: {kind: Cluster}}",
      "the patch p.yaml has a target and not exactly one document; kustomize refuses it",
      { "p.yaml": `${cluster("")}---\n${cluster("")}` },
    ],
    [
      "{path: p.yaml, target: {kind: Cluster}}",
      "the patch p.yaml has a target and not exactly one document; kustomize refuses it",
      { "p.yaml": "{kind: XList, items: []}" },
    ],
    [
      "{path: p.yaml}",
      "the patch p.yaml is for Cluster prod/x and no object of the kustomization is called so; kustomize refuses it",
      { "p.yaml": cluster("", "x") },
    ],
  ])("%s: %s", async (entry, doubt, more) => {
    const [only, ...others] = await doubts(entry, more);
    expect(only).toContain(doubt);
    expect(others).toEqual([]);
  });

  it("nothing of patches that can", async () => {
    expect(await doubts("{path: p.yaml, target: {kind: Nobody}}", { "p.yaml": "[{op: remove, path: /gone}]" })).toEqual([]);
    expect(await doubts("{patch: '', path: p.yaml}", { "p.yaml": cluster("x: 1") })).toEqual([]);
  });
});
