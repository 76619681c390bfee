import { ApiStatusError } from "../../api/api-status-error.ts";
import { typeKey } from "../../api/resource-type.ts";
import type { Random } from "../../engine/random.ts";
import type { JsonMap, StoredObject } from "../../store/stored-object.ts";
import { annotationKeys, managers, typeKeys, type Machine } from "./cluster-objects.ts";
import { desiredKubeadmConfigSpec } from "./desired-kubeadm-config.ts";
import { controllerReference, inPlaceSpec, machineLabels, machineName, readinessGates } from "./desired-machine.ts";
import { reportLegacy, type Scope } from "./scope.ts";

export interface MachineRequest {
  /** False: `kubeadm init`, for the first machine. */
  readonly joins: boolean;
  readonly failureDomain: string | undefined;
}

/** Makes the infrastructure machine, the KubeadmConfig and the Machine, all of one name; what was made is taken back when a later one fails. */
export function createMachine(scope: Scope, random: Random, { joins, failureDomain }: MachineRequest): StoredObject {
  const { environment, kcp, cluster } = scope;
  const { objects, type } = environment;
  const name = machineName(kcp, cluster.metadata.name, random);
  const { namespace } = kcp.metadata;
  const labels = machineLabels(kcp, cluster.metadata.name);
  const annotations = kcp.spec.machineTemplate.metadata?.annotations;
  const { controller: _controller, blockOwnerDeletion: _block, ...owner } = controllerReference(kcp);
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), labels, ownerReferences: [owner] };
  const options = { manager: managers.machines };

  const { infrastructureRef } = kcp.spec.machineTemplate.spec;
  const infrastructureKind = infrastructureRef.kind.replace(/Template$/, "");
  const infrastructureType = type(typeKey(infrastructureRef.apiGroup, infrastructureKind));
  const template = objects.need(type(typeKey(infrastructureRef.apiGroup, infrastructureRef.kind)), namespace, infrastructureRef.name);
  const { metadata: templateMetadata, ...rest } = templateOf(template);
  attempt(scope, "InfrastructureTemplateCloningFailed", () =>
    objects.create(
      infrastructureType,
      {
        ...rest,
        metadata: {
          ...metadata,
          labels: { ...templateMetadata?.labels, ...labels },
          annotations: {
            ...templateMetadata?.annotations,
            ...annotations,
            [annotationKeys.clonedFromName]: infrastructureRef.name,
            [annotationKeys.clonedFromGroupKind]: `${infrastructureRef.kind}.${infrastructureRef.apiGroup}`,
          },
        },
      },
      options,
    ),
  );
  const undo = [(): unknown => objects.delete(infrastructureType, namespace, name, {})];
  try {
    const kubeadmConfigType = type(typeKeys.kubeadmConfig);
    attempt(scope, "BootstrapTemplateCloningFailed", () =>
      objects.create(
        kubeadmConfigType,
        { metadata: { ...metadata, ...(annotations === undefined ? {} : { annotations }) }, spec: desiredKubeadmConfigSpec(kcp, joins) },
        options,
      ),
    );
    undo.push(() => objects.delete(kubeadmConfigType, namespace, name, {}));
    const spec: Machine["spec"] = {
      clusterName: cluster.metadata.name,
      version: kcp.spec.version,
      bootstrap: { configRef: { apiGroup: kubeadmConfigType.group, kind: kubeadmConfigType.kind, name } },
      infrastructureRef: { apiGroup: infrastructureRef.apiGroup, kind: infrastructureKind, name },
      ...(failureDomain === undefined ? {} : { failureDomain }),
      ...inPlaceSpec(kcp),
      readinessGates: readinessGates(kcp, scope.stackedEtcd),
    };
    const remediation = scope.remediationInProgress;
    const machine = attempt(scope, "MachineGenerationFailed", () =>
      objects.create(
        type(typeKeys.machine),
        {
          metadata: {
            ...metadata,
            annotations: {
              ...annotations,
              ...(remediation === undefined ? {} : { [annotationKeys.remediationFor]: remediation }),
              [annotationKeys.cleanupHook]: "",
            },
            ownerReferences: [controllerReference(kcp)],
          },
          spec,
        },
        options,
      ),
    );
    scope.remediationInProgress = undefined;
    return machine;
  } catch (error) {
    for (const step of undo.toReversed()) step();
    throw error;
  }
}

/** `spec.template` of a template: the object to be, without its name. */
function templateOf(template: StoredObject): { readonly metadata?: StoredObject["metadata"] } & JsonMap {
  // By the contract of templates (https://cluster-api.sigs.k8s.io/developer/providers/contracts/infra-machine#inframachinetemplate-support).
  const spec = template["spec"] as { readonly template?: { readonly metadata?: StoredObject["metadata"] } & JsonMap } | undefined;
  return spec?.template ?? {};
}

function attempt(scope: Scope, reason: string, create: () => StoredObject): StoredObject {
  try {
    return create();
  } catch (error) {
    if (error instanceof ApiStatusError) {
      reportLegacy(scope, { type: "MachinesCreated", status: "False", severity: "Error", reason, message: error.message });
    }
    throw error;
  }
}
