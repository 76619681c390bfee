import type { Refusal } from "../refusal.ts";
import type { ClusterSnapshot } from "../upgrade/cluster-snapshot.ts";
import type { Declaration } from "../upgrade/upgrade-types.ts";
import { versionOwner } from "../upgrade/version-owner.ts";
import type { ChangeWriter } from "./change-writer.ts";

export type Declarations =
  { readonly kind: "declared"; readonly declarations: readonly Declaration[] } | { readonly kind: "refused"; readonly refusal: Refusal };

/** What the source declares for every object that owns a version of this cluster; `notBefore` (epoch milliseconds): what it said before then does not do. */
export async function declarationsOf(
  source: Pick<ChangeWriter, "declaration">,
  snapshot: ClusterSnapshot,
  options: { readonly notBefore?: number } = {},
): Promise<Declarations> {
  const found: Declaration[] = [];
  for (const object of versionOwner(snapshot)) {
    const result = await source.declaration(object, options);
    if (result.kind === "refused") return result;
    found.push(result.declaration);
  }
  return { kind: "declared", declarations: found };
}
