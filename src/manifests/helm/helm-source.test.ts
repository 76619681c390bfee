import { describe, expect, it } from "vitest";
import { overlayFiles, memoryFiles } from "../memory-files.ts";
import type { ObjectIdentity } from "../object-identity.ts";
import type { IntendedChange } from "../source.ts";
import { editFile } from "../yaml/edit-file.ts";
import { parseFile } from "../yaml/parsed-file.ts";
import type { HelmRenderer } from "./helm-renderer.ts";
import { createHelmSource } from "./helm-source.ts";
import { parameterValues } from "./render-release.ts";
import { probeFor } from "./deciding-value.ts";
import { smallHelm } from "./testing/small-helm.ts";

type Files = Readonly<Record<string, string>>;
const shop: ObjectIdentity = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "prod", name: "shop" };
const version = ["spec", "topology", "version"];
const cluster = (name: string, value: string, namespace = "{{ .Release.Namespace }}") =>
  `apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\nspec:\n  topology:\n    version: "${value}"\n`;
const chart = (template: string, values: string): Files => ({
  "charts/c/Chart.yaml": "name: c\nversion: 1.0.0\n",
  "charts/c/values.yaml": values,
  "charts/c/templates/cluster.yaml": template,
});
const simple = chart(cluster("{{ .Values.name }}", "{{ .Values.k8s.version }}", "prod"), "name: shop\nk8s:\n  version: v1.34.0 # keep\n");

async function locate(files: Files, path: readonly string[] = version, directory?: string, renderer: HelmRenderer = smallHelm()) {
  const located = await createHelmSource(renderer).locate(memoryFiles(files), shop, directory === undefined ? {} : { directory });
  if (located.kind === "absent") return { kind: "absent" as const, hints: located.hints, otherwise: located.otherwise };
  if (located.kind === "refused") return { kind: "refused" as const, reason: located.refusal.reason, message: located.refusal.message };
  const field = await located.object.field(path);
  if (field.kind === "refused")
    return { kind: "refused" as const, reason: field.refusal.reason, message: field.refusal.message, evidence: field.refusal.evidence };
  const { value, place, write, through } = field;
  return {
    kind: "found" as const,
    where: located.object.where,
    value,
    at: `${place.file}:${place.line}`,
    writes: write?.("v1.35.2"),
    through,
    place,
  };
}

/** Locates, edits and verifies. */
async function edited(
  files: Files,
  renderer: HelmRenderer = smallHelm(),
  intended: readonly IntendedChange[] = [change()],
): Promise<string> {
  const found = await locate(files);
  if (found.kind !== "found") return JSON.stringify(found);
  const parsed = parseFile(found.place.file, files[found.place.file]!);
  if (parsed.kind === "refused") throw new Error(parsed.refusal.message);
  const result = editFile(parsed.parsed, [{ place: found.place, to: found.writes! }]);
  if (result.kind === "refused") return result.refusal.reason;
  const before = memoryFiles(files);
  const refusal = await createHelmSource(renderer).verify?.(
    before,
    overlayFiles(before, new Map([[found.place.file, result.text]])),
    intended,
  );
  return refusal === undefined ? `${found.place.file}: ${result.text}` : `refused: ${refusal.reason}: ${refusal.message}`;
}

function change(object = shop): IntendedChange {
  return { kind: "field", object, path: version, before: "v1.34.0", after: "v1.35.2" };
}

const application = (helm: string, extra = "") =>
  `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec:\n  destination: {namespace: prod}\n  source:\n    path: charts/c\n    helm:\n${helm}${extra}`;
const release = (spec: string) =>
  `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop, namespace: prod}\nspec:\n  chart: {spec: {chart: ./charts/c, sourceRef: {kind: GitRepository, name: x}}}\n${spec}`;
const named = chart(cluster("{{ .Release.Name }}", "{{ .Values.k8s.version }}"), "k8s:\n  version: v1.30.0\n");

describe("the value behind a rendered field is found by experiment", () => {
  it.each<[string, Files, string]>([
    ["the chart's own values", simple, "charts/c/values.yaml"],
    [
      "one of several values that read alike",
      { ...simple, "charts/c/values.yaml": "name: shop\nother: v1.34.0\nk8s:\n  version: v1.34.0\nlist: [v1.34.0]\n" },
      "charts/c/values.yaml",
    ],
    ["a value without v", chart(cluster("shop", "v{{ .Values.version }}", "prod"), "version: 1.34.0\n"), "charts/c/values.yaml"],
    [
      "a values file beside the chart's",
      {
        ...simple,
        "charts/c/values.yaml": "name: nobody\nk8s: {version: v1.30.0}\n",
        "charts/c/values-shop.yaml": "name: shop\nk8s: {version: v1.34.0}\n",
      },
      "charts/c/values-shop.yaml",
    ],
    [
      "an Application's values file",
      { ...named, "app.yaml": application("      valueFiles: [../../env/prod.yaml]\n"), "env/prod.yaml": "k8s: {version: v1.34.0}\n" },
      "env/prod.yaml",
    ],
    [
      "an Application's values file from the root",
      { ...named, "app.yaml": application("      valueFiles: [/env/prod.yaml]\n"), "env/prod.yaml": "k8s: {version: v1.34.0}\n" },
      "env/prod.yaml",
    ],
    [
      "an Application's values file of a named source",
      { ...named, "app.yaml": application("      valueFiles: [$values/env/prod.yaml]\n"), "env/prod.yaml": "k8s: {version: v1.34.0}\n" },
      "env/prod.yaml",
    ],
    [
      "an Application's values text",
      { ...named, "app.yaml": application("      values: |\n        # text\n        k8s:\n          version: v1.34.0 # keep\n") },
      "app.yaml",
    ],
    [
      "an Application's values object",
      { ...named, "app.yaml": application("      valuesObject: {k8s: {version: v1.34.0}}\n") },
      "app.yaml",
    ],
    [
      "an Application's parameter",
      { ...named, "app.yaml": application("      parameters:\n      - {name: k8s.version, value: v1.34.0, forceString: true}\n") },
      "app.yaml",
    ],
    [
      "an Application's parameter over everything",
      {
        ...named,
        "app.yaml": application(
          "      valuesObject: {k8s: {version: v1.33.0}}\n      parameters:\n      - {name: k8s.version, value: v1.34.0}\n",
        ),
      },
      "app.yaml",
    ],
    [
      "an Application with several sources",
      {
        ...named,
        "app.yaml": `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\nspec:\n  destination: {namespace: prod}\n  sources:\n  - {ref: values}\n  - path: ./charts/c\n    helm: {releaseName: shop, valuesObject: {k8s: {version: v1.34.0}}}\n`,
      },
      "app.yaml",
    ],
    ["a HelmRelease's values", { ...named, "hr.yaml": release("  releaseName: shop\n  values: {k8s: {version: v1.34.0}}\n") }, "hr.yaml"],
    [
      "a HelmRelease's ConfigMap",
      {
        ...named,
        "hr.yaml": release("  releaseName: shop\n  valuesFrom: [{kind: ConfigMap, name: v}]\n"),
        "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v}\ndata:\n  values.yaml: |\n    k8s:\n      version: v1.34.0\n",
      },
      "cm.yaml",
    ],
    [
      "a HelmRelease's ConfigMap key for one value",
      {
        ...named,
        "hr.yaml": release("  valuesFrom: [{kind: ConfigMap, name: v, valuesKey: K, targetPath: k8s.version}]\n"),
        "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v, namespace: prod}\ndata:\n  K: v1.34.0\n",
      },
      "cm.yaml",
    ],
    [
      "a HelmRelease's values files, which replace the chart's",
      {
        ...named,
        "charts/c/values.yaml": "k8s: {version: v1.34.0}\n",
        "hr.yaml": release("").replace("chart: ./charts/c,", "chart: charts/c, valuesFiles: [env/p.yaml],"),
        "env/p.yaml": "k8s: {version: v1.34.0}\n",
      },
      "env/p.yaml",
    ],
  ])("%s", async (_, files, place) => {
    const [value, next] = files[place]!.includes("v1.34.0") ? ["v1.34.0", "v1.35.2"] : ["1.34.0", "1.35.2"];
    const at =
      place.endsWith("values.yaml") && files[place]!.includes("other: v1.34.0")
        ? files[place]!.replace("version: v1.34.0", "version: v1.35.2")
        : files[place]!.replace(value, next);
    expect(await edited(files)).toBe(`${place}: ${at}`);
  });

  it("tells where, what and through which templates", async () => {
    expect(await locate(simple)).toMatchObject({
      where: "the chart charts/c with its own values",
      value: "v1.34.0",
      at: "charts/c/values.yaml:3",
      writes: "v1.35.2",
      through: ["the templates of charts/c"],
    });
    const root = { "Chart.yaml": "name: c", "values.yaml": "v: 1.34.0", "templates/c.yaml": cluster("shop", "v{{ .Values.v }}", "prod") };
    expect(await locate(root)).toMatchObject({
      where: "the chart with its own values",
      at: "values.yaml:1",
      writes: "1.35.2",
      through: ["the templates of the chart"],
    });
    const text = {
      ...named,
      "app.yaml": application("      values: |\n        # text\n        k8s:\n          version: v1.34.0 # keep\n"),
    };
    expect(await locate(text)).toMatchObject({ where: "Argo CD Application shop (app.yaml)", at: "app.yaml:12" });
  });

  it("a values file that makes another cluster of the chart", async () => {
    const files: Files = { ...simple, "charts/c/values-b.yaml": "name: other\nk8s: {version: v1.33.0}\n" };
    expect(await locate(files)).toMatchObject({ kind: "found", at: "charts/c/values.yaml:3" });
    expect(await edited(files)).toBe(`charts/c/values.yaml: ${files["charts/c/values.yaml"]!.replace("v1.34.0", "v1.35.2")}`);
  });

  it("an object without a namespace is in the release's", async () => {
    const files = {
      ...named,
      "charts/c/templates/cluster.yaml": cluster("shop", "{{ .Values.k8s.version }}", "''"),
      "app.yaml": application("      valuesObject: {k8s: {version: v1.34.0}}\n"),
    };
    expect(await locate(files)).toMatchObject({ kind: "found" });
    expect(await locate({ ...files, "app.yaml": files["app.yaml"].replace("namespace: prod", "namespace: other") })).toMatchObject({
      kind: "absent",
    });
    expect(await locate({ ...files, "app.yaml": files["app.yaml"].replace("{namespace: prod}", "{}") })).toMatchObject({ kind: "found" });
  });

  it("renders no chart whose templates never speak of the kind", async () => {
    const helm = smallHelm();
    await locate(chart("kind: Deployment\n", ""), version, undefined, helm);
    expect(helm.requests).toEqual([]);
    await locate({ ...chart("kind: Deployment\n", ""), "charts/c/charts/sub/templates/x.yaml": "kind: Cluster" }, version, undefined, helm);
    expect(helm.requests).toHaveLength(1);
    expect(await locate({ "c/Chart.yaml": "x", "c/values.yaml": "Cluster" }, version, undefined, helm)).toEqual({
      kind: "absent",
      hints: [],
      otherwise: undefined,
    });
    expect(helm.requests).toHaveLength(1);
  });

  it("looks only below the directory: at the chart or at its values", async () => {
    expect(await locate(simple, version, "charts")).toMatchObject({ kind: "found" });
    expect(await locate(simple, version, "elsewhere")).toMatchObject({ kind: "absent" });
    const files = {
      ...named,
      "app.yaml": application("      valueFiles: [../../env/prod.yaml]\n"),
      "env/prod.yaml": "k8s: {version: v1.34.0}\n",
    };
    expect(await locate(files, version, "env")).toMatchObject({ kind: "found" });
  });
});

describe("what is refused", () => {
  it.each<[string, Files, string, string]>([
    [
      "a version in the template",
      chart(cluster("shop", "v1.34.0", "prod"), "a: b\n"),
      "HelmValueNotFound",
      "but no value of it reads v1.34.0",
    ],
    [
      "a value that is not used",
      chart(cluster("shop", "v1.34.0", "prod"), "a: v1.34.0\n"),
      "HelmValueNotFound",
      "but none of the values that read v1.34.0 changes it",
    ],
    [
      "a field that is not there",
      chart(cluster("shop", "x", "prod").replace("version", "other"), ""),
      "ManifestFieldMissing",
      "spec.topology.version is not set to a single value",
    ],
    [
      "two releases with the same cluster",
      {
        ...simple,
        "a.yaml": application("      valuesObject: {}\n"),
        "b.yaml": application("      valuesObject: {}\n").replace("name: shop", "name: again"),
      },
      "ManifestAmbiguous",
      "Argo CD Application shop (a.yaml) and by Argo CD Application again (b.yaml)",
    ],
    [
      "values from a Secret",
      {
        ...named,
        "hr.yaml": release("  releaseName: shop\n  valuesFrom: [{kind: Secret, name: v}]\n  values: {k8s: {version: v1.34.0}}\n"),
      },
      "HelmValuesUnclear",
      "values come from the Secret v, which is not read",
    ],
    [
      "values from a ConfigMap that is not here",
      { ...named, "hr.yaml": release("  releaseName: shop\n  valuesFrom: [{kind: ConfigMap, name: v}]\n") },
      "HelmValuesUnclear",
      "the ConfigMap v, which is not in the repository exactly once with the key values.yaml",
    ],
    [
      "postRenderers",
      { ...named, "hr.yaml": release("  releaseName: shop\n  postRenderers: [{kustomize: {}}]\n") },
      "HelmValuesUnclear",
      "postRenderers of the HelmRelease shop may rewrite any field",
    ],
    [
      "fileParameters",
      { ...named, "app.yaml": application("      fileParameters: [{name: a, path: b}]\n") },
      "HelmValuesUnclear",
      "fileParameters of the Application shop are not followed",
    ],
  ])("%s", async (_, files, reason, why) => {
    const result = await locate(files);
    expect(result).toMatchObject({ kind: "refused", reason });
    expect("message" in result ? result.message : "").toContain(why);
  });

  it("two values that both decide", async () => {
    // The template takes whichever value differs, so each experiment succeeds.
    const files = chart(cluster("shop", "{{ .Values.a }}", "prod"), "a: v1.34.0\nb: v1.34.0\n");
    const helm = smallHelm();
    const either: HelmRenderer = {
      render: (request) => {
        const values = request.files.get("charts/c/values.yaml") ?? "";
        const b = /b: (.*)/.exec(values)?.[1] ?? "";
        return helm.render(
          b === "v1.34.0" ? request : { ...request, files: new Map(request.files).set("charts/c/values.yaml", `a: ${b}\n`) },
        );
      },
    };
    expect(await locate(files, version, undefined, either)).toMatchObject({
      reason: "HelmValueAmbiguous",
      evidence: ["charts/c/values.yaml:1", "charts/c/values.yaml:2"],
    });
  });

  it("without helm it says so, if nobody else finds the object", async () => {
    const none: HelmRenderer = { render: () => Promise.resolve({ kind: "not-installed", program: "helm" }) };
    expect(await locate(simple, version, undefined, none)).toMatchObject({
      kind: "absent",
      otherwise: {
        reason: "HelmNotInstalled",
        remedy: "Install helm (v3 or later) where this runs, or declare the object in a plain manifest.",
      },
    });
    expect(
      await createHelmSource(none).verify?.(
        memoryFiles(simple),
        memoryFiles({ ...simple, "charts/c/values.yaml": "name: shop\nk8s: {version: v1.35.2}\n" }),
        [change()],
      ),
    ).toBeUndefined();
  });

  it("a chart that cannot be rendered is a hint", async () => {
    expect(await locate({ ...simple, "charts/c/templates/x.yaml": "FAIL" })).toMatchObject({
      kind: "absent",
      hints: ["the chart charts/c with its own values, which cannot be rendered: template says FAIL"],
    });
    expect(await locate({ ...simple, "charts/c/templates/x.yaml": "no: object" })).toMatchObject({
      kind: "absent",
      hints: [expect.stringContaining("is not manifests: a document is not a Kubernetes object")],
    });
    expect(await locate({ ...named, "app.yaml": application("      valueFiles: [gone.yaml]\n") })).toMatchObject({
      kind: "absent",
      hints: [expect.stringContaining("the values of Argo CD Application shop (app.yaml) cannot be read: charts/c/gone.yaml")],
    });
    expect(await locate({ ...named, "app.yaml": application("      parameters: [{name: 'a[0]', value: x}]\n") })).toMatchObject({
      kind: "absent",
      hints: [expect.stringContaining("cannot be read: the parameter a[0]")],
    });
  });

  it("one value for several clusters is refused, unless all are meant", async () => {
    const files = chart(`${cluster("shop", "{{ .Values.v }}", "prod")}---\n${cluster("other", "{{ .Values.v }}", "prod")}`, "v: v1.34.0\n");
    expect(await edited(files)).toContain(
      "refused: ManifestShared: The value stands in one place for more than this change: it would also change Cluster prod/other spec.topology.version: v1.34.0 → v1.35.2",
    );
    expect(await edited(files, smallHelm(), [change(), change({ ...shop, name: "other" })])).toBe("charts/c/values.yaml: v: v1.35.2\n");
  });

  it("a chart's values that another release shares", async () => {
    const files = {
      ...named,
      "charts/c/values.yaml": "k8s: {version: v1.34.0}\n",
      "a.yaml": application("      valuesObject: {}\n"),
      "b.yaml": application("      valuesObject: {}\n").replace("name: shop", "name: other"),
    };
    expect(await edited(files)).toContain("it would also change Cluster prod/other");
  });

  it("what the templates make up anew each time does not count", async () => {
    const files = {
      ...simple,
      "charts/c/templates/s.yaml": "kind: Secret\napiVersion: v1\nmetadata: {name: s}\ndata: {password: '{{ random }}'}\n",
    };
    expect(await edited(files)).toContain("charts/c/values.yaml: ");
  });

  it("verifies nothing that the edit does not touch", async () => {
    const helm = smallHelm();
    expect(await createHelmSource(helm).verify?.(memoryFiles(simple), memoryFiles({ ...simple, "x.yaml": "a: 1" }), [])).toBeUndefined();
    expect(helm.requests).toEqual([]);
  });

  it("an edit after which the chart cannot be rendered", async () => {
    const after = { ...simple, "charts/c/values.yaml": "name: shop\nk8s: {version: FAIL}\n" };
    expect(await createHelmSource(smallHelm()).verify?.(memoryFiles(simple), memoryFiles(after), [])).toMatchObject({
      reason: "HelmRenderFails",
      message: expect.stringContaining("template says FAIL") as string,
    });
    expect(await createHelmSource(smallHelm()).verify?.(memoryFiles(after), memoryFiles(simple), [])).toBeUndefined();
  });

  it("an edit without effect", async () => {
    const after = { ...simple, "charts/c/values.yaml": "name: shop\nk8s: {version: v1.34.0}\n# other\n" };
    expect(await createHelmSource(smallHelm()).verify?.(memoryFiles(simple), memoryFiles(after), [change()])).toMatchObject({
      reason: "ManifestEditWithoutEffect",
    });
  });
});

describe("values as helm reads them", () => {
  it.each([
    ["a", "x", false, { a: "x" }],
    ["a.b.c", "v1.34.0", false, { a: { b: { c: "v1.34.0" } } }],
    ["a", "true", false, { a: true }],
    ["a", "null", false, { a: null }],
    ["a", "-12", false, { a: -12 }],
    ["a", "0", false, { a: 0 }],
    ["a", "012", false, { a: "012" }],
    ["a", "1.34", false, { a: "1.34" }],
    ["a", "12", true, { a: "12" }],
    ["a", "", false, { a: "" }],
    ["a[0]", "x", false, undefined],
    ["a\\.b", "x", false, undefined],
    ["a", "x,y", false, undefined],
    ["a", "{x}", true, undefined],
    [".a", "x", false, undefined],
    ["", "x", false, undefined],
  ])("%s=%s (%s)", (name, value, forceString, expected) => {
    const text = parameterValues(name, value, forceString);
    expect(text === undefined ? undefined : (JSON.parse(text) as unknown)).toEqual(expected);
  });

  it.each([
    ["v1.34.0", "v1.34.7"],
    ["v1.34.12+k3s1", "v1.34.12+k3s8"],
    ["kindest/node:v1.34.0", "kindest/node:v1.34.7"],
    ["latest", "latest-probe"],
  ])("%s is tried as %s", (value, probe) => {
    expect(probeFor(value)).toBe(probe);
  });
});
