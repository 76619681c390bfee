import { readText } from "../kustomize/documents.ts";
import { readTracked } from "../kustomize/read-tracked.ts";
import { samePlace, scalarsOf, valueAt, type Place, type Tracked, type TrackedScalar } from "../kustomize/tracked-value.ts";
import type { RepositoryFiles } from "../repository-files.ts";
import type { Release, ValuesInput } from "./releases.ts";

/** A value that could be the one behind a rendered field: it reads the same, with or without the leading `v`. */
export interface Candidate {
  readonly place: Place;
  readonly text: string;
  /** The template puts a `v` before it. */
  readonly withoutV: boolean;
}

/** All places in the release's values, the chart's own included, whose text could be what is rendered as `rendered`. */
export async function findCandidates(files: RepositoryFiles, release: Release, rendered: string): Promise<readonly Candidate[]> {
  const own: ValuesInput = { kind: "file", file: release.chart === "" ? "values.yaml" : `${release.chart}/values.yaml` };
  const candidates: Candidate[] = [];
  for (const input of [...(release.withoutChartValues ? [] : [own]), ...release.inputs]) {
    for (const scalar of await scalarsOfInput(files, input)) {
      const withoutV = rendered === `v${scalar.text}`;
      if (scalar.place === undefined || (!withoutV && scalar.text !== rendered)) continue;
      const { place, text } = scalar;
      if (!candidates.some((other) => samePlace(other.place, place))) candidates.push({ place, text, withoutV });
    }
  }
  return candidates;
}

/** What to write at the candidate so that `value` is rendered; undefined when it cannot be. */
export function textFor({ withoutV }: Candidate, value: string): string | undefined {
  if (!withoutV) return value;
  return value.startsWith("v") ? value.slice(1) : undefined;
}

async function scalarsOfInput(files: RepositoryFiles, input: ValuesInput): Promise<readonly TrackedScalar[]> {
  if (input.kind === "parameter") return [input.scalar];
  if (input.kind === "text") return textScalars(input.scalar);
  const read = readTracked(input.file, (await readText(files, input.file)) ?? "");
  if (read.kind === "unreadable") return [];
  if (input.kind === "file") return read.documents.flatMap(({ value }) => scalars(value));
  return read.documents.filter(({ index }) => index === input.document).flatMap(({ value }) => scalars(valueAt(value, input.path)));
}

/** The values inside of YAML text that is itself a value. */
function textScalars({ text, place }: TrackedScalar): readonly TrackedScalar[] {
  const read = readTracked(place!.file, text, { place: place!, firstLine: place!.line + 1 });
  return read.kind === "documents" ? read.documents.flatMap(({ value }) => scalars(value)) : [];
}

function scalars(value: Tracked | undefined): readonly TrackedScalar[] {
  return value === undefined ? [] : [...scalarsOf(value)].map(({ scalar }) => scalar);
}
