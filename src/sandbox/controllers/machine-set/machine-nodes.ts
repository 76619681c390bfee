import { findCondition } from "../../conditions/condition.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { Environment } from "../environment.ts";
import type { Machine } from "./machine-objects.ts";

interface NodeCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly lastTransitionTime?: string;
}

/** How many of the machines' Nodes are Ready, and for how many it has been so for that long; a workload cluster that does not answer has none. */
export function readyNodes(
  environment: Environment,
  cluster: StoredObject,
  machines: readonly Machine[],
  minReadySeconds: number,
  now: number,
): { readonly ready: number; readonly available: number } {
  let ready = 0;
  let available = 0;
  for (const machine of machines) {
    const condition = findCondition(nodeConditions(nodeOf(environment, cluster, machine)), "Ready");
    if (condition?.status !== "True") continue;
    ready += 1;
    if (minReadySeconds === 0 || Date.parse(condition.lastTransitionTime ?? "") + minReadySeconds * 1000 < now) available += 1;
  }
  return { ready, available };
}

/** Undefined also when the workload cluster does not answer. */
export function nodeOf(environment: Environment, cluster: StoredObject, machine: Machine): StoredObject | undefined {
  const name = machine.status?.nodeRef?.name;
  if (name === undefined) return undefined;
  const workload = environment.workloads.get({ namespace: cluster.metadata.namespace ?? "", name: cluster.metadata.name });
  return workload?.reachable === true ? workload.objects.get(workload.type("Node"), undefined, name) : undefined;
}

export function nodeConditions(node: StoredObject | undefined): readonly NodeCondition[] {
  // A Node of core/v1.
  return (node as { readonly status?: { readonly conditions?: readonly NodeCondition[] } } | undefined)?.status?.conditions ?? [];
}
