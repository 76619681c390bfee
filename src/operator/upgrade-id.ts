import { createHash } from "node:crypto";
import type { ClusterSnapshot } from "../upgrade/cluster-snapshot.ts";

/** The same cluster and target have the same id, so that a run after a crash finds what the one before it committed. `demo-v1.35.2-3f2a91bc` */
export function upgradeIdOf({ ref, uid }: Pick<ClusterSnapshot, "ref" | "uid">, target: string): string {
  const digest = createHash("sha256").update(`${uid}\n${target}`).digest("hex").slice(0, 8);
  return `${ref.name}-${target}-${digest}`;
}
