import type { StatusCause } from "../api/api-status-error.ts";
import { groupOf } from "../api/resource-type.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { classSpecOf, type TemplateReference, type WorkersClass } from "./cluster-topology.ts";
import { forbiddenField } from "./field-faults.ts";

/** Templates may be replaced by others of the same kinds only. */
export function classesAreCompatible(before: StoredObject, after: StoredObject): readonly StatusCause[] {
  const [old, next] = [classSpecOf(before), classSpecOf(after)];
  return [
    ...kindFaults("spec.infrastructure.templateRef", old.infrastructure?.templateRef, next.infrastructure?.templateRef),
    ...kindFaults("spec.controlPlane.templateRef", old.controlPlane?.templateRef, next.controlPlane?.templateRef),
    ...kindFaults(
      "spec.controlPlane.machineInfrastructure.templateRef",
      old.controlPlane?.machineInfrastructure?.templateRef,
      next.controlPlane?.machineInfrastructure?.templateRef,
    ),
    ...workerFaults("spec.workers.machineDeployments", old.workers?.machineDeployments, next.workers?.machineDeployments),
    ...workerFaults("spec.workers.machinePools", old.workers?.machinePools, next.workers?.machinePools),
  ];
}

function workerFaults(field: string, before: readonly WorkersClass[] = [], after: readonly WorkersClass[] = []): readonly StatusCause[] {
  return after.flatMap((next, index) => {
    const old = before.find((each) => each.class === next.class);
    if (old === undefined) return [];
    return kindFaults(`${field}[${index}].infrastructure.templateRef`, old.infrastructure?.templateRef, next.infrastructure?.templateRef);
  });
}

function kindFaults(field: string, before: TemplateReference | undefined, after: TemplateReference | undefined): readonly StatusCause[] {
  const [oldGroup, newGroup] = [groupOf(before?.apiVersion ?? ""), groupOf(after?.apiVersion ?? "")];
  const [oldKind, newKind] = [before?.kind ?? "", after?.kind ?? ""];
  const reason = "to prevent incompatible changes in the Clusters";
  return [
    ...(oldGroup === newGroup
      ? []
      : [forbiddenField(`${field}.apiVersion`, `group of apiVersion cannot be changed from "${oldGroup}" to "${newGroup}" ${reason}`)]),
    ...(oldKind === newKind ? [] : [forbiddenField(`${field}.kind`, `kind cannot be changed from "${oldKind}" to "${newKind}" ${reason}`)]),
  ];
}
