import type { ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import type { ObjectFields } from "./object-fields.ts";

/** As statuses have it: the core group and no namespace are left out. */
export function referenceFields({
  group,
  kind,
  namespace,
  name,
}: ObjectReference): Partial<ObjectReference> & { readonly kind: string; readonly name: string } {
  return { ...(group === "" ? {} : { group }), kind, ...(namespace === "" ? {} : { namespace }), name };
}

export function readReference(fields: ObjectFields): ObjectReference {
  return {
    group: fields.text("group") ?? "",
    kind: fields.requiredText("kind"),
    namespace: fields.text("namespace") ?? "",
    name: fields.requiredText("name"),
  };
}
