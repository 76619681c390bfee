import { ApiStatusError } from "../../api/api-status-error.ts";
import { typeKey } from "../../api/resource-type.ts";
import type { Random } from "../../engine/random.ts";
import { ReconcileError } from "../controller-runtime.ts";
import { machineLabels, machineName, newMachineSpec } from "./desired-machine.ts";
import { machineKey, type ContractReference, type MachineSet } from "./machine-objects.ts";
import { machineSetManager, requeue, type MachineSetScope } from "./machine-set-scope.ts";
import { failedPreflightChecks } from "./preflight-checks.ts";
import { controllingOwner, copyTemplate, ownerOf } from "./template-reference.ts";

const preflightRetryMilliseconds = 15_000;

/** Makes machines, each with its bootstrap config and infrastructure machine; not while preflight checks fail. */
export function createMachines(scope: MachineSetScope, count: number, random: Random): void {
  const { environment, cluster, machineSet } = scope;
  const created = { type: "MachinesCreated", status: "False", severity: "Error" } as const;
  let failed: readonly string[];
  try {
    failed = failedPreflightChecks(environment, cluster, machineSet);
  } catch (error) {
    if (!(error instanceof ApiStatusError)) throw error;
    scope.failedPreflightChecks = [error.message];
    scope.creationFailure = { ...created, reason: "PreflightCheckFailed", message: error.message };
    throw error;
  }
  if (failed.length > 0) {
    scope.failedPreflightChecks = failed;
    scope.creationFailure = { ...created, reason: "PreflightCheckFailed", message: failed.join("; ") };
    requeue(scope, preflightRetryMilliseconds);
    return;
  }
  for (let index = 0; index < count; index += 1) {
    const name = machineName(machineSet, () => random.suffix(5));
    const { configRef, infrastructureRef } = copies(scope, name, (reason, error) => {
      scope.creationFailure = { ...created, reason, message: error.message };
    });
    const spec = newMachineSpec(machineSet);
    environment.objects.create(
      environment.type(machineKey),
      {
        metadata: {
          name,
          ...namespaceOf(machineSet),
          labels: machineLabels(machineSet),
          ...annotationsOf(machineSet),
          finalizers: ["machine.cluster.x-k8s.io"],
          ownerReferences: [controllingOwner(machineSet)],
        },
        spec: { ...spec, bootstrap: { ...spec.bootstrap, ...(configRef === undefined ? {} : { configRef }) }, infrastructureRef },
      },
      { manager: machineSetManager },
    );
    environment.recordEvent(machineSet, "Normal", "SuccessfulCreate", `Created Machine "${name}"`);
  }
}

/** The bootstrap config and the infrastructure machine; when the second cannot be made, the first goes again. */
function copies(
  { environment, machineSet }: MachineSetScope,
  name: string,
  onFailure: (reason: string, error: Error) => void,
): { readonly configRef: ContractReference | undefined; readonly infrastructureRef: ContractReference } {
  const { bootstrap, infrastructureRef } = machineSet.spec.template.spec;
  const { namespace } = machineSet.metadata;
  const copy = (reference: ContractReference): ContractReference =>
    copyTemplate(
      environment,
      {
        reference,
        namespace,
        name,
        clusterName: machineSet.spec.clusterName,
        owner: ownerOf(machineSet),
        labels: machineLabels(machineSet),
        annotations: machineSet.spec.template.metadata?.annotations ?? {},
      },
      machineSetManager,
    );
  if (infrastructureRef === undefined) throw new ReconcileError("spec.template.spec.infrastructureRef is not set");
  let configRef: ContractReference | undefined;
  try {
    configRef = bootstrap?.configRef === undefined ? undefined : copy(bootstrap.configRef);
  } catch (error) {
    if (error instanceof ApiStatusError) onFailure("BootstrapTemplateCloningFailed", error);
    throw error;
  }
  try {
    return { configRef, infrastructureRef: copy(infrastructureRef) };
  } catch (error) {
    if (configRef !== undefined)
      environment.objects.delete(environment.type(typeKey(configRef.apiGroup, configRef.kind)), namespace, name, {});
    if (error instanceof ApiStatusError) onFailure("InfrastructureTemplateCloningFailed", error);
    throw error;
  }
}

function namespaceOf({ metadata }: MachineSet): { readonly namespace?: string } {
  return metadata.namespace === undefined ? {} : { namespace: metadata.namespace };
}

function annotationsOf({ spec }: MachineSet): { readonly annotations?: Readonly<Record<string, string>> } {
  const annotations = spec.template.metadata?.annotations;
  return annotations === undefined || Object.keys(annotations).length === 0 ? {} : { annotations };
}
