import type { Refusal } from "../refusal.ts";
import type { VariableChange } from "../upgrade/class-variables.ts";
import type { ObjectReference } from "../upgrade/cluster-snapshot.ts";
import { describeFields, valueAt, withValue } from "./object-fields.ts";
import { versionPath } from "./version-fields.ts";

type FieldPath = readonly (string | number)[];

/** Keys, and entries of lists by their `name`: a manifest may have them in another order than the object, and lack what a webhook filled in. */
type NamedPath = readonly (FieldPath[number] | { readonly entry: string })[];

/** Where a Cluster gives a variable of its ClusterClass a value; the same in both contract versions. */
function variablePath({ variable, of, path }: VariableChange): NamedPath {
  const value = [{ entry: variable }, "value", ...path] as const;
  const overrides = ["variables", "overrides", ...value] as const;
  switch (of.kind) {
    case "cluster":
      return ["spec", "topology", "variables", ...value];
    case "control-plane":
      return ["spec", "topology", "controlPlane", ...overrides];
    case "MachineDeployment":
      return ["spec", "topology", "workers", "machineDeployments", { entry: of.name }, ...overrides];
    case "MachinePool":
      return ["spec", "topology", "workers", "machinePools", { entry: of.name }, ...overrides];
    default:
      return of satisfies never;
  }
}

type EntryIndex = { readonly kind: "found"; readonly index: number | undefined } | { readonly kind: "refused"; readonly refusal: Refusal };

/** Where a change is made in what `indexOf` tells of: a manifest, or the object. */
export async function variableField(
  object: ObjectReference,
  change: VariableChange,
  indexOf: (list: FieldPath, entry: string) => Promise<EntryIndex>,
): Promise<{ readonly kind: "found"; readonly path: FieldPath } | { readonly kind: "refused"; readonly refusal: Refusal }> {
  let path: FieldPath = [];
  for (const step of variablePath(change)) {
    if (typeof step !== "object") {
      path = [...path, step];
      continue;
    }
    const found = await indexOf(path, step.entry);
    if (found.kind === "refused") return found;
    if (found.index === undefined) return { kind: "refused", refusal: notDeclared(object, path, step.entry, change) };
    path = [...path, found.index];
  }
  return { kind: "found", path };
}

/**
 * A merge patch for a topology's version and variables at once. It has the lists of the object as they are but for that, so it must not be applied to any other state of it: it names its
 * `resourceVersion`.
 */
export async function topologyPatch(
  object: ObjectReference,
  live: { readonly metadata: { readonly resourceVersion?: string } },
  to: string,
  variables: readonly VariableChange[],
): Promise<
  | {
      readonly kind: "patch";
      readonly patch: unknown;
      readonly fields: readonly { readonly path: FieldPath; readonly change: VariableChange }[];
    }
  | { readonly kind: "refused"; readonly refusal: Refusal }
> {
  let wanted = withValue(live, versionPath(object), to);
  const fields: { path: FieldPath; change: VariableChange }[] = [];
  for (const change of variables) {
    const found = await variableField(object, change, (list, entry) =>
      Promise.resolve({ kind: "found", index: indexIn(live, list, entry) }),
    );
    if (found.kind === "refused") return found;
    wanted = withValue(wanted, found.path, change.to);
    fields.push({ path: found.path, change });
  }
  const keys = new Set(["version", ...fields.map(({ path }) => String(path[2]))]);
  const topology = Object.fromEntries([...keys].map((key) => [key, valueAt(wanted, ["spec", "topology", key])]));
  return { kind: "patch", patch: { metadata: { resourceVersion: live.metadata.resourceVersion }, spec: { topology } }, fields };
}

function indexIn(live: unknown, list: FieldPath, entry: string): number | undefined {
  const entries = valueAt(live, list);
  const index = Array.isArray(entries) ? entries.findIndex((each: unknown) => valueAt(each, ["name"]) === entry) : -1;
  return index < 0 ? undefined : index;
}

function notDeclared(object: ObjectReference, list: FieldPath, entry: string, { variable, to }: VariableChange): Refusal {
  return {
    reason: "ManifestFieldMissing",
    message: `${describeFields(object, list)} has no entry ${entry} where it is declared, and variable ${variable} is to become ${to}: what the cluster has there is a default of its ClusterClass, or was not written there.`,
    remedy: "Write the variable with its value into the manifest of the Cluster, let that be applied, then ask again.",
  };
}
