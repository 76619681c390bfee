import type { Refusal } from "../../refusal.ts";
import type { FieldPath } from "../change.ts";
import type { BuiltObject } from "../kustomize/built-object.ts";
import { compareObjects, type Difference } from "../kustomize/compare-roots.ts";
import { describeId } from "../kustomize/resource-identity.ts";
import { describePlace } from "../kustomize/tracked-value.ts";
import { overlayFiles } from "../memory-files.ts";
import type { RepositoryFiles } from "../repository-files.ts";
import { editFile } from "../yaml/edit-file.ts";
import { parseFile } from "../yaml/parsed-file.ts";
import { findCandidates, textFor, type Candidate } from "./candidates.ts";
import type { HelmRenderer } from "./helm-renderer.ts";
import { findReleases, type Release } from "./releases.ts";
import { renderRelease } from "./render-release.ts";

export type DecidingValue =
  { readonly kind: "decided"; readonly candidate: Candidate } | { readonly kind: "refused"; readonly refusal: Refusal };

interface Experiment {
  readonly candidate: Candidate;
  readonly differences: readonly Difference[];
}

/** The one value whose change changes the rendered field: each candidate is changed in turn and the chart rendered again. */
export async function findDecidingValue(
  files: RepositoryFiles,
  renderer: HelmRenderer,
  release: Release,
  object: BuiltObject,
  path: FieldPath,
  value: string,
): Promise<DecidingValue> {
  const baseline = await renderRelease(files, renderer, release);
  const probe = probeFor(value);
  const field = `${describeId(object.id)} ${path.join(".")}`;
  if (baseline.kind !== "objects") return refused("HelmRenderFails", `${release.name} can no longer be rendered.`, []);
  const candidates = await findCandidates(files, release, value);
  const deciding: Experiment[] = [];
  for (const candidate of candidates) {
    const differences = await tryOut(files, renderer, release, candidate, probe, baseline.objects);
    if (differences.some((one) => isField(one, object, path) && one.after === probe)) deciding.push({ candidate, differences });
  }
  const [only, another] = deciding;
  const tried = candidates.map(({ place, text }) => `${describePlace(place)} (${text})`);
  if (only === undefined) {
    const seen = candidates.length === 0 ? `no value of it reads ${value}` : `none of the values that read ${value} changes it`;
    return refused("HelmValueNotFound", `${field} is rendered by ${release.name} as ${value}, but ${seen}.`, tried);
  }
  if (another !== undefined) {
    const places = deciding.map(({ candidate }) => describePlace(candidate.place));
    return refused(
      "HelmValueAmbiguous",
      `${field} is rendered by ${release.name} from more than one value: ${places.join(" and ")}.`,
      places,
    );
  }
  return { kind: "decided", candidate: only.candidate };
}

/** A version that nobody has: the value with another last number, so that templates which look at it keep working. */
export function probeFor(value: string): string {
  const bumped = value.replace(/(\d+)(?=\D*$)/, (digits) => String(Number(digits) + 7));
  return bumped === value ? `${value}-probe` : bumped;
}

async function tryOut(
  files: RepositoryFiles,
  renderer: HelmRenderer,
  release: Release,
  candidate: Candidate,
  probe: string,
  baseline: readonly BuiltObject[],
): Promise<readonly Difference[]> {
  const { place } = candidate;
  const text = textFor(candidate, probe);
  const parsed = parseFile(place.file, (await files.read(place.file)) ?? "");
  if (text === undefined || parsed.kind === "refused") return [];
  const edited = editFile(parsed.parsed, [{ place, to: text }]);
  if (edited.kind === "refused") return [];
  const changed = overlayFiles(files, new Map([[place.file, edited.text]]));
  // Values that stand in the Application or HelmRelease are read again from the changed file.
  const same = (await findReleases(changed, release.chart)).find(({ name }) => name === release.name) ?? release;
  const rendered = await renderRelease(changed, renderer, same);
  return rendered.kind === "objects" ? compareObjects(release.name, baseline, rendered.objects) : [];
}

function isField(difference: Difference, object: BuiltObject, path: FieldPath): boolean {
  const [a, b] = [difference.object.id, object.id];
  return (
    a.kind === b.kind &&
    a.group === b.group &&
    a.namespace === b.namespace &&
    a.name === b.name &&
    JSON.stringify(difference.path) === JSON.stringify(path)
  );
}

function refused(reason: string, message: string, evidence: readonly string[]): DecidingValue {
  const remedy = "Give the chart one value for it, in a values file of this repository, or change it by hand.";
  return { kind: "refused", refusal: { reason, message, remedy, ...(evidence.length === 0 ? {} : { evidence }) } };
}
