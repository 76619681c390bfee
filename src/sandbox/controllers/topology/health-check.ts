import type { JsonMap } from "../../store/stored-object.ts";
import { ownerReference } from "./template-clone.ts";
import { definedOrNothing, labelKeys, typeKeys, type Cluster, type Desired, type HealthCheck } from "./topology-objects.ts";

/** CAPI's default, in seconds. */
const nodeStartupTimeoutSeconds = 600;

/** The MachineHealthCheck that topology or class ask for; undefined when neither does. */
export function desiredHealthCheck(
  cluster: Cluster,
  target: Desired,
  matchLabels: Readonly<Record<string, string>>,
  ofTopology: HealthCheck | undefined,
  ofClass: HealthCheck | undefined,
): Desired | undefined {
  if (!isDefined(ofTopology) && !isDefined(ofClass)) return undefined;
  if (ofTopology?.enabled === false) return undefined;
  const { checks, remediation } = (isDefined(ofTopology) ? ofTopology : ofClass) ?? {};
  const remedy = definedOrNothing<JsonMap>({ triggerIf: remediation?.triggerIf, templateRef: remediation?.templateRef });
  const { name, namespace } = target.metadata;
  return {
    apiVersion: cluster.apiVersion,
    kind: typeKeys.machineHealthCheck.split(".")[0]!,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { [labelKeys.owned]: "", [labelKeys.cluster]: cluster.metadata.name },
      ownerReferences: [ownerReference(cluster)],
    },
    spec: {
      clusterName: cluster.metadata.name,
      selector: { matchLabels },
      checks: { nodeStartupTimeoutSeconds, ...checks },
      ...(remedy === undefined ? {} : { remediation: remedy }),
    },
  };
}

/** Whether it is on or off does not count. */
function isDefined(check: HealthCheck | undefined): boolean {
  return check?.checks !== undefined || check?.remediation !== undefined;
}
