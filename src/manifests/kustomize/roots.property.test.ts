import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ManifestChange } from "../change.ts";
import { editManifests, locateField } from "../edit-manifests.ts";
import { memoryFiles } from "../memory-files.ts";
import { plainSource } from "../plain/plain-source.ts";
import { repositoryStates } from "../testing/states.ts";
import { createKustomizeSource } from "./kustomize-source.ts";
import { findRoots, type Root } from "./roots.ts";

// Random edits of random trees of overlays: what is taken over from the state before must be what a fresh build of the state gives, to the last place and line.

type Files = Readonly<Record<string, string>>;

const cluster = (version: string, more = "") =>
  `apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata: {name: shop${more}}\nspec:\n  topology:\n    version: ${version}\n`;
const configMap = (name: string, data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {${data}}\n`;
const flux = (path: string, more: string) =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: shop, namespace: flux-system}\nspec:\n  path: ./${path}\n  sourceRef: {kind: GitRepository, name: fleet}\n${more}`;
const application = (path: string, more: string) =>
  `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec:\n  source: {path: ${path}${more}}\n`;

const overlayKustomizations = [
  "resources: [../../base]\npatches: [{path: patch.yaml}]\n",
  "# moved\nnamespace: prod\nresources: [../../base]\npatches: [{path: patch.yaml}]\n",
  "resources: [../../base, extra]\ncomponents: [../../components/ha]\n",
  "resources: [extra, extra.yaml]\nnamePrefix: p-\n",
  "resources: [../../base]\nconfigMapGenerator: [{name: versions, files: [extra.yaml]}]\nreplacements: [{path: replacement.yaml}]\n",
  "resources: [../../base]\nconfigurations: [extra.yaml]\npatchesStrategicMerge: [patch.yaml]\n",
  "resources: [../b]\n",
  "kind: Component\n",
  "resources: [",
];

/** What may stand at each path; a few of each, so that random edits change, add and take out what is really used. */
const choices: Readonly<Record<string, readonly string[]>> = {
  "base/kustomization.yaml": ["resources: [cluster.yaml]\n", "nameSuffix: -x\nresources: [cluster.yaml, more.yaml]\n", "{{ broken"],
  "base/kustomization.yml": ["resources: []\n"],
  "base/cluster.yaml": [cluster("v1.34.0"), cluster("v1.35.0"), `# a line\n${cluster("v1.34.0")}`, cluster("${VERSION}"), "broken: [\n"],
  "base/more.yaml": [configMap("versions", "VERSION: v1.34.0"), configMap("other", "VERSION: v1.33.0")],
  "components/ha/kustomization.yaml": [
    "kind: Component\npatches: [{path: patch.yaml, target: {kind: Cluster}}]\n",
    "kind: Component\nlabels: [{pairs: {ha: yes}}]\n",
    "kind: Kustomization\n",
  ],
  "components/ha/patch.yaml": ["[{op: add, path: /spec/topology/controlPlane, value: {replicas: 3}}]\n", "[{op: remove, path: /no}]\n"],
  ...overlayChoices("a"),
  ...overlayChoices("b"),
  "flux/shop.yaml": [
    flux("overlays/a", ""),
    flux("overlays/a", "  postBuild: {substitute: {VERSION: v1.34.0}}\n"),
    flux("overlays/b", "  postBuild: {substituteFrom: [{kind: ConfigMap, name: versions}]}\n"),
    flux("plain", "  postBuild: {substituteFrom: [{kind: ConfigMap, name: versions}]}\n"),
    flux("plain", "  namePrefix: q-\n"),
    `${flux("overlays/a", "")}---\n${flux("base", "  targetNamespace: base\n")}`,
  ],
  "flux/vars.yaml": [configMap("versions", "VERSION: v1.34.0"), configMap("versions", "VERSION: v1.35.0"), configMap("unused", "A: b")],
  "plain/one.yaml": [cluster("${VERSION}", "-one"), cluster("v1.34.0", "-one")],
  "plain/two.yaml": [cluster("v1.34.0", "-two"), configMap("versions", "VERSION: v1.32.0")],
  "plain/sub/kustomization.yaml": ["resources: [../one.yaml]\n", "resources: []\n"],
  "argo/shop.yaml": [
    application("overlays/a", ""),
    application("overlays/a", ", kustomize: {namePrefix: z-}"),
    application("overlays/b", ", kustomize: {patches: []}"),
  ],
};

function overlayChoices(name: string): Readonly<Record<string, readonly string[]>> {
  const folder = `overlays/${name}`;
  return {
    [`${folder}/kustomization.yaml`]: overlayKustomizations,
    [`${folder}/Kustomization`]: ["resources: [extra.yaml]\n"],
    [`${folder}/patch.yaml`]: [cluster("v1.33.0"), `\n\n${cluster("v1.33.0")}`, "[]\n"],
    [`${folder}/extra.yaml`]: [cluster("v1.34.0", `-${name}`), "namePrefix: [{path: metadata/name}]\n"],
    [`${folder}/extra`]: [cluster("v1.31.0", "-extra")],
    [`${folder}/extra/kustomization.yaml`]: ["resources: [../extra.yaml]\n"],
    [`${folder}/replacement.yaml`]: [
      "source: {kind: ConfigMap, name: versions, fieldPath: data.VERSION}\ntargets: [{select: {kind: Cluster}, fieldPaths: [spec.topology.version]}]\n",
      "sourceValue: v1.30.0\ntargets: [{select: {kind: Cluster}, fieldPaths: [spec.topology.version]}]\n",
    ],
  };
}

/** A path with one of its contents, or with none. */
const edit = fc
  .constantFrom(...Object.keys(choices))
  .chain((path) => fc.tuple(fc.constant(path), fc.option(fc.constantFrom(...(choices[path] ?? [])), { freq: 3, nil: null })));
const commit = fc.array(edit, { minLength: 1, maxLength: 3 });
const start = fc.array(edit, { minLength: 8, maxLength: 30 });
/** Each commit goes on from one of the last few states. */
const history = fc.array(fc.tuple(commit, fc.nat(2)), { minLength: 1, maxLength: 8 });

function withEdits(files: Files, edits: readonly (readonly [string, string | null])[]): Files {
  const after = { ...files };
  for (const [path, text] of edits) {
    if (text === null) delete after[path];
    else {
      // In Git a path is a file or a folder.
      for (const other of Object.keys(after)) if (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) delete after[other];
      after[path] = text;
    }
  }
  return after;
}

/** Everything of the roots, in order. */
function inWords(roots: readonly Root[]): string {
  return JSON.stringify(
    roots,
    (_, value: unknown) => (value instanceof Map || value instanceof Set ? [value.constructor.name, ...value] : value),
    1,
  );
}

const sources = [createKustomizeSource(), plainSource];
const wanted = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "prod", name: "shop" };
const version = ["spec", "topology", "version"];
const upgrade: ManifestChange = { kind: "set-scalar", object: wanted, path: version, to: "v1.36.0" };

describe("400 histories of overlays, components, Flux Kustomizations and Applications", () => {
  it("give in each state what a fresh look at it gives", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(start, history, async (first, commits) => {
        const state = repositoryStates();
        const before: Files[] = [withEdits({}, first)];
        await findRoots(state(before[0]!));
        for (const [edits, back] of commits) {
          const files = withEdits(before.at(-1 - back) ?? before[0]!, edits);
          before.push(files);
          const [remembering, fresh] = [state(files), memoryFiles(files)];
          expect(inWords(await findRoots(remembering))).toBe(inWords(await findRoots(fresh)));
          expect(await locateField(remembering, wanted, version, {}, sources)).toEqual(
            await locateField(fresh, wanted, version, {}, sources),
          );
          expect(await editManifests(remembering, [upgrade], {}, sources)).toEqual(await editManifests(fresh, [upgrade], {}, sources));
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe("from one state to the next", () => {
  const files: Files = {
    "base/kustomization.yaml": "resources: [cluster.yaml]\n",
    "base/cluster.yaml": cluster("v1.34.0"),
    "overlays/a/kustomization.yaml": "resources: [../../base]\nnameSuffix: -a\n",
    "overlays/b/kustomization.yaml": "resources: [../../base]\nnameSuffix: -b\npatches: [{path: patch.yaml}]\n",
    "overlays/b/patch.yaml": cluster("v1.33.0"),
    "plain/one.yaml": cluster("v1.34.0", "-one"),
    "flux/plain.yaml": flux("plain", "  postBuild: {substitute: {A: b}}\n"),
  };
  const names = ["Flux Kustomization flux-system/shop (flux/plain.yaml)", "overlays/a", "overlays/b"];

  it.each<[string, Files, readonly string[]]>([
    ["a file that is in no root", { "README.md": "read me" }, []],
    ["one overlay's patch", { "overlays/b/patch.yaml": cluster("v1.34.0") }, ["overlays/b"]],
    ["a kustomization", { "overlays/a/kustomization.yaml": "resources: [../../base]\nnameSuffix: -aa\n" }, ["overlays/a"]],
    ["the base of both", { "base/cluster.yaml": cluster("v1.35.0") }, ["overlays/a", "overlays/b"]],
    ["a second kustomization beside the base's", { "base/kustomization.yml": "resources: []\n" }, ["overlays/a", "overlays/b"]],
    ["a manifest below a folder that Flux takes whole", { "plain/two.yaml": cluster("v1.34.0", "-two") }, names.slice(0, 1)],
    ["a Flux Kustomization", { "flux/plain.yaml": flux("plain", "  postBuild: {substitute: {A: c}}\n") }, names.slice(0, 1)],
  ])("%s: only what is built from it is built anew", async (_, changed, anew) => {
    const state = repositoryStates();
    const before = await findRoots(state(files));
    const after = await findRoots(state({ ...files, ...changed }));
    expect(before.map(({ name }) => name)).toEqual(names);
    expect(after.filter((root) => !before.includes(root)).map(({ name }) => name)).toEqual(anew);
  });
});
