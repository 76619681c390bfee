import type { KubernetesClient } from "../kubernetes/client.ts";
import type { Discovery } from "../kubernetes/discovery.ts";
import { ApiError } from "../kubernetes/errors.ts";
import type { Repair } from "../upgrade/upgrade-types.ts";
import { describeFields, valueAt, withValue } from "./object-fields.ts";
import { versionPath } from "./version-fields.ts";

/**
 * Carries out a repair: sets the version if it still is what the repair was planned from, by a merge patch that fails when the object changes in between.
 * A merge patch, and not an apply: the field stays the topology controller's. Rejects with ApiError (409 when somebody else was faster).
 */
export async function setVersion(client: KubernetesClient, discovery: Discovery, { object, from, to }: Repair): Promise<void> {
  const resource = await discovery.resource(object.group, object.kind);
  if (resource === undefined) throw new Error(`The management cluster does not serve ${object.kind}.${object.group}.`);
  const live = await client.get(resource, object.name, object.namespace);
  const path = versionPath(object);
  const found = valueAt(live, path);
  if (found === to) return;
  if (found !== from) {
    throw new ApiError(
      describeFields(object, path),
      409,
      JSON.stringify({ reason: "Conflict", message: `it is ${String(found)} now, not ${from}` }),
    );
  }
  const { resourceVersion } = live.metadata;
  const patch = withValue({ metadata: { resourceVersion } }, path, to);
  await client.mergePatch(resource, object.name, patch, { namespace: object.namespace });
}
