import type { NodeSnapshot } from "../../upgrade/cluster-snapshot.ts";
import { asRecord, asText, fieldReader, same, valueAt, type GapReport, type RawObject } from "./fields.ts";
import { nameOf, readMeta } from "./object-meta.ts";
import { remembered } from "./remembered.ts";

const NODE_FIELDS = {
  unschedulable: same("boolean", "spec.unschedulable"),
  kubeletVersion: same("string", "status.nodeInfo.kubeletVersion"),
  conditions: same("array", "status.conditions"),
} as const;

/** A Node of the workload cluster. Its kubelet version is empty until the kubelet has reported. */
export const readNode = remembered(nodeView);

function nodeView(object: RawObject, report: GapReport): NodeSnapshot {
  const meta = readMeta(object, "Node", report);
  const fields = fieldReader(object, NODE_FIELDS, nameOf(meta.ref), report);
  const ready = fields.list("conditions").find((entry) => asText(asRecord(entry)?.["type"]) === "Ready");
  return {
    name: meta.ref.name,
    ready: asText(valueAt(ready, "status")) === "True",
    unschedulable: fields.flag("unschedulable") ?? false,
    kubeletVersion: fields.text("kubeletVersion") ?? "",
  };
}
