import * as fc from "fast-check";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { ManifestChange } from "../../src/manifests/change.ts";
import { editManifests } from "../../src/manifests/edit-manifests.ts";
import { createHelmRenderer } from "../../src/manifests/helm/helm-renderer.ts";
import { createHelmSource } from "../../src/manifests/helm/helm-source.ts";
import { build } from "../../src/manifests/kustomize/build.ts";
import { compareObjects, describeDifference } from "../../src/manifests/kustomize/compare-roots.ts";
import { createKustomizeRenderer } from "../../src/manifests/kustomize/kustomize-renderer.ts";
import { createKustomizeSource } from "../../src/manifests/kustomize/kustomize-source.ts";
import { memoryFiles } from "../../src/manifests/memory-files.ts";
import type { ObjectIdentity } from "../../src/manifests/object-identity.ts";
import { plainSource } from "../../src/manifests/plain/plain-source.ts";
import { readRendered } from "../../src/manifests/rendering/rendered-objects.ts";

const path = process.env["PATH"] ?? "";
const has = (program: string) => path.split(delimiter).some((directory) => existsSync(join(directory, program)));

/** The same trees in every run, so that a red one is somebody's doing; `FUZZ_RUNS=1000` looks for new ones. */
function fuzz(runs: number): fc.Parameters<unknown> {
  const wanted = process.env["FUZZ_RUNS"];
  return wanted === undefined ? { numRuns: runs, seed: 20_261_124 } : { numRuns: Number(wanted) };
}

/** A random kustomization tree: a base, up to two overlays on it, a component; most are valid for kustomize, some are not. */
const names = fc.constantFrom("shop", "cp", "md");
const kinds = fc.constantFrom("Cluster", "KubeadmControlPlane", "MachineDeployment");
const versions = fc.constantFrom("v1.33.1", "v1.34.0", "v1.35.2");
const apiVersions: Readonly<Record<string, string>> = {
  Cluster: "cluster.x-k8s.io/v1beta2",
  KubeadmControlPlane: "controlplane.cluster.x-k8s.io/v1beta2",
  MachineDeployment: "cluster.x-k8s.io/v1beta2",
};
const spaces = fc.option(fc.constantFrom("demo", "default"), { nil: undefined });

const object = fc.record({ kind: kinds, name: names, namespace: spaces, version: versions, label: fc.boolean() }).map(writtenObject);

function writtenObject({
  kind,
  name,
  namespace,
  version,
  label,
}: {
  kind: string;
  name: string;
  namespace: string | undefined;
  version: string;
  label: boolean;
}) {
  return {
    apiVersion: apiVersions[kind],
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(label ? { labels: { tier: "gold" } } : {}) },
    spec: { version, list: ["a", "b"], nested: { version, other: name } },
  };
}

const selector = fc.record(
  {
    kind: fc.oneof(kinds, fc.constant("Cluster|MachineDeployment"), fc.constant(".*Plane")),
    name: fc.oneof(names, fc.constantFrom(".*", "s.*", "p-shop", "sh")),
    namespace: fc.constantFrom("demo", "default", "prod", "de.*"),
    group: fc.constantFrom("cluster.x-k8s.io", ".*cluster.*"),
    labelSelector: fc.constantFrom("tier=gold", "tier!=gold", "team in (a, b)", "!tier"),
  },
  { requiredKeys: ["kind"] },
);

type Written = ReturnType<typeof writtenObject>;

/** Nine in ten are good, so that most trees can be built. */
function mostly<T>(good: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: good, weight: 30 }, { arbitrary: other, weight: 1 });
}

function strategicFor(objects: readonly Written[]) {
  const own = fc.constantFrom(...objects).map(({ kind, metadata: { name, namespace } }) => ({ kind, name, namespace }));
  const any = fc.record({ kind: kinds, name: names, namespace: spaces });
  return fc
    .record({ id: mostly(own, any), version: fc.option(versions, { nil: null }), list: fc.boolean(), way: fc.integer({ min: 0, max: 15 }) })
    .map(({ id: { kind, name, namespace }, version, list, way }) => ({
      apiVersion: apiVersions[kind],
      kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      ...(way === 0
        ? { $patch: "delete" }
        : {
            spec: {
              version,
              ...(list ? { list: ["c"] } : {}),
              ...(way < 3 ? { nested: { $patch: "replace", x: "y" } } : { nested: { extra: "z" } }),
            },
          }),
    }));
}

const operation = mostly<object>(
  fc.oneof(
    fc.record({ op: fc.constantFrom("replace", "add"), path: fc.constantFrom("/spec/version", "/spec/list/0"), value: versions }),
    fc.record({
      op: fc.constant("add"),
      path: fc.constantFrom("/spec/nested/version", "/spec/list/-", "/metadata/labels", "/spec/a~1b"),
      value: fc.constant({ tier: "tin" }),
    }),
    fc.record({
      op: fc.constantFrom("copy"),
      from: fc.constantFrom("/spec/nested/version", "/spec/version"),
      path: fc.constantFrom("/spec/version", "/spec/list/-", "/spec/copied"),
    }),
  ),
  fc.oneof(
    fc.record({ op: fc.constant("remove"), path: fc.constantFrom("/spec/nested/other", "/spec/list/1") }),
    fc.record({ op: fc.constant("move"), from: fc.constant("/spec/nested/version"), path: fc.constant("/spec/version") }),
    fc.record({ op: fc.constant("test"), path: fc.constant("/spec/version"), value: versions }),
    fc.record({ op: fc.constant("replace"), path: fc.constantFrom("/spec/missing/x", "/metadata/labels/tier"), value: versions }),
  ),
);

const operations = fc.array(operation, { minLength: 1, maxLength: 3 }).map((value) => JSON.stringify(value, null, 1));

function patchFor(objects: readonly Written[]) {
  const strategic = strategicFor(objects).map((value) => JSON.stringify(value, null, 1));
  return fc.oneof(
    fc.record({ patch: strategic }),
    fc.record({ patch: strategic, target: selector }),
    fc.record({ patch: operations, target: selector }),
  );
}

const replacement = fc.record({
  source: fc.constant({ kind: "ConfigMap", name: "versions", fieldPath: "data.VERSION" }),
  targets: fc.array(
    fc.record({
      select: selector,
      fieldPaths: mostly(fc.constant("spec.version"), fc.constant("spec.nested.version")).map((one) => [one]),
    }),
    { minLength: 1, maxLength: 2 },
  ),
});

function fieldsFor(objects: readonly Written[], withGenerator: boolean) {
  const rarely = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 });
  const own = fc.constantFrom(...objects).map(({ kind, metadata: { name } }) => ({ kind, name }));
  return fc.record({
    namespace: fc.option(fc.constantFrom("prod", "demo"), { nil: undefined }),
    namePrefix: fc.option(fc.constant("p-"), { nil: undefined }),
    nameSuffix: rarely(fc.constant("-s")),
    commonLabels: rarely(fc.constant({ team: "a" })),
    labels: rarely(fc.constant([{ pairs: { team: "b" } }])),
    patches: fc.array(patchFor(objects), { maxLength: 3 }),
    patchesStrategicMerge: rarely(
      fc.array(
        strategicFor(objects).map((value) => JSON.stringify(value, null, 1)),
        { minLength: 1, maxLength: 1 },
      ),
    ),
    patchesJson6902: rarely(fc.array(fc.record({ patch: operations, target: own }), { minLength: 1, maxLength: 1 })),
    replacements: withGenerator ? rarely(fc.array(replacement, { minLength: 1, maxLength: 1 })) : fc.constant(undefined),
  });
}

/** As people write it: block style, inline patches as literals. */
function kustomization(value: object): string {
  return stringify(JSON.parse(JSON.stringify(value)), { blockQuote: "literal", lineWidth: 0 });
}

const generated = { configMapGenerator: [{ name: "versions", literals: ["VERSION=v1.36.1"], options: { disableNameSuffixHash: true } }] };
const file = fc.uniqueArray(object, {
  minLength: 1,
  maxLength: 3,
  selector: ({ kind, metadata }) => `${kind}/${metadata.name}/${metadata.namespace ?? "default"}`,
});

const tree = fc.record({ objects: file, asList: fc.boolean(), withGenerator: fc.boolean() }).chain(({ objects, asList, withGenerator }) => {
  const fields = fieldsFor(objects, withGenerator);
  return fc
    .record({ base: fields, component: fc.option(fields), middle: fc.option(fields), top: fields })
    .map(({ base, component, middle, top }) => {
      const files: Record<string, string> = {
        "base/objects.yaml": asList
          ? JSON.stringify({ apiVersion: "v1", kind: "List", items: objects })
          : objects.map((one) => JSON.stringify(one, null, 1)).join("\n---\n"),
        "base/kustomization.yaml": kustomization({ ...base, ...(withGenerator ? generated : {}), resources: ["objects.yaml"] }),
        "top/kustomization.yaml": kustomization({
          ...top,
          resources: [middle === null ? "../base" : "../middle"],
          ...(component === null ? {} : { components: ["../component"] }),
        }),
      };
      if (middle !== null) files["middle/kustomization.yml"] = kustomization({ ...middle, resources: ["../base"] });
      if (component !== null)
        files["component/Kustomization"] = kustomization({
          ...component,
          apiVersion: "kustomize.config.k8s.io/v1alpha1",
          kind: "Component",
        });
      return files;
    });
});

describe.skipIf(!has("kubectl") && !has("kustomize"))("our model of kustomize", () => {
  it("builds what kustomize builds, or says that it is not sure", async () => {
    const renderer = createKustomizeRenderer({ path });
    let certain = 0;
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(tree, async (files) => {
        const [model, real] = await Promise.all([build(memoryFiles(files), "top"), renderer.render(new Map(Object.entries(files)), "top")]);
        runs += 1;
        const sure = model.unseen.length === 0 && model.objects.every(({ doubts }) => doubts.length === 0);
        if (real.kind === "failed") {
          expect(sure && model.objects.length > 0, `kustomize fails (${real.why}) and the model is sure`).toBe(false);
          return;
        }
        if (real.kind !== "rendered") throw new Error("kustomize went away");
        if (!sure) return;
        certain += 1;
        const read = readRendered(real.text);
        if (read.kind !== "objects") throw new Error(read.why);
        expect(compareObjects("top", read.objects, model.objects).map(describeDifference)).toEqual([]);
      }),
      fuzz(120),
    );
    // A model that is never sure would pass too.
    expect(certain).toBeGreaterThan(runs / 20);
  });
});

/** Real programs in the table of styles, as the product has it. */
const sources = [
  createKustomizeSource({ renderer: createKustomizeRenderer({ path }) }),
  createHelmSource(createHelmRenderer({ path })),
  plainSource,
];
const shop: ObjectIdentity = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "prod", name: "shop" };
const upgrade: ManifestChange = { kind: "set-scalar", object: shop, path: ["spec", "topology", "version"], from: "v1.34.0", to: "v1.35.2" };
const cluster = (name: string, version: string) =>
  `apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata:\n  name: ${name}\n  namespace: prod\nspec:\n  topology:\n    version: ${version}\n`;

async function edited(files: Readonly<Record<string, string>>): Promise<string> {
  const result = await editManifests(memoryFiles(files), [upgrade], {}, sources);
  if (result.kind === "edited") return [...result.files].map(([file, text]) => `${file}: ${text}`).join("\n");
  return result.kind === "refused" ? `refused: ${result.refusal.reason}: ${result.refusal.message}` : result.kind;
}

describe.skipIf(!has("kubectl") && !has("kustomize"))("edits that the real kustomize proves", () => {
  const overlay = {
    "base/kustomization.yaml": "resources: [cluster.yaml]\n",
    "base/cluster.yaml": cluster("shop", "v1.33.1"),
    "prod/kustomization.yaml":
      "resources: [../base]\npatches:\n- target: {kind: Cluster}\n  patch: |-\n    # ahead\n    - op: replace\n      path: /spec/topology/version\n      value: v1.34.0\n",
  };
  it("an overlay's inline patch", async () => {
    expect(await edited(overlay)).toBe(`prod/kustomization.yaml: ${overlay["prod/kustomization.yaml"].replace("v1.34.0", "v1.35.2")}`);
  });

  it("what our model takes and the real one does not is refused", async () => {
    // An anchor in a kustomization's patch list is fine; an unknown sort order is only kustomize's to refuse.
    const broken = { ...overlay, "prod/kustomization.yaml": `${overlay["prod/kustomization.yaml"]}sortOptions: {order: nonsense}\n` };
    expect(await edited(broken)).toContain("refused: ManifestBuildFails: kustomize cannot build prod as it is now");
  });

  it("every sure edit of a random tree is what kustomize builds", async () => {
    let edits = 0;
    await fc.assert(
      fc.asyncProperty(tree, async (files) => {
        const model = await build(memoryFiles(files), "top");
        const target = model.objects.find(({ id }) => id.kind !== "ConfigMap");
        if (target === undefined) return;
        const change: ManifestChange = { kind: "set-scalar", object: target.id, path: ["spec", "version"], to: "v1.99.9" };
        const result = await editManifests(memoryFiles(files), [change], {}, sources);
        // The real kustomize agreed inside of editManifests; what it must never say is that the model was wrong about a certain build.
        if (result.kind === "refused") expect(result.refusal.reason).not.toBe("ManifestBuildFails");
        if (result.kind === "edited") edits += 1;
      }),
      fuzz(60),
    );
    expect(edits).toBeGreaterThan(0);
  });
});

describe.skipIf(!has("helm"))("values that the real helm proves", () => {
  const template = `{{- /* comment */ -}}\n${cluster("{{ .Values.name | quote }}", "v{{ .Values.kubernetes.version }}")}{{- range .Values.pools }}\n---\napiVersion: cluster.x-k8s.io/v1beta2\nkind: MachineDeployment\nmetadata:\n  name: {{ . }}\n  namespace: prod\nspec:\n  template:\n    spec:\n      version: v{{ $.Values.kubernetes.version }}\n{{- end }}\n`;
  const chart = {
    "charts/c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "charts/c/templates/cluster.yaml": template,
    "charts/c/values.yaml": "name: shop\nkubernetes:\n  version: 1.34.0 # keep\nother: 1.34.0\npools: []\n",
  };
  it("a chart's own values", async () => {
    expect(await edited(chart)).toBe(
      `charts/c/values.yaml: ${chart["charts/c/values.yaml"].replace("version: 1.34.0", "version: 1.35.2")}`,
    );
  });

  it("values of an Argo CD Application, written as text", async () => {
    const application =
      "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec:\n  destination: {namespace: prod}\n  source:\n    path: charts/c\n    helm:\n      values: |\n        kubernetes:\n          version: 1.34.0\n";
    const files = { ...chart, "charts/c/values.yaml": "name: shop\nkubernetes: {}\npools: []\n", "app.yaml": application };
    expect(await edited(files)).toBe(`app.yaml: ${application.replace("1.34.0", "1.35.2")}`);
  });

  it("one value that feeds the workers too", async () => {
    expect(await edited({ ...chart, "charts/c/values.yaml": chart["charts/c/values.yaml"].replace("[]", "[md-0]") })).toContain(
      "refused: ManifestShared: The value stands in one place for more than this change: it would also change MachineDeployment prod/md-0 spec.template.spec.version: v1.34.0 → v1.35.2",
    );
  });

  it("a template that fails is told", async () => {
    expect(await edited({ ...chart, "charts/c/templates/bad.yaml": '{{ fail "no" }}' })).toContain("refused: ManifestNotFound");
  });
});
