import type { KubernetesClient } from "../../../kubernetes/client.ts";
import type { Discovery } from "../../../kubernetes/discovery.ts";
import { ApiError } from "../../../kubernetes/errors.ts";
import { apiVersionOf, type KubernetesObject } from "../../../kubernetes/resource.ts";
import type { ObjectReference } from "../../../upgrade/cluster-snapshot.ts";

/** Stops a MachineDeployment between two machines: the one in flight is finished, nothing is created. `spec.paused` is not a clean stop: it makes one more machine of the old version (real-stack.md). */
export const holdAnnotation = "cluster.x-k8s.io/paused";

/** Cluster API looks only whether the annotation is there; the value says who put it there, and that only we take it away. */
export const holdValue = "capi-gitops";

/** Not the manager of versions: an apply takes back all that its manager applied before. */
const holdManager = "capi-gitops-hold";

/** `held`: by us. `held-by-others`: somebody else's annotation is there; it is theirs to take away. `gone`: there is no such pool any more. */
export type HoldOutcome = "held" | "held-by-others" | "released" | "gone";

export function isHeldByUs(pool: KubernetesObject): boolean {
  return pool.metadata.annotations?.[holdAnnotation] === holdValue;
}

/** Idempotent. Rejects with ApiError where the API server refuses. */
export async function holdPool(client: KubernetesClient, discovery: Discovery, pool: ObjectReference): Promise<HoldOutcome> {
  return setHold(client, discovery, pool, true);
}

/** Takes our annotation away, and nobody else's. Idempotent. */
export async function releasePool(client: KubernetesClient, discovery: Discovery, pool: ObjectReference): Promise<HoldOutcome> {
  return setHold(client, discovery, pool, false);
}

async function setHold(client: KubernetesClient, discovery: Discovery, pool: ObjectReference, hold: boolean): Promise<HoldOutcome> {
  const resource = await discovery.resource(pool.group, pool.kind);
  if (resource === undefined) return "gone";
  const { name, namespace } = pool;
  try {
    const live = await client.get(resource, name, namespace);
    const there = live.metadata.annotations?.[holdAnnotation];
    if (there !== undefined && there !== holdValue) return "held-by-others";
    if ((there === holdValue) === hold) return hold ? "held" : "released";
    // With its uid an apply cannot make an object that is gone anew.
    const { uid } = live.metadata;
    const annotations = hold ? { annotations: { [holdAnnotation]: holdValue } } : {};
    const metadata = { name, namespace, ...(uid === undefined ? {} : { uid }), ...annotations };
    const applied = await client.apply(
      resource,
      { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata },
      { fieldManager: holdManager },
    );
    if (hold) return "held";
    // Somebody else may have come to own the same value: then it is theirs by now.
    return applied.metadata.annotations?.[holdAnnotation] === undefined ? "released" : "held-by-others";
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return "gone";
    throw error;
  }
}
