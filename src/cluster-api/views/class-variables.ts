import type { VariableScope, VariableText } from "../../upgrade/cluster-snapshot.ts";
import { asRecord, asText, valueAt, type RawObject } from "./fields.ts";
import { textsIn, versionsIn } from "./machine-template.ts";

/**
 * All texts in the values that a Cluster gives the variables of its ClusterClass: its own, then what its control plane and its pools have in their place. Both contract versions have them at the
 * same paths (`spec.topology…variables`).
 */
export function readVariableTexts(topology: RawObject): readonly VariableText[] {
  const workers = (list: string, kind: "MachineDeployment" | "MachinePool"): readonly VariableText[] =>
    items(valueAt(topology, `workers.${list}`)).flatMap((pool) => {
      const text = (field: string): string => asText(asRecord(pool)?.[field]) ?? "";
      return readValues(valueAt(pool, "variables.overrides"), { kind, name: text("name"), className: text("class") });
    });
  return [
    ...readValues(topology["variables"], { kind: "cluster" }),
    ...readValues(valueAt(topology, "controlPlane.variables.overrides"), { kind: "control-plane" }),
    ...workers("machineDeployments", "MachineDeployment"),
    ...workers("machinePools", "MachinePool"),
  ];
}

function readValues(list: unknown, of: VariableScope): readonly VariableText[] {
  return items(list).flatMap((entry) => {
    const variable = asText(asRecord(entry)?.["name"]);
    if (variable === undefined) return [];
    return textsIn(asRecord(entry)?.["value"], []).map(({ path, value }) => ({ variable, of, path, value, versions: versionsIn(value) }));
  });
}

function items(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? list : [];
}
