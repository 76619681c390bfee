import { isSelected, type LabelSelector } from "../../label-selector.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { StoredObject } from "../store/stored-object.ts";

/** Keeps a pod that is deleted until its containers have stopped, as a grace period does. */
export const podFinalizer = "sandbox.clusterapi-gitops.io/containers";

/** A pod, as far as scheduling, disruption budgets and drains look at it. */
export interface PodObject extends StoredObject {
  readonly spec?: { readonly nodeName?: string; readonly tolerations?: readonly Toleration[]; readonly [field: string]: unknown };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
}

/** A selector that is not there selects nothing. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Readonly<Record<string, string>> = {}): boolean {
  return selector !== undefined && isSelected(selector, labels);
}

export function isPodReady({ status }: PodObject): boolean {
  return status?.conditions?.some(({ type, status: state }) => type === "Ready" && state === "True") === true;
}

/** Written by a kubelet of its own accord: nobody can evict it. */
export function isMirrorPod({ metadata }: StoredObject): boolean {
  return metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined;
}

export function podsOnNode(store: ObjectStore, nodeName: string): readonly PodObject[] {
  return (store.list("Pod") as readonly PodObject[]).filter(({ spec }) => spec?.nodeName === nodeName);
}

/** A whole number, or a share of `total` that is rounded up. */
export function scaledValue(value: number | string, total: number): number {
  if (typeof value === "number") return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? Number(value) : Math.ceil((Number(percent) * total) / 100);
}
