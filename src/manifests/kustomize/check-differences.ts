import type { Refusal } from "../../refusal.ts";
import type { IntendedChange } from "../source.ts";
import type { ObjectIdentity } from "../object-identity.ts";
import type { BuiltObject } from "./built-object.ts";
import { describeDifference, type Difference } from "./compare-roots.ts";
import { describeId } from "./resource-identity.ts";
import { scalarsOf, type Step } from "./tracked-value.ts";

/** A refusal that names every difference that nobody intended; undefined when there is none. */
export function refuseUnintended(differences: readonly Difference[], intended: readonly IntendedChange[]): Refusal | undefined {
  const extra = differences.filter((difference) => !isIntended(difference, intended) && !isCarrier(difference.object, difference.path));
  const [first] = extra;
  if (first === undefined) return undefined;
  const evidence = [...new Set(extra.map(describeDifference))];
  const others = evidence.length > 1 ? ` and ${evidence.length - 1} more` : "";
  return {
    reason: "ManifestShared",
    message: `The value stands in one place for more than this change: it would also change ${evidence[0]}${others}.`,
    remedy: `${overlayPatch(intended)} Or make all of these changes in one upgrade.`,
    evidence,
  };
}

/** An edit that makes a build uncertain which was certain: a patch that tests for the old value would fail. */
export function refuseNewDoubts(before: readonly BuiltObject[], after: readonly BuiltObject[]): Refusal | undefined {
  const known = new Set(before.flatMap(({ doubts }) => doubts));
  const doubt = after.flatMap(({ doubts }) => doubts).find((one) => !known.has(one));
  if (doubt === undefined) return undefined;
  return {
    reason: "ManifestBuildUnclear",
    message: `After the edit it would not be certain any more what is built: ${doubt}.`,
    remedy: "Change the value and what depends on it together, by hand.",
  };
}

/** Intended changes of objects that are built here but did not come about; a refusal that names the first. */
export function refuseMissing(
  objects: readonly BuiltObject[],
  differences: readonly Difference[],
  intended: readonly IntendedChange[],
): Refusal | undefined {
  const missing = intended.find(
    (change) =>
      change.kind === "field" &&
      change.before !== change.after &&
      !differences.some((difference) => isIntended(difference, [change])) &&
      objects.some(({ id }) => isObject(id, change.object)),
  );
  if (missing === undefined || missing.kind !== "field") return undefined;
  return {
    reason: "ManifestEditWithoutEffect",
    message: `After the edit ${describeId(missing.object)} ${missing.path.join(".")} would still not be ${missing.after} in what is built.`,
    remedy: "Something further on in the build decides the value. Change it there by hand.",
  };
}

/** Added copies that do not come out as copies: a patch or replacement knows the original by its name and not the copy. */
export function refuseUnlike(objects: readonly BuiltObject[], intended: readonly IntendedChange[]): Refusal | undefined {
  for (const change of intended) {
    if (change.kind !== "object-added" || change.like === undefined) continue;
    const { like } = change;
    const [copy, original] = [objects.find(({ id }) => isObject(id, change.object)), objects.find(({ id }) => isObject(id, like.object))];
    if (copy === undefined || original === undefined) continue;
    const wanted = new Map([...scalarsOf(original.value)].map(({ path, scalar }) => [JSON.stringify(path), scalar.text]));
    for (const { path, after } of like.set) wanted.set(JSON.stringify(path), after);
    wanted.set(JSON.stringify(["metadata", "name"]), copy.id.name);
    const found = new Map([...scalarsOf(copy.value)].map(({ path, scalar }) => [JSON.stringify(path), scalar.text]));
    const differing = [...new Set([...wanted.keys(), ...found.keys()])].find((key) => wanted.get(key) !== found.get(key));
    if (differing !== undefined) {
      const path = (JSON.parse(differing) as Step[]).join(".");
      return {
        reason: "ManifestCopyDiffers",
        message: `The new ${describeId(change.object)} would have ${path} ${found.get(differing) ?? "unset"} where ${like.object.name} has ${wanted.get(differing) ?? "nothing"}: an overlay's patch applies to only one of them.`,
        remedy: "Let the patch select by kind or label instead of by name, or make the new template by hand.",
      };
    }
  }
  return undefined;
}

function isIntended({ object, change, path, before, after }: Difference, intended: readonly IntendedChange[]): boolean {
  return intended.some((one) => {
    if (!isObject(object.id, one.object)) return false;
    if (one.kind !== "field") return change === (one.kind === "object-added" ? "added" : "removed");
    return change === "changed" && samePath(one.path, path) && one.before === before && one.after === after;
  });
}

/** A manifest without a namespace gets it where it is applied. */
function isObject(id: Omit<ObjectIdentity, "apiVersion">, wanted: ObjectIdentity): boolean {
  return id.kind === wanted.kind && id.group === wanted.group && id.name === wanted.name && ["", wanted.namespace].includes(id.namespace);
}

function samePath(a: readonly Step[], b: readonly Step[]): boolean {
  return a.length === b.length && a.every((step, index) => step === b[index]);
}

/**
 * Objects that hold a value only to hand it on: a ConfigMap that feeds replacements, variables or charts, Flux and Argo CD objects with
 * variables or chart values. One whose name carries a hash of its contents is replaced by another object: that is a change of its own.
 */
function isCarrier({ id, hashed }: BuiltObject, path: readonly Step[]): boolean {
  if (id.kind === "ConfigMap" && id.group === "") return path[0] === "data" && hashed === undefined;
  if (path[0] !== "spec") return false;
  if (id.group === "kustomize.toolkit.fluxcd.io")
    return ["postBuild", "patches", "patchesStrategicMerge", "patchesJson6902"].includes(String(path[1]));
  if (id.group === "helm.toolkit.fluxcd.io") return path[1] === "values";
  return id.group === "argoproj.io" && path.includes("helm");
}

function overlayPatch(intended: readonly IntendedChange[]): string {
  const field = intended.find((change): change is Extract<IntendedChange, { kind: "field" }> => change.kind === "field");
  if (field === undefined) return "Give the overlay a patch of its own.";
  const { object, path, after } = field;
  const pointer = path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  return `Give the overlay that builds ${describeId(object)} a patch of its own: patches: [{target: {kind: ${object.kind}, name: ${object.name}}, patch: '[{"op": "replace", "path": "${pointer}", "value": "${after}"}]'}], as a block literal.`;
}
