import { describe, expect, it } from "vitest";
import type { ManifestChange } from "../change.ts";
import { editManifests, locateField } from "../edit-manifests.ts";
import { memoryFiles } from "../memory-files.ts";
import { createKustomizeSource } from "../kustomize/kustomize-source.ts";
import { plainSource } from "../plain/plain-source.ts";
import type { ObjectIdentity } from "../object-identity.ts";
import type { RepositoryFiles } from "../repository-files.ts";

const shop: ObjectIdentity = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "prod", name: "shop" };
const version = ["spec", "topology", "version"];
const upgrade: ManifestChange = { kind: "set-scalar", object: shop, path: version, from: "v1.34.0", to: "v1.35.2" };

/** Without programs that render: the model alone. */
const sources = [createKustomizeSource(), plainSource];

type Files = Readonly<Record<string, string>>;

const cluster = (value: string, name = "shop") =>
  `apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata:\n  name: ${name}\n  namespace: prod\nspec:\n  topology:\n    version: ${value} # keep\n`;
const flux = (spec: string, name = "clusters", path = "./clusters") =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: ${name}, namespace: flux-system}\nspec:\n  path: ${path}\n  prune: true\n  sourceRef: {kind: GitRepository, name: flux-system}\n${spec}`;
const substitute = (text: string) => flux(`  postBuild:\n    substitute:\n${text}`);
const configMap = (data: string, name = "versions") =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: flux-system}\ndata:\n${data}`;
const fromConfigMap = (more = "") => flux(`  postBuild:\n    substituteFrom:\n    - {kind: ConfigMap, name: versions}\n${more}`);

async function edited(files: Files, changes: readonly ManifestChange[] = [upgrade]): Promise<string> {
  const result = await editManifests(memoryFiles(files), changes, {}, sources);
  if (result.kind === "refused") return `refused: ${result.refusal.reason}: ${result.refusal.message}`;
  if (result.kind === "unchanged") return "unchanged";
  return [...result.files].map(([path, text]) => `${path}: ${text}`).join("\n");
}

describe("a variable is changed where it is defined", () => {
  it.each<[string, Files, string]>([
    [
      "in substitute",
      { "clusters/shop.yaml": cluster("${K8S}"), "apps/flux.yaml": substitute("      K8S: v1.34.0 # why\n") },
      "apps/flux.yaml",
    ],
    ["in quotes", { "clusters/shop.yaml": cluster('"${K8S}"'), "apps/flux.yaml": substitute(`      K8S: "v1.34.0"\n`) }, "apps/flux.yaml"],
    [
      "over a ConfigMap's",
      {
        "clusters/shop.yaml": cluster("${K8S}"),
        "cm.yaml": configMap("  K8S: v1.33.0\n"),
        "apps/flux.yaml": fromConfigMap("    substitute: {K8S: v1.34.0}\n"),
      },
      "apps/flux.yaml",
    ],
    [
      "in a ConfigMap",
      { "clusters/shop.yaml": cluster("${K8S}"), "cm.yaml": configMap("  K8S: v1.34.0\n"), "apps/flux.yaml": fromConfigMap() },
      "cm.yaml",
    ],
    [
      "in the last of several ConfigMaps",
      {
        "clusters/shop.yaml": cluster("${K8S}"),
        "a.yaml": configMap("  K8S: v1.33.0\n"),
        "b.yaml": configMap("  K8S: v1.34.0\n", "later"),
        "apps/flux.yaml": fromConfigMap("    - {kind: ConfigMap, name: later}\n"),
      },
      "b.yaml",
    ],
    [
      "in the one that has it",
      {
        "clusters/shop.yaml": cluster("${K8S}"),
        "a.yaml": configMap("  K8S: v1.34.0\n"),
        "b.yaml": configMap("  OTHER: v1.33.0\n", "later"),
        "apps/flux.yaml": fromConfigMap("    - {kind: ConfigMap, name: later}\n"),
      },
      "a.yaml",
    ],
    [
      "with a default that is not used",
      { "clusters/shop.yaml": cluster("${K8S:=v1.33.0}"), "apps/flux.yaml": substitute("      K8S: v1.34.0\n") },
      "apps/flux.yaml",
    ],
    [
      "its default, when nothing defines it",
      { "clusters/shop.yaml": cluster("${K8S:=v1.34.0}"), "apps/flux.yaml": substitute("      OTHER: x\n") },
      "clusters/shop.yaml",
    ],
    [
      "its default with a dash",
      { "clusters/shop.yaml": cluster("${K8S:-v1.34.0}"), "apps/flux.yaml": substitute("      OTHER: x\n") },
      "clusters/shop.yaml",
    ],
    [
      "its default with an equals sign, when it is empty",
      { "clusters/shop.yaml": cluster("${K8S=v1.34.0}"), "apps/flux.yaml": substitute('      K8S: ""\n') },
      "clusters/shop.yaml",
    ],
    [
      "no variable at all",
      { "clusters/shop.yaml": cluster("v1.34.0"), "apps/flux.yaml": substitute("      K8S: v1.33.0\n") },
      "clusters/shop.yaml",
    ],
    [
      "through a kustomization",
      {
        "clusters/kustomization.yaml": "resources: [../base]\n",
        "base/kustomization.yaml": "resources: [shop.yaml]\n",
        "base/shop.yaml": cluster("${K8S}"),
        "apps/flux.yaml": substitute("      K8S: v1.34.0\n"),
      },
      "apps/flux.yaml",
    ],
    [
      "in a Flux patch",
      {
        "clusters/shop.yaml": cluster("v1.33.0"),
        "apps/flux.yaml": flux(
          "  patches:\n  - target: {kind: Cluster}\n    patch: |-\n      - {op: replace, path: /spec/topology/version, value: v1.34.0}\n",
        ),
      },
      "apps/flux.yaml",
    ],
    [
      "in a Flux patch over the kustomization's",
      {
        "clusters/kustomization.yaml": "resources: [shop.yaml]\npatches: [{target: {kind: Cluster}, path: p.yaml}]\n",
        "clusters/p.yaml": "[{op: replace, path: /spec/topology/version, value: v1.33.1}]",
        "clusters/shop.yaml": cluster("v1.33.0"),
        "apps/flux.yaml": flux(
          "  patches:\n  - target: {kind: Cluster}\n    patch: |-\n      - {op: replace, path: /spec/topology/version, value: v1.34.0}\n",
        ),
      },
      "apps/flux.yaml",
    ],
    [
      "in a component that Flux adds",
      {
        "clusters/shop.yaml": cluster("v1.33.0"),
        "part/kustomization.yaml": "kind: Component\npatches: [{target: {kind: Cluster}, path: p.yaml}]\n",
        "part/p.yaml": "- op: replace\n  path: /spec/topology/version\n  value: v1.34.0\n",
        "apps/flux.yaml": flux("  components: [../part]\n"),
      },
      "part/p.yaml",
    ],
    [
      "an object that opts out",
      {
        "clusters/shop.yaml": cluster("v1.34.0").replace(
          "  name: shop\n",
          "  name: shop\n  labels: {kustomize.toolkit.fluxcd.io/substitute: disabled, x: '${K8S}'}\n",
        ),
        "apps/flux.yaml": substitute("      K8S: v1.33.0\n"),
      },
      "clusters/shop.yaml",
    ],
  ])("%s", async (_, files, place) => {
    expect(await edited(files)).toBe(`${place}: ${files[place]!.replace("v1.34.0", "v1.35.2")}`);
  });

  it("text around the variable stays", async () => {
    const files = { "clusters/shop.yaml": cluster("v${K8S}"), "apps/flux.yaml": substitute("      K8S: 1.34.0\n") };
    expect(await edited(files)).toBe(`apps/flux.yaml: ${files["apps/flux.yaml"].replace("1.34.0", "1.35.2")}`);
    expect(await locateField(memoryFiles(files), shop, version, {}, sources)).toEqual({
      kind: "found",
      location: {
        file: "apps/flux.yaml",
        line: 10,
        through: ["apps/flux.yaml in Flux Kustomization flux-system/clusters (apps/flux.yaml)"],
        value: "v1.34.0",
      },
    });
    const suffixed = { "clusters/shop.yaml": cluster("${K8S}+lts"), "apps/flux.yaml": substitute("      K8S: v1.34.0\n") };
    expect(await edited(suffixed, [{ ...upgrade, from: "v1.34.0+lts" }])).toContain("refused: ");
    expect(await edited(suffixed, [{ ...upgrade, from: "v1.34.0+lts", to: "v1.35.2+lts" }])).toContain("K8S: v1.35.2\n");
  });

  it("names may be variables: one template, many clusters", async () => {
    const both = {
      "template/cluster.yaml": cluster("${K8S}", "${NAME}"),
      "apps/a.yaml": flux("  postBuild: {substitute: {NAME: shop, K8S: v1.34.0}}\n", "a", "template"),
      "apps/b.yaml": flux("  postBuild: {substitute: {NAME: other, K8S: v1.34.0}}\n", "b", "./template/"),
    };
    expect(await edited(both)).toBe(`apps/a.yaml: ${both["apps/a.yaml"].replace("v1.34.0", "v1.35.2")}`);
  });

  it("targetNamespace and namePrefix are obeyed", async () => {
    const files = {
      "clusters/kustomization.yaml": "namespace: x\nresources: [shop.yaml]\n",
      "clusters/shop.yaml": cluster("v1.34.0", "op"),
      "apps/flux.yaml": flux("  targetNamespace: prod\n  namePrefix: sh\n  nameSuffix: ''\n"),
    };
    expect(await edited(files)).toBe(`clusters/shop.yaml: ${files["clusters/shop.yaml"].replace("v1.34.0", "v1.35.2")}`);
  });

  it("asks a repository that can search for no more than it needs", async () => {
    const files: Files = {
      "clusters/shop.yaml": cluster("${K8S}"),
      "cm.yaml": configMap("  K8S: v1.34.0\n"),
      "apps/flux.yaml": fromConfigMap(),
      "apps/flux.txt": "kustomize.toolkit.fluxcd.io",
    };
    const memory = memoryFiles(files);
    const search: RepositoryFiles["search"] = (literals) =>
      Promise.resolve(Object.keys(files).filter((path) => literals.some((literal) => files[path]!.includes(literal))));
    expect(await locateField({ ...memory, search }, shop, version, {}, sources)).toMatchObject({ location: { file: "cm.yaml", line: 5 } });
  });
});

describe("what is refused", () => {
  const shopFile = { "clusters/shop.yaml": cluster("${K8S}") };
  it.each<[string, Files, string]>([
    [
      "a Secret may define it",
      { ...shopFile, "f.yaml": flux("  postBuild:\n    substituteFrom: [{kind: Secret, name: s}]\n") },
      "the variable K8S, which the Secret s may define",
    ],
    [
      "a Secret after the ConfigMap",
      { ...shopFile, "cm.yaml": configMap("  K8S: v1.34.0\n"), "f.yaml": fromConfigMap("    - {kind: Secret, name: s}\n") },
      "the Secret s may define",
    ],
    [
      "a ConfigMap that is not here",
      { ...shopFile, "f.yaml": fromConfigMap() },
      "the ConfigMap versions may define; it is not in the repository",
    ],
    [
      "an optional one that is not here",
      { ...shopFile, "f.yaml": flux("  postBuild:\n    substituteFrom: [{kind: ConfigMap, name: x, optional: true}]\n") },
      "it is optional and not in the repository",
    ],
    [
      "two ConfigMaps of one name",
      { ...shopFile, "a.yaml": configMap("  K8S: v1.34.0\n"), "b.yaml": configMap("  K8S: v1.34.0\n"), "f.yaml": fromConfigMap() },
      "the ConfigMap versions is in a.yaml and in b.yaml",
    ],
    ["nothing defines it", { ...shopFile, "f.yaml": substitute("      OTHER: x\n") }, "the variable K8S, which nothing defines"],
    [
      "an operator that computes",
      { "clusters/shop.yaml": cluster("${K8S/a/b}"), "f.yaml": substitute("      K8S: v1.34.0\n") },
      "the expression ${K8S/a/b}",
    ],
    [
      "an escaped variable",
      { "clusters/shop.yaml": cluster("$${K8S}"), "f.yaml": substitute("      K8S: v1.34.0\n") },
      "the expression $${K8S}",
    ],
    [
      "a variable in a variable",
      { "clusters/shop.yaml": cluster("${A:=${B}}"), "f.yaml": substitute("      K8S: v1.34.0\n") },
      "the expression ${A:=${B}}",
    ],
    [
      "several variables",
      { "clusters/shop.yaml": cluster("v1.${MINOR}.${PATCH:=0}"), "f.yaml": substitute("      MINOR: '34'\n") },
      "several variables in v1.${MINOR}.${PATCH:=0}",
    ],
    [
      "several variables, one of them unknown",
      {
        "clusters/shop.yaml": cluster("${A}${B}"),
        "f.yaml": flux("  postBuild: {substituteFrom: [{kind: Secret, name: s}], substitute: {A: x}}\n"),
      },
      "the Secret s may define",
    ],
    [
      "several expressions, one of them not understood",
      { "clusters/shop.yaml": cluster("${A}${B^^}"), "f.yaml": substitute("      A: x\n") },
      "the expression ${B^^}",
    ],
    [
      "a value of several lines",
      { ...shopFile, "f.yaml": substitute("      K8S: |\n        v1.34.0\n") },
      "the variable K8S, whose value has several lines",
    ],
    [
      "a default within a framed value",
      {
        "clusters/kustomization.yaml":
          "resources: [shop.yaml]\nconfigMapGenerator: [{name: v, literals: ['X=${K8S:=v1.34.0}']}]\nreplacements: [{source: {kind: ConfigMap, fieldPath: data.X}, targets: [{select: {kind: Cluster}, fieldPaths: [spec.topology.version]}]}]\n",
        "clusters/shop.yaml": cluster("x"),
        "f.yaml": substitute("      A: x\n"),
      },
      "the default of K8S",
    ],
  ])("%s", async (_, files, why) => {
    const result = await edited(files);
    expect(result).toContain("refused: ManifestValueComputed");
    expect(result).toContain(why);
  });

  it("a variable that feeds others names them, unless they are meant", async () => {
    const files = {
      "clusters/a.yaml": cluster("${K8S}"),
      "clusters/b.yaml": cluster("${K8S}", "other"),
      "f.yaml": substitute("      K8S: v1.34.0\n"),
    };
    expect(await edited(files)).toContain(
      "refused: ManifestShared: The value stands in one place for more than this change: it would also change Cluster prod/other spec.topology.version: v1.34.0 → v1.35.2",
    );
    const other: ManifestChange = { ...upgrade, object: { ...shop, name: "other" } };
    expect(await edited(files, [upgrade, other])).toBe(`f.yaml: ${files["f.yaml"].replace("v1.34.0", "v1.35.2")}`);
  });

  it("a ConfigMap that feeds another Flux Kustomization too", async () => {
    const files = {
      "clusters/a.yaml": cluster("${K8S}"),
      "more/b.yaml": cluster("${K8S}", "other"),
      "cm.yaml": configMap("  K8S: v1.34.0\n"),
      "f.yaml": fromConfigMap(),
      "g.yaml": fromConfigMap().replace("name: clusters", "name: more").replace("./clusters", "./more"),
    };
    expect(await edited(files)).toContain("it would also change Cluster prod/other");
  });

  it("two Flux Kustomizations that apply the same cluster are an ambiguity", async () => {
    const files = {
      ...shopFile,
      "f.yaml": substitute("      K8S: v1.34.0\n"),
      "g.yaml": flux("  postBuild: {substitute: {K8S: v1.34.0}}\n", "again"),
    };
    expect(await edited(files)).toContain(
      "refused: ManifestAmbiguous: Cluster prod/shop is built by Flux Kustomization flux-system/clusters (f.yaml) from clusters/shop.yaml and by Flux Kustomization flux-system/again (g.yaml) from clusters/shop.yaml",
    );
  });

  it("the objects that carry the value may be applied by a kustomization of their own", async () => {
    const files = {
      "flux/kustomization.yaml": "resources: [f.yaml, cm.yaml]\n",
      "flux/f.yaml": fromConfigMap("    substitute: {A: b}\n"),
      "flux/cm.yaml": configMap("  K8S: v1.34.0\n"),
      ...shopFile,
    };
    expect(await edited(files)).toBe(`flux/cm.yaml: ${files["flux/cm.yaml"].replace("v1.34.0", "v1.35.2")}`);
    const inline = { "flux/kustomization.yaml": "resources: [f.yaml]\n", "flux/f.yaml": substitute("      K8S: v1.34.0\n"), ...shopFile };
    expect(await edited(inline)).toContain("flux/f.yaml: ");
  });
});

describe("which Flux Kustomizations count", () => {
  it.each<[string, Files]>([
    ["one that only applies plain files changes nothing", { "clusters/shop.yaml": cluster("v1.34.0"), "f.yaml": flux("") }],
    [
      "one whose path is not in this repository",
      { "clusters/shop.yaml": cluster("v1.34.0"), "f.yaml": flux("  postBuild: {}\n", "x", "./elsewhere") },
    ],
    [
      "one whose path leaves the repository",
      { "clusters/shop.yaml": cluster("v1.34.0"), "f.yaml": flux("  postBuild: {}\n", "x", "../up") },
    ],
    [
      "a patch for one",
      {
        "clusters/shop.yaml": cluster("v1.34.0"),
        "f.yaml":
          "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: x}\nspec: {path: ./clusters, postBuild: {}}\n",
      },
    ],
    [
      "another kind of Flux",
      { "clusters/shop.yaml": cluster("v1.34.0"), "f.yaml": flux("").replace("kind: Kustomization", "kind: Other") },
    ],
    ["a file that is no YAML", { "clusters/shop.yaml": cluster("v1.34.0"), "f.yaml": `${flux("")}  a: [` }],
    [
      "a kustomization below what Flux takes whole is part of it",
      {
        "clusters/shop.yaml": "# nothing here\n",
        "clusters/sub/kustomization.yaml": "resources: [s.yaml]\n",
        "clusters/sub/s.yaml": cluster("v1.34.0"),
        "f.yaml": substitute("      A: b\n"),
      },
    ],
    [
      "a Flux Kustomization in a file called kustomization.yaml",
      { "clusters/shop.yaml": cluster("v1.34.0"), "clusters/kustomization.yaml": flux("", "x", "./elsewhere") },
    ],
    [
      "the whole repository",
      { "clusters/shop.yaml": cluster("v1.34.0"), "clusters/notes.md": "x", "f.yaml": flux("  postBuild: {}\n", "x", "./") },
    ],
  ])("%s", async (_, files) => {
    const place = Object.keys(files).find((path) => files[path]!.includes("kind: Cluster"))!;
    expect(await edited(files)).toBe(`${place}: ${files[place]!.replace("v1.34.0", "v1.35.2")}`);
  });

  it("an unreadable kustomization under Flux is a refusal", async () => {
    const files = {
      "clusters/shop.yaml": cluster("v1.34.0"),
      "clusters/kustomization.yaml": "resources: [\n",
      "f.yaml": substitute("      A: b\n"),
    };
    expect(await edited(files)).toContain(
      "refused: ManifestFromElsewhere: Cluster prod/shop is in none of the files that are kept here; it could only come from clusters/kustomization.yaml cannot be used:",
    );
  });
});
