import { emptyMap, textAt, type Tracked, type TrackedMap } from "./tracked-value.ts";

export type MergeResult =
  | { readonly kind: "merged"; readonly value: TrackedMap }
  | { readonly kind: "deleted" }
  /** kustomize would fail, or we cannot be sure what it would do. */
  | { readonly kind: "unclear"; readonly why: string };

/**
 * Applies a strategic-merge patch as kustomize does to kinds whose schema it doesn't know, which is all of Cluster API: maps merge, null
 * removes, `$patch: delete|replace` are obeyed, lists are replaced whole (kyaml merge2).
 */
export function strategicMerge(resource: TrackedMap, patch: TrackedMap): MergeResult {
  try {
    const value = mergeMap(resource, patch, "");
    return value === undefined ? { kind: "deleted" } : { kind: "merged", value };
  } catch (error) {
    if (error instanceof UnclearMerge) return { kind: "unclear", why: error.message };
    throw error;
  }
}

class UnclearMerge extends Error {}

function mergeMap(target: TrackedMap, patch: TrackedMap, at: string): TrackedMap | undefined {
  const directive = textAt(patch, ["$patch"]);
  if (directive === "delete") return undefined;
  if (directive !== undefined && directive !== "replace" && directive !== "merge")
    throw new UnclearMerge(`$patch: ${directive} at ${at || "/"} is not known`);
  const entries = new Map(directive === "replace" ? emptyMap.entries : target.entries);
  for (const [key, value] of patch.entries) {
    if (key === "$patch") continue;
    if (key.startsWith("$")) throw new UnclearMerge(`the directive ${key} at ${at || "/"} is not followed`);
    const merged = mergeValue(entries.get(key), value, `${at}/${key}`);
    if (merged === undefined) entries.delete(key);
    else entries.set(key, merged);
  }
  return { kind: "map", entries };
}

function mergeValue(target: Tracked | undefined, patch: Tracked, at: string): Tracked | undefined {
  if (patch.kind === "scalar" && patch.isNull) return undefined;
  const existing = target?.kind === "scalar" && target.isNull ? undefined : target;
  if (existing !== undefined && existing.kind !== patch.kind)
    throw new UnclearMerge(`${at} is a ${existing.kind} that is patched with a ${patch.kind}`);
  if (patch.kind !== "map") return patch;
  return mergeMap(existing?.kind === "map" ? existing : emptyMap, patch, at);
}
