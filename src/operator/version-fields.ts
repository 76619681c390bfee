import type { ObjectReference } from "../upgrade/cluster-snapshot.ts";

type FieldPath = readonly string[];

/**
 * Where an object declares its Kubernetes version; the same in both contract versions (cluster-api.md 3.2).
 * A control plane of any provider has `spec.version` by the control plane contract.
 */
export function versionPath(object: ObjectReference): FieldPath {
  switch (object.kind) {
    case "Cluster":
      return ["spec", "topology", "version"];
    case "MachineDeployment":
    case "MachinePool":
      return ["spec", "template", "spec", "version"];
    default:
      return ["spec", "version"];
  }
}

/**
 * Where an object names its machine template, most recent contract first: v1beta2 moved the control plane's reference
 * under `machineTemplate.spec`. A manifest has exactly one of them.
 */
export function templateNamePaths(object: ObjectReference): readonly FieldPath[] {
  switch (object.kind) {
    case "MachineDeployment":
    case "MachinePool":
      return [["spec", "template", "spec", "infrastructureRef", "name"]];
    default:
      return [
        ["spec", "machineTemplate", "spec", "infrastructureRef", "name"],
        ["spec", "machineTemplate", "infrastructureRef", "name"],
      ];
  }
}
