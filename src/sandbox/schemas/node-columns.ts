import type { PrinterColumn } from "../api/resource-type.ts";
import { valuesAt } from "../api/table.ts";
import type { StoredObject } from "../store/stored-object.ts";

const wide = 1;

function first(object: StoredObject, path: string, otherwise: string): string {
  const [value] = valuesAt(object, path);
  return typeof value === "number" || (typeof value === "string" && value !== "") ? String(value) : otherwise;
}

function nodeStatus(object: StoredObject): string {
  const ready = first(object, '.status.conditions[?(@.type=="Ready")].status', "");
  const texts = [ready === "" ? "Unknown" : ready === "True" ? "Ready" : "NotReady"];
  if (valuesAt(object, ".spec.unschedulable")[0] === true) texts.push("SchedulingDisabled");
  return texts.join(",");
}

const rolePrefix = "node-role.kubernetes.io/";

function nodeRoles({ metadata: { labels = {} } }: StoredObject): string {
  const roles = Object.entries(labels).flatMap(([name, value]) => {
    if (name.startsWith(rolePrefix)) return name.length > rolePrefix.length ? [name.slice(rolePrefix.length)] : [];
    return name === "kubernetes.io/role" && value !== "" ? [value] : [];
  });
  return roles.length === 0 ? "<none>" : [...new Set(roles)].sort().join(",");
}

function kernel(object: StoredObject): string {
  const architecture = first(object, ".status.nodeInfo.architecture", "");
  const version = first(object, ".status.nodeInfo.kernelVersion", "<unknown>");
  return architecture === "" ? version : `${version} (${architecture})`;
}

function text(name: string, value: (object: StoredObject) => string | number, priority = 0): PrinterColumn {
  return { name, type: "string", jsonPath: "", value, priority };
}

function age(name: string, jsonPath: string, priority = 0): PrinterColumn {
  return { name, type: "date", jsonPath, priority };
}

export const nodeColumns: readonly PrinterColumn[] = [
  text("Status", nodeStatus),
  text("Roles", nodeRoles),
  age("Age", ".metadata.creationTimestamp"),
  text("Version", (object) => first(object, ".status.nodeInfo.kubeletVersion", "")),
  text("Internal-IP", (object) => first(object, '.status.addresses[?(@.type=="InternalIP")].address', "<none>"), wide),
  text("External-IP", (object) => first(object, '.status.addresses[?(@.type=="ExternalIP")].address', "<none>"), wide),
  text("OS-Image", (object) => first(object, ".status.nodeInfo.osImage", "<unknown>"), wide),
  text("Kernel-Version", kernel, wide),
  text("Container-Runtime", (object) => first(object, ".status.nodeInfo.containerRuntimeVersion", "<unknown>"), wide),
];

function eventObject(object: StoredObject): string {
  const kind = first(object, ".involvedObject.kind", "").toLowerCase();
  const name = first(object, ".involvedObject.name", "");
  return name === "" ? kind : `${kind}/${name}`;
}

function eventSource(object: StoredObject): string {
  const component = first(object, ".source.component", first(object, ".reportingComponent", ""));
  const instance = first(object, ".source.host", first(object, ".reportingInstance", ""));
  return instance === "" ? component : `${component}, ${instance}`;
}

/** The name comes before them, as with all kinds: the real table has it last. */
export const eventColumns: readonly PrinterColumn[] = [
  age("Last Seen", ".lastTimestamp"),
  text("Type", (object) => first(object, ".type", "")),
  text("Reason", (object) => first(object, ".reason", "")),
  text("Object", eventObject),
  text("Subobject", (object) => first(object, ".involvedObject.fieldPath", ""), wide),
  text("Source", eventSource, wide),
  text("Message", (object) => first(object, ".message", "").trim()),
  age("First Seen", ".firstTimestamp", wide),
  text("Count", (object) => Number(first(object, ".count", "1")), wide),
];
