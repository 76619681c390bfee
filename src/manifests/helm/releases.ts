import { documentsWith, findArgoApplications, findConfigMaps, type FoundDocument } from "../kustomize/documents.ts";
import { itemsOf, scalarsIn } from "../kustomize/kustomization.ts";
import { isWithin, resolvePath } from "../kustomize/repository-path.ts";
import { type Step, textAt, type Tracked, type TrackedScalar, valueAt, wordAt } from "../kustomize/tracked-value.ts";
import { oncePerState } from "../once-for-each.ts";
import type { RepositoryFiles } from "../repository-files.ts";

/** Where values come from; the later in a release's list wins. */
export type ValuesInput =
  /** A whole file. */
  | { readonly kind: "file"; readonly file: string }
  /** A map inside a document: `spec.values`, `helm.valuesObject`. */
  | { readonly kind: "map"; readonly file: string; readonly document: number; readonly path: readonly Step[] }
  /** YAML text inside a document: `helm.values`, a ConfigMap's `values.yaml`. */
  | { readonly kind: "text"; readonly scalar: TrackedScalar }
  /** Argo CD's `helm.parameters`: one value each. */
  | { readonly kind: "parameter"; readonly name: string; readonly scalar: TrackedScalar; readonly forceString: boolean };

/** One use of a chart that is kept in the repository. */
export interface Release {
  /** For messages: `Argo CD Application shop (apps/shop.yaml)`. */
  readonly name: string;
  readonly chart: string;
  readonly releaseName: string;
  readonly namespace: string;
  readonly inputs: readonly ValuesInput[];
  /** The chart's own values.yaml is not used (Flux with `valuesFiles`). */
  readonly withoutChartValues: boolean;
  /** Why what is rendered may not be what is applied. */
  readonly doubts: readonly string[];
}

/** Directories with a Chart.yaml and templates. Charts inside of a chart's `charts/` are its dependencies. */
export const findCharts = oncePerState(async (files): Promise<readonly string[]> => {
  const list = await files.list();
  const directories = list.flatMap((file) => /^(?:(.*)\/)?Chart\.yaml$/.exec(file)?.slice(1, 2) ?? []).map((directory) => directory ?? "");
  const own = directories.filter(
    (one) => !directories.some((other) => other !== one && isWithin(one, other === "" ? "charts" : `${other}/charts`)),
  );
  return own.filter((directory) => list.some((file) => file.startsWith(directory === "" ? "templates/" : `${directory}/templates/`)));
});

/** Who renders the chart, and with which values; charts that nobody in the repository names are guessed. */
export async function findReleases(files: RepositoryFiles, chart: string): Promise<readonly Release[]> {
  const named = [...(await argoReleases(files, chart)), ...(await fluxReleases(files, chart))];
  return named.length > 0 ? named : guessedReleases(files, chart);
}

async function argoReleases(files: RepositoryFiles, chart: string): Promise<Release[]> {
  const releases: Release[] = [];
  for (const { file, document, value } of await findArgoApplications(files)) {
    const sources: (readonly Step[])[] = [
      ["spec", "source"],
      ...itemsOf(value, "spec", "sources").map((_, index) => ["spec", "sources", index]),
    ];
    for (const source of sources) {
      const path = textAt(value, [...source, "path"]);
      if (path === undefined || resolvePath("", path) !== chart) continue;
      const helm = [...source, "helm"];
      const name = wordAt(value, ["metadata", "name"]);
      const at = valueAt(value, helm) ?? value;
      releases.push({
        name: `Argo CD Application ${name} (${file})`,
        chart,
        releaseName: textAt(value, [...helm, "releaseName"]) ?? name,
        namespace: wordAt(value, ["spec", "destination", "namespace"]),
        inputs: [
          ...scalarsIn(at, "valueFiles").flatMap(({ text }) => fileInput(chart, text)),
          ...textInput(valueAt(value, [...helm, "values"])),
          ...mapInput(file, document, value, [...helm, "valuesObject"]),
          ...itemsOf(at, "parameters").flatMap(parameterInput),
        ],
        withoutChartValues: false,
        doubts: itemsOf(at, "fileParameters").length > 0 ? [`fileParameters of the Application ${name} are not followed`] : [],
      });
    }
  }
  return releases;
}

const findHelmReleases = documentsWith("helm.toolkit.fluxcd.io/", (value) => textAt(value, ["kind"]) === "HelmRelease");

async function fluxReleases(files: RepositoryFiles, chart: string): Promise<Release[]> {
  const releases: Release[] = [];
  const configMaps = await findConfigMaps(files);
  for (const { file, document, value } of await findHelmReleases(files)) {
    const spec = ["spec", "chart", "spec"];
    const path = textAt(value, [...spec, "chart"]);
    const kind = textAt(value, [...spec, "sourceRef", "kind"]);
    if (path === undefined || kind === "HelmRepository" || resolvePath("", path.replace(/^\/+/, "")) !== chart) continue;
    const name = wordAt(value, ["metadata", "name"]);
    const own = wordAt(value, ["metadata", "namespace"]);
    const target = textAt(value, ["spec", "targetNamespace"]);
    const valuesFiles = scalarsIn(value, ...spec, "valuesFiles").map(({ text }) => text);
    const from = itemsOf(value, "spec", "valuesFrom").map((item) => valuesFrom(item, own, configMaps));
    releases.push({
      name: `Flux HelmRelease ${name} (${file})`,
      chart,
      releaseName: textAt(value, ["spec", "releaseName"]) ?? (target === undefined ? name : `${target}-${name}`),
      namespace: target ?? own,
      inputs: [
        ...valuesFiles.flatMap((text) => fileInput("", text)),
        ...from.flatMap((one) => (typeof one === "string" ? [] : one)),
        ...mapInput(file, document, value, ["spec", "values"]),
      ],
      withoutChartValues: valuesFiles.length > 0,
      doubts: [
        ...from.filter((one) => typeof one === "string"),
        ...(itemsOf(value, "spec", "postRenderers").length > 0 ? [`postRenderers of the HelmRelease ${name} may rewrite any field`] : []),
      ],
    });
  }
  return releases;
}

/** What the entry brings in, or why that is not known. */
function valuesFrom(item: Tracked, namespace: string, configMaps: readonly FoundDocument[]): readonly ValuesInput[] | string {
  const [kind, name, key] = [wordAt(item, ["kind"]), wordAt(item, ["name"]), textAt(item, ["valuesKey"]) ?? "values.yaml"];
  if (kind !== "ConfigMap") return `values come from the ${kind} ${name}, which is not read`;
  const named = configMaps.filter(
    ({ value }) => textAt(value, ["metadata", "name"]) === name && ["", namespace].includes(wordAt(value, ["metadata", "namespace"])),
  );
  const found = named.length === 1 ? valueAt(named[0]!.value, ["data", key]) : undefined;
  if (found?.kind !== "scalar")
    return `values come from the ConfigMap ${name}, which is not in the repository exactly once with the key ${key}`;
  const targetPath = textAt(item, ["targetPath"]);
  return targetPath === undefined
    ? [{ kind: "text", scalar: found }]
    : [{ kind: "parameter", name: targetPath, scalar: found, forceString: false }];
}

/** Nobody says how the chart is rendered: with its own values, or with a values file beside them. */
async function guessedReleases(files: RepositoryFiles, chart: string): Promise<readonly Release[]> {
  const prefix = chart === "" ? "" : `${chart}/`;
  const variants = (await files.list()).filter(
    (file) => file.startsWith(prefix) && /^values[-_.][^/]+\.ya?ml$/.test(file.slice(prefix.length)),
  );
  const release = (name: string, inputs: readonly ValuesInput[]): Release => ({
    name,
    chart,
    releaseName: "release",
    namespace: "",
    inputs,
    withoutChartValues: false,
    doubts: [],
  });
  const shown = chart === "" ? "the chart" : `the chart ${chart}`;
  return [
    release(`${shown} with its own values`, []),
    ...variants.map((file) => release(`${shown} with ${file}`, [{ kind: "file", file }])),
  ];
}

/** A path from the chart, from the repository's root (`/…`), or from a named source (`$values/…`), which is taken to be this repository. */
function fileInput(from: string, text: string): readonly ValuesInput[] {
  const rooted = /^(?:\/|\$[^/]+\/)(.*)$/s.exec(text)?.[1];
  const file = rooted === undefined ? resolvePath(from, text) : resolvePath("", rooted);
  return file === undefined ? [] : [{ kind: "file", file }];
}

function textInput(value: Tracked | undefined): readonly ValuesInput[] {
  return value?.kind === "scalar" && !value.isNull ? [{ kind: "text", scalar: value }] : [];
}

function mapInput(file: string, document: number, value: Tracked, path: readonly Step[]): readonly ValuesInput[] {
  return valueAt(value, path)?.kind === "map" ? [{ kind: "map", file, document, path }] : [];
}

function parameterInput(item: Tracked): readonly ValuesInput[] {
  const value = valueAt(item, ["value"]);
  const name = textAt(item, ["name"]);
  return name === undefined || value?.kind !== "scalar"
    ? []
    : [{ kind: "parameter", name, scalar: value, forceString: textAt(item, ["forceString"]) === "true" }];
}
