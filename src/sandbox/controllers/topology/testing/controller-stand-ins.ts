import type { StoredObject } from "../../../store/stored-object.ts";
import type { Environment } from "../../environment.ts";
import { labelKeys, typeKeys } from "../topology-objects.ts";

const manager = "stand-in";
const controlPlaneKey = "KubeadmControlPlane.controlplane.cluster.x-k8s.io";

/** KubeadmControlPlanes say after a while that they have what their spec says, and MachineDeployments that their one Machine has it. */
export function standInForControllers({ objects, type, timeline }: Environment, rolloutMilliseconds: number): void {
  objects.store.subscribe((event) => {
    if (event.kind === "deleted") return;
    const { object } = event;
    const isNew = event.kind === "added" || event.previous.metadata.generation !== object.metadata.generation;
    if (!isNew) return;
    if (event.type === controlPlaneKey) timeline.after(rolloutMilliseconds, () => settleControlPlane(object));
    if (event.type === typeKeys.machineDeployment) timeline.after(rolloutMilliseconds, () => settlePool(object));
  });

  function settleControlPlane({ metadata: { namespace, name } }: StoredObject): void {
    const live = objects.get(type(controlPlaneKey), namespace, name);
    if (live === undefined) return;
    // A KubeadmControlPlane.
    const { version, replicas = 1 } = live["spec"] as { readonly version: string; readonly replicas?: number };
    const status = {
      observedGeneration: live.metadata.generation,
      replicas,
      version,
      versions: [{ version, replicas }],
    };
    objects.modify(type(controlPlaneKey), namespace, name, (object) => ({ ...object, status }), { manager, subresource: "status" });
  }

  function settlePool({ metadata: { namespace, name } }: StoredObject): void {
    const live = objects.get(type(typeKeys.machineDeployment), namespace, name);
    if (live === undefined) return;
    // A MachineDeployment.
    const { template, clusterName } = live["spec"] as {
      readonly clusterName: string;
      readonly template: { readonly metadata: object; readonly spec: { readonly version: string } };
    };
    const { version } = template.spec;
    const machine = { metadata: { ...template.metadata, name: `${name}-machine`, namespace: namespace! }, spec: template.spec };
    if (objects.get(type(typeKeys.machine), namespace, machine.metadata.name) === undefined) {
      const clusterLabel = { [labelKeys.cluster]: clusterName };
      const labels = { ...clusterLabel, ...live.metadata.labels };
      objects.create(type(typeKeys.machine), { ...machine, metadata: { ...machine.metadata, labels } }, { manager });
    } else {
      objects.modify(type(typeKeys.machine), namespace, machine.metadata.name, (object) => ({ ...object, spec: machine.spec }), {
        manager,
      });
    }
    const status = { observedGeneration: live.metadata.generation, replicas: 1, versions: [{ version, replicas: 1 }] };
    objects.modify(type(typeKeys.machineDeployment), namespace, name, (object) => ({ ...object, status }), {
      manager,
      subresource: "status",
    });
  }
}
