import { defaultNaming, desiredControlPlane } from "./desired-control-plane.ts";
import { desiredMachineDeployment } from "./desired-machine-deployment.ts";
import { planUpgrade } from "./desired-versions.ts";
import { suffixedName, templatedName } from "./generated-name.ts";
import { desiredHealthCheck } from "./health-check.ts";
import { patched } from "./patches/patch-engine.ts";
import type { DesiredState, Scope } from "./scope.ts";
import { objectFromTemplate, templateFromTemplate } from "./template-clone.ts";
import { labelKeys } from "./topology-objects.ts";

/** All objects of the topology as they are to be now. The order counts: pools look at what was decided for the control plane. */
export function desiredState(scope: Scope): DesiredState {
  const { random, cluster, blueprint, current } = scope;
  const clusterName = cluster.metadata.name;
  const ofClass = blueprint.class.spec;
  const infrastructureCluster = objectFromTemplate(
    blueprint.infrastructureCluster,
    cluster,
    cluster.spec.infrastructureRef?.name ??
      templatedName(random, ofClass.infrastructure.naming?.template ?? defaultNaming, { cluster: { name: clusterName } }),
  );
  const controlPlaneMachine =
    blueprint.controlPlaneMachine === undefined
      ? undefined
      : templateFromTemplate(
          blueprint.controlPlaneMachine,
          cluster,
          current.controlPlaneMachine?.metadata.name ?? suffixedName(random, `${clusterName}-`),
        );
  planUpgrade(scope);
  const controlPlane = desiredControlPlane(scope, controlPlaneMachine);
  const controlPlaneHealthCheck =
    controlPlaneMachine === undefined
      ? undefined
      : desiredHealthCheck(
          cluster,
          controlPlane,
          { [labelKeys.owned]: "", [labelKeys.controlPlane]: "" },
          blueprint.topology.controlPlane?.healthCheck,
          ofClass.controlPlane.healthCheck,
        );
  const pools = (blueprint.topology.workers?.machineDeployments ?? []).map((pool) => desiredMachineDeployment(scope, pool));
  return patched(scope, { infrastructureCluster, controlPlane, controlPlaneMachine, controlPlaneHealthCheck, pools });
}
