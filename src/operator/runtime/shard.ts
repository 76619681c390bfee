import { createHash } from "node:crypto";
import type { ObjectKey } from "./controller.ts";

/**
 * The part of the fleet that a process works on. By hash: cluster by cluster, every process sees every policy. Policies, catalogs and the making of attempts stay with the first shard, so
 * that a policy's limits hold for all of its clusters.
 */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

export const wholeFleet: Shard = { index: 0, count: 1 };

/** `2/5`: the second of five. Undefined when it is nothing of the kind. */
export function parseShard(text: string): Shard | undefined {
  const [, index, count] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  const shard = { index: Number(index) - 1, count: Number(count) };
  return index !== undefined && shard.index >= 0 && shard.index < shard.count ? shard : undefined;
}

/** Whether a cluster is this shard's: the same answer in every process and version. */
export function isMine({ index, count }: Shard, { namespace, name }: ObjectKey): boolean {
  if (count === 1) return true;
  return createHash("sha256").update(`${namespace}/${name}`).digest().readUInt32BE(0) % count === index;
}

/** Decides over policies and catalogs. */
export function leadsPolicies({ index }: Shard): boolean {
  return index === 0;
}

/** `capi-gitops-operator`, `capi-gitops-operator-2-of-5`. */
export function leaseName({ index, count }: Shard): string {
  return count === 1 ? "capi-gitops-operator" : `capi-gitops-operator-${index + 1}-of-${count}`;
}
