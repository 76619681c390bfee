import type { KubernetesClient } from "../../../kubernetes/client.ts";
import type { Discovery } from "../../../kubernetes/discovery.ts";
import { ApiError } from "../../../kubernetes/errors.ts";
import { apiVersionOf, type KubernetesObject } from "../../../kubernetes/resource.ts";
import { heldByOf, HOLD_ANNOTATION, holdValue } from "../../../upgrade/attempt/hold-annotation.ts";
import type { ObjectReference } from "../../../upgrade/cluster-snapshot.ts";

/** Not the manager of versions: an apply takes back all that its manager applied before. */
const holdManager = "capi-gitops-hold";

/** `held`: by us. `held-by-others`: somebody else's annotation is there; it is theirs to take away. `gone`: there is no such pool any more. */
export type HoldOutcome = "held" | "held-by-others" | "released" | "gone";

/** The upgrade that holds it; undefined when none of ours does. */
export function holderOf(pool: KubernetesObject): string | undefined {
  return heldByOf(pool.metadata.annotations?.[HOLD_ANNOTATION]);
}

/** Idempotent. Rejects with ApiError where the API server refuses. */
export async function holdPool(
  client: KubernetesClient,
  discovery: Discovery,
  pool: ObjectReference,
  upgradeId: string,
): Promise<HoldOutcome> {
  return setHold(client, discovery, pool, holdValue(upgradeId));
}

/** Takes our annotation away, and nobody else's. Idempotent. */
export async function releasePool(client: KubernetesClient, discovery: Discovery, pool: ObjectReference): Promise<HoldOutcome> {
  return setHold(client, discovery, pool, undefined);
}

/** Undefined: without it. */
async function setHold(
  client: KubernetesClient,
  discovery: Discovery,
  pool: ObjectReference,
  value: string | undefined,
): Promise<HoldOutcome> {
  const resource = await discovery.resource(pool.group, pool.kind);
  if (resource === undefined) return "gone";
  const { name, namespace } = pool;
  try {
    const live = await client.get(resource, name, namespace);
    const there = live.metadata.annotations?.[HOLD_ANNOTATION];
    if (there !== undefined && heldByOf(there) === undefined) return "held-by-others";
    if (there === value) return value === undefined ? "released" : "held";
    // With its uid an apply cannot make an object that is gone anew.
    const { uid } = live.metadata;
    const annotations = value === undefined ? {} : { annotations: { [HOLD_ANNOTATION]: value } };
    const metadata = { name, namespace, ...(uid === undefined ? {} : { uid }), ...annotations };
    const applied = await client.apply(
      resource,
      { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata },
      { fieldManager: holdManager, force: value !== undefined },
    );
    if (value !== undefined) return "held";
    // Somebody else may have come to own the same value: then it is theirs by now.
    return applied.metadata.annotations?.[HOLD_ANNOTATION] === undefined ? "released" : "held-by-others";
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return "gone";
    throw error;
  }
}
