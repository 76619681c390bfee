import { groupOf, typeKey } from "../../api/resource-type.ts";
import { ReconcileError } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import type { ClusterClass, MachineDeploymentClass, Template, Topology } from "./topology-objects.ts";

interface PoolBlueprint {
  readonly class: MachineDeploymentClass;
  readonly bootstrap: Template;
  readonly infrastructure: Template;
}

/** The class with the templates it refers to, and what the Cluster makes of it. */
export interface Blueprint {
  readonly topology: Topology;
  readonly class: ClusterClass;
  readonly infrastructureCluster: Template;
  readonly controlPlane: Template;
  /** Undefined: the control plane has no machines of Cluster API. */
  readonly controlPlaneMachine: Template | undefined;
  readonly pools: ReadonlyMap<string, PoolBlueprint>;
}

export function readBlueprint({ objects, type }: Environment, topology: Topology, clusterClass: ClusterClass): Blueprint {
  const { namespace, name: className } = clusterClass.metadata;

  function template(ref: { readonly apiVersion: string; readonly kind: string; readonly name: string }, role: string): Template {
    const found = objects.get(type(typeKey(groupOf(ref.apiVersion), ref.kind)), namespace, ref.name);
    if (found === undefined) {
      const missing = `${type(typeKey(groupOf(ref.apiVersion), ref.kind)).plural}.${groupOf(ref.apiVersion)} "${ref.name}" not found`;
      throw new ReconcileError(
        `error reading the ClusterClass: failed to get ${role} for ClusterClass ${namespace ?? ""}/${className}: failed to retrieve ${ref.kind} ${ref.name}: ${missing}`,
      );
    }
    // What a class refers to is a template.
    return found as Template;
  }

  const { infrastructure, controlPlane, workers } = clusterClass.spec;
  const machine = controlPlane.machineInfrastructure?.templateRef;
  return {
    topology,
    class: clusterClass,
    infrastructureCluster: template(infrastructure.templateRef, "InfrastructureClusterTemplate"),
    controlPlane: template(controlPlane.templateRef, "ControlPlane template"),
    controlPlaneMachine: machine === undefined ? undefined : template(machine, "InfrastructureMachineTemplate for ControlPlane"),
    pools: new Map(
      (workers?.machineDeployments ?? []).map((each) => [
        each.class,
        {
          class: each,
          infrastructure: template(
            each.infrastructure.templateRef,
            `InfrastructureMachineTemplate for MachineDeployment class "${each.class}"`,
          ),
          bootstrap: template(each.bootstrap.templateRef, `BootstrapConfigTemplate for MachineDeployment class "${each.class}"`),
        },
      ]),
    ),
  };
}
