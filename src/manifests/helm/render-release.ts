import { isMap, parseAllDocuments } from "yaml";
import type { BuiltObject } from "../kustomize/built-object.ts";
import { readText } from "../kustomize/documents.ts";
import { isWithin } from "../kustomize/repository-path.ts";
import type { FileReader, RepositoryFiles } from "../repository-files.ts";
import { readRendered } from "../rendering/rendered-objects.ts";
import type { HelmRenderer } from "./helm-renderer.ts";
import type { Release, ValuesInput } from "./releases.ts";

export type RenderedRelease =
  | { readonly kind: "objects"; readonly objects: readonly BuiltObject[] }
  | { readonly kind: "not-installed" }
  | { readonly kind: "failed"; readonly why: string };

/** What helm writes, or why not. */
export type RenderedText = { readonly kind: "rendered"; readonly text: string } | Exclude<RenderedRelease, { readonly kind: "objects" }>;

/** The objects that the release consists of, rendered from the files as they are. */
export async function renderRelease(files: RepositoryFiles, renderer: HelmRenderer, release: Release): Promise<RenderedRelease> {
  const chartFiles = (await files.list()).filter((file) => isWithin(file, release.chart));
  return objectsOf(release, await renderText(files, renderer, release, chartFiles));
}

/** The objects in what was rendered for the release. */
export function objectsOf(release: Release, rendered: RenderedText): RenderedRelease {
  if (rendered.kind !== "rendered") return rendered;
  const read = readRendered(rendered.text);
  return read.kind === "objects" ? read : { kind: "failed", why: `what helm renders for ${release.name} is not manifests: ${read.why}` };
}

/** What the release consists of, as text. `chartFiles`: all files below its chart. */
export async function renderText(
  files: FileReader,
  renderer: HelmRenderer,
  release: Release,
  chartFiles: readonly string[],
): Promise<RenderedText> {
  const needed = new Map<string, string>();
  for (const file of chartFiles) {
    const text = await readText(files, file);
    if (text !== undefined) needed.set(file, text);
  }
  if (release.withoutChartValues) needed.set(release.chart === "" ? "values.yaml" : `${release.chart}/values.yaml`, "");
  const values: string[] = [];
  for (const [index, input] of release.inputs.entries()) {
    const text = await valuesText(files, input);
    if (typeof text !== "string") return { kind: "failed", why: `the values of ${release.name} cannot be read: ${text.unreadable}` };
    // Outside of every chart, and a name that no repository has.
    const file = `.rendering-values/${index}.yaml`;
    needed.set(file, text);
    values.push(file);
  }
  const { chart, releaseName, namespace } = release;
  const rendered = await renderer.render({ files: needed, chart, releaseName, namespace, values });
  return rendered.kind === "not-installed" ? { kind: "not-installed" } : rendered;
}

/** The input as the text of a values file. */
async function valuesText(files: FileReader, input: ValuesInput): Promise<string | { readonly unreadable: string }> {
  switch (input.kind) {
    case "file":
      return (await readText(files, input.file)) ?? { unreadable: input.file };
    case "text":
      return input.scalar.text;
    case "parameter":
      return parameterValues(input.name, input.scalar.text, input.forceString) ?? { unreadable: `the parameter ${input.name}` };
    case "map": {
      const document = parseAllDocuments((await readText(files, input.file)) ?? "", { version: "1.1", merge: true })[input.document];
      const map: unknown = document?.getIn(input.path, true);
      return document !== undefined && isMap(map) ? JSON.stringify(map.toJS(document)) : { unreadable: input.file };
    }
    default:
      return input satisfies never;
  }
}

/** `a.b=c` as values. Helm makes true, false, null and whole numbers of such texts unless they are forced to be strings (helm: strvals). */
export function parameterValues(name: string, value: string, forceString: boolean): string | undefined {
  // Lists and escaped dots are left to a person.
  if (!/^[^.,=[\]{}\\]+(?:\.[^.,=[\]{}\\]+)*$/.test(name) || /[,{}\\]/.test(value)) return undefined;
  const typed = !forceString && /^(?:true|false|null|0|-?[1-9]\d*)$/.test(value) ? (JSON.parse(value) as unknown) : value;
  return JSON.stringify(name.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), typed));
}
