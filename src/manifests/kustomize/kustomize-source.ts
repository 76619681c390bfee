import type { Refusal } from "../../refusal.ts";
import type { FieldPath } from "../change.ts";
import type { FieldResult, IntendedChange, ManifestSource, SourcedObject } from "../source.ts";
import { describeIdentity } from "../object-identity.ts";
import type { RepositoryFiles } from "../repository-files.ts";
import { compareRoots } from "./compare-roots.ts";
import { refuseMissing, refuseNewDoubts, refuseUnintended, refuseUnlike } from "./check-differences.ts";
import { createKustomizeRenderer, type KustomizeRenderer } from "./kustomize-renderer.ts";
import { locateField, locateObject, type ObjectInRoot } from "./locate.ts";
import { isWithin, resolvePath } from "./repository-path.ts";
import { verifyRendered } from "./verify-rendered.ts";
import { findRoots, type Root } from "./roots.ts";
import { entryAt, type TrackedScalar } from "./tracked-value.ts";

export interface KustomizeSourceOptions {
  /** Builds for real, to check the result; without one the result is checked against our own model of the build alone. */
  readonly renderer?: KustomizeRenderer;
}

/** With the `kustomize` or `kubectl` that is on the PATH, if any. */
export const kustomizeSource: ManifestSource = createKustomizeSource({ renderer: createKustomizeRenderer() });

/** Kustomizations, and what Flux makes of them. */
export function createKustomizeSource({ renderer }: KustomizeSourceOptions = {}): ManifestSource {
  return {
    name: "kustomize",
    async locate(files, object, { directory = "" }) {
      const located = locateObject(await findRoots(files), object, resolvePath("", directory));
      if (located.kind === "found") return { kind: "found", object: sourced(located) };
      if (located.kind === "refused") return located;
      const { unseen } = located;
      return {
        kind: "absent",
        hints: unseen,
        ...(unseen.length === 0 ? {} : { otherwise: fromElsewhere(describeIdentity(object), unseen) }),
      };
    },
    governs,
    async verify(before, after, intended) {
      const refusal = await verifyBuilds(before, after, intended);
      return refusal ?? (renderer === undefined ? undefined : verifyRendered(renderer, before, after, intended));
    },
  };
}

/** Whether a file is part of a build, or may be part of one that cannot be read. */
async function governs(files: RepositoryFiles): Promise<(file: string) => boolean> {
  const roots = await findRoots(files);
  const built = new Set(roots.flatMap(({ build }) => [...build.files]));
  const unreadable = roots.filter((root) => root.unreadable).map(({ build }) => build.directory);
  return (file) => built.has(file) || unreadable.some((directory) => isWithin(file, directory));
}

function sourced(located: ObjectInRoot): SourcedObject {
  const { root, object } = located;
  return {
    where: root.name,
    written: object.written,
    writtenName: object.writtenName,
    field: (path) => fieldOf(located, path),
    entry: (path, name) => entryAt(object.value, path, name),
  };
}

function fieldOf(located: ObjectInRoot, path: FieldPath): FieldResult {
  const found = locateField(located, path);
  if (found.kind === "refused") return found;
  const { scalar } = found;
  const { written } = located.object;
  const passes = written?.file === scalar.place.file ? [] : [`${scalar.place.file} in ${located.root.name}`];
  return { kind: "found", value: scalar.text, place: scalar.place, through: passes, write: (value) => writtenFor(scalar, value) };
}

/** What stands at the scalar's place when its value in effect is `value`. */
export function writtenFor({ text, writtenAs, frame }: TrackedScalar, value: string): string | undefined {
  if (writtenAs !== undefined) {
    // kustomize puts the same prefix and suffix on the new name as on the old one.
    const at = text.lastIndexOf(writtenAs);
    const [prefix, suffix] = [text.slice(0, at), text.slice(at + writtenAs.length)];
    return at >= 0 && value.length >= prefix.length + suffix.length && value.startsWith(prefix) && value.endsWith(suffix)
      ? value.slice(prefix.length, value.length - suffix.length)
      : undefined;
  }
  if (frame === undefined) return value;
  const { before, after } = frame;
  return value.length > before.length + after.length && value.startsWith(before) && value.endsWith(after)
    ? value.slice(before.length, value.length - after.length)
    : undefined;
}

async function verifyBuilds(
  before: RepositoryFiles,
  after: RepositoryFiles,
  intended: readonly IntendedChange[],
): Promise<Refusal | undefined> {
  const [was, is] = [await findRoots(before), await findRoots(after)];
  const differences = compareRoots(was, is);
  const objects = (roots: readonly Root[]) => roots.flatMap(({ build }) => build.objects);
  const same = new Set(was);
  // What is as it was has no doubt that was not there.
  const anew = objects(is.filter((root) => !same.has(root)));
  return (
    (anew.some(({ doubts }) => doubts.length > 0) ? refuseNewDoubts(objects(was), anew) : undefined) ??
    refuseUnintended(differences, intended) ??
    refuseMissing(objects(was), differences, intended) ??
    refuseUnlike(objects(is), intended)
  );
}

function fromElsewhere(object: string, unseen: readonly string[]): Refusal {
  return {
    reason: "ManifestFromElsewhere",
    message: `${object} is in none of the files that are kept here; it could only come from ${unseen.join(", ")}, which cannot be seen.`,
    remedy: "Change it where it is kept, or keep a copy in this repository.",
    evidence: unseen,
  };
}
