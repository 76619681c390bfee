import type { Refusal } from "../../refusal.ts";
import type { FieldPath } from "../change.ts";
import { readText } from "../kustomize/documents.ts";
import { isWithin, resolvePath } from "../kustomize/repository-path.ts";
import { compareObjects } from "../kustomize/compare-roots.ts";
import { refuseMissing, refuseUnintended } from "../kustomize/check-differences.ts";
import { entryAt, textAt } from "../kustomize/tracked-value.ts";
import type { BuiltObject } from "../kustomize/built-object.ts";
import { describeIdentity, type ObjectIdentity } from "../object-identity.ts";
import { onceForEach } from "../once-for-each.ts";
import type { RepositoryFiles } from "../repository-files.ts";
import type { FieldResult, IntendedChange, ManifestSource, SourceResult } from "../source.ts";
import { textFor } from "./candidates.ts";
import { findDecidingValue } from "./deciding-value.ts";
import { createHelmRenderer, type HelmRenderer } from "./helm-renderer.ts";
import { findCharts, findReleases, type Release } from "./releases.ts";
import { objectsOf, renderRelease, type RenderedText } from "./render-release.ts";
import { rememberingHelm } from "./rendered-releases.ts";

/** With the `helm` that is on the PATH, if any. */
export const helmSource: ManifestSource = createHelmSource(createHelmRenderer());

/** Charts that are kept in the repository: the value behind a field is found by rendering before and after. */
export function createHelmSource(renderer: HelmRenderer): ManifestSource {
  const render = rememberingHelm(renderer);
  return {
    name: "helm",
    async locate(files, object, options) {
      const directory = resolvePath("", options.directory ?? "") ?? "";
      const matches: Match[] = [];
      const hints: string[] = [];
      const releases = (await releasesWith(files, object.kind)).filter(
        (release) =>
          isWithin(release.chart, directory) || release.inputs.some((input) => input.kind === "file" && isWithin(input.file, directory)),
      );
      for (const [index, rendered] of (await render(files, releases)).entries()) {
        const release = releases[index]!; // one each, in their order
        if (rendered.kind === "not-installed")
          return {
            kind: "absent",
            hints: [`helm is not installed, so ${release.name} was not rendered`],
            otherwise: notInstalled(object, release),
          };
        // A fleet's releases are many; only those that say the name are read.
        if (rendered.kind === "rendered" && !rendered.text.includes(object.name)) continue;
        const read = objectsOf(release, rendered);
        if (read.kind === "failed") hints.push(`${release.name}, which cannot be rendered: ${read.why}`);
        else if (read.kind === "objects")
          matches.push(...read.objects.filter((one) => isObject(one, object, release)).map((found) => ({ release, rendered, found })));
      }
      return oneOf(files, renderer, object, matches, hints);
    },
    verify: (before, after, intended) => verifyReleases(renderer, before, after, intended),
  };
}

interface Match {
  readonly release: Release;
  readonly rendered: RenderedText;
  readonly found: BuiltObject;
}

function oneOf(
  files: RepositoryFiles,
  renderer: HelmRenderer,
  object: ObjectIdentity,
  matches: readonly Match[],
  hints: readonly string[],
): SourceResult {
  const [only, another] = matches;
  if (only === undefined) return { kind: "absent", hints };
  const { release, rendered, found } = only;
  if (another !== undefined) {
    const names = matches.map((one) => one.release.name);
    const message = `${describeIdentity(object)} is rendered by ${names.join(" and by ")}. Only one of them can be what is applied.`;
    const remedy =
      "Keep the Argo CD Application or Flux HelmRelease that applies the chart in this repository, or name the directory that is applied.";
    return { kind: "refused", refusal: { reason: "ManifestAmbiguous", message, remedy, evidence: names } };
  }
  const field = (path: FieldPath) =>
    fieldOnce(rendered, JSON.stringify([found.id, path]), () => fieldOf(files, renderer, release, found, path));
  const entry = (path: FieldPath, name: string) => entryAt(found.value, path, name);
  return { kind: "found", object: { where: release.name, written: undefined, writtenName: found.id.name, field, entry } };
}

const fields = new WeakMap<RenderedText, Map<string, Promise<FieldResult>>>();

/** A value is found by rendering several times. What is found holds as long as what was rendered is the very same: then all that it is rendered from is. */
function fieldOnce(rendered: RenderedText, key: string, find: () => Promise<FieldResult>): Promise<FieldResult> {
  const known = fields.get(rendered) ?? new Map<string, Promise<FieldResult>>();
  fields.set(rendered, known);
  return onceForEach(find, known)(key);
}

async function fieldOf(
  files: RepositoryFiles,
  renderer: HelmRenderer,
  release: Release,
  object: BuiltObject,
  path: FieldPath,
): Promise<FieldResult> {
  const shown = `${describeIdentity(object.id)} ${path.join(".")}`;
  const [doubt] = release.doubts;
  if (doubt !== undefined)
    return refuse("HelmValuesUnclear", `${shown} is rendered by ${release.name}, and its values are not all known: ${doubt}.`);
  const value = textAt(object.value, path);
  if (value === undefined) return refuse("ManifestFieldMissing", `${shown} is not set to a single value by what ${release.name} renders.`);
  const deciding = await findDecidingValue(files, renderer, release, object, path, value);
  if (deciding.kind === "refused") return deciding;
  const { candidate } = deciding;
  const through = [`the templates of ${release.chart === "" ? "the chart" : release.chart}`];
  return { kind: "found", value, place: candidate.place, through, write: (next) => textFor(candidate, next) };
}

/** Releases of the charts whose templates speak of the kind at all; the others need no rendering. */
async function releasesWith(files: RepositoryFiles, kind: string): Promise<readonly Release[]> {
  const charts = await findCharts(files);
  if (charts.length === 0) return [];
  const list = await files.list();
  const releases: Release[] = [];
  for (const chart of charts) {
    const prefix = chart === "" ? "" : `${chart}/`;
    const templates = list.filter(
      (file) => file.startsWith(`${prefix}templates/`) || (file.startsWith(`${prefix}charts/`) && file.includes("/templates/")),
    );
    const packed = list.some((file) => file.startsWith(`${prefix}charts/`) && file.endsWith(".tgz"));
    let speaks = packed;
    for (const file of templates) speaks ||= ((await readText(files, file)) ?? "").includes(kind);
    if (speaks) releases.push(...(await findReleases(files, chart)));
  }
  return releases;
}

/** An object without a namespace is installed into the release's. */
function isObject({ id }: BuiltObject, wanted: ObjectIdentity, { namespace }: Release): boolean {
  if (id.kind !== wanted.kind || id.group !== wanted.group || id.name !== wanted.name) return false;
  return id.namespace === wanted.namespace || (id.namespace === "" && ["", wanted.namespace].includes(namespace));
}

async function verifyReleases(
  renderer: HelmRenderer,
  before: RepositoryFiles,
  after: RepositoryFiles,
  intended: readonly IntendedChange[],
): Promise<Refusal | undefined> {
  const charts = await findCharts(before);
  const changed = charts.length === 0 ? [] : await changedFiles(before, after);
  for (const chart of charts) {
    const [was, is] = [await findReleases(before, chart), await findReleases(after, chart)];
    for (const [index, release] of was.entries()) {
      const now = is[index];
      if (now === undefined || !isTouched(changed, release)) continue;
      const refusal = await verifyRelease(renderer, [before, release], [after, now], intended);
      if (refusal !== undefined) return refusal;
    }
  }
  return undefined;
}

async function verifyRelease(
  renderer: HelmRenderer,
  [before, was]: readonly [RepositoryFiles, Release],
  [after, is]: readonly [RepositoryFiles, Release],
  intended: readonly IntendedChange[],
): Promise<Refusal | undefined> {
  const [old, again, now] = [
    await renderRelease(before, renderer, was),
    await renderRelease(before, renderer, was),
    await renderRelease(after, renderer, is),
  ];
  if (old.kind !== "objects" || again.kind !== "objects") return undefined; // as broken as it was
  if (now.kind !== "objects")
    return {
      reason: "HelmRenderFails",
      message: `After the edit ${was.name} cannot be rendered: ${now.kind === "failed" ? now.why : "helm is no longer installed"}`,
      remedy: "See what the templates make of the value, and change it by hand.",
    };
  // Passwords and dates that the templates make up differ from one rendering to the next.
  const restless = new Set(
    compareObjects(was.name, old.objects, again.objects).map(({ object, path }) => JSON.stringify([object.id, path])),
  );
  const differences = compareObjects(was.name, old.objects, now.objects).filter(
    ({ object, path }) => !restless.has(JSON.stringify([object.id, path])),
  );
  return refuseUnintended(differences, intended) ?? refuseMissing(old.objects, differences, intended);
}

/** Whether a file that the release is rendered from differs. Where it is declared counts too: values stand there. */
function isTouched(changed: readonly string[], release: Release): boolean {
  const inputs = release.inputs.map((input) => ("file" in input ? input.file : input.scalar.place!.file));
  return changed.some((file) => isWithin(file, release.chart) || inputs.includes(file));
}

/** The files that an edit changes. */
async function changedFiles(before: RepositoryFiles, after: RepositoryFiles): Promise<readonly string[]> {
  const list = await before.list();
  const [was, is] = [await before.contents?.ids(), await after.contents?.ids()];
  if (was !== undefined && is !== undefined) return list.filter((file) => was.at(file) !== is.at(file));
  const changed: string[] = [];
  for (const file of list) if ((await readText(before, file)) !== (await readText(after, file))) changed.push(file);
  return changed;
}

function notInstalled(object: ObjectIdentity, release: Release): Refusal {
  return {
    reason: "HelmNotInstalled",
    message: `${describeIdentity(object)} may come from ${release.name}, but there is no helm on the PATH: a value of a chart is found only by rendering it.`,
    remedy: "Install helm (v3 or later) where this runs, or declare the object in a plain manifest.",
  };
}

function refuse(reason: string, message: string): FieldResult {
  return {
    kind: "refused",
    refusal: { reason, message, remedy: "Change the value by hand, or keep it in a values file of the chart in this repository." },
  };
}
