import type { PrinterColumn } from "../api/resource-type.ts";
import { valuesAt } from "../api/table.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { eventColumns, nodeColumns } from "./node-columns.ts";
import { podReady, podRestarts, podStatus } from "./pod-columns.ts";
import { labelSelectorText, labelsText } from "./selector-text.ts";

type Cell = NonNullable<PrinterColumn["value"]>;

const age: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };
/** What kinds without columns of their own show. */
const createdAt: PrinterColumn = { name: "Created At", type: "date", jsonPath: "", value: at(".metadata.creationTimestamp", "") };
const wide = 1;

function computed(name: string, value: Cell, priority = 0): PrinterColumn {
  return { name, type: "string", jsonPath: "", value, priority };
}

function count(name: string, path: string): PrinterColumn {
  return { name, type: "integer", jsonPath: path, value: (object) => Number(valuesAt(object, path)[0] ?? 0) };
}

/** The value as text, or what stands for none. */
function at(path: string, otherwise: string): Cell {
  return (object) => {
    const [value] = valuesAt(object, path);
    return typeof value === "number" || (typeof value === "string" && value !== "") ? String(value) : otherwise;
  };
}

function size(...fields: readonly string[]): Cell {
  return (object) => fields.reduce((sum, field) => sum + Object.keys(object[field] ?? {}).length, 0);
}

function share(some: string, all: string): Cell {
  return (object) => `${at(some, "0")(object)}/${at(all, "0")(object)}`;
}

const containers = computed("Containers", joined(".spec.template.spec.containers[*].name", ","), wide);
const images = computed("Images", joined(".spec.template.spec.containers[*].image", ","), wide);
const selector = computed("Selector", (object) => labelSelectorText(valuesAt(object, ".spec.selector")[0]), wide);

function joined(path: string, between: string): Cell {
  return (object) => valuesAt(object, path).join(between);
}

function subjects(name: string, kind: string): PrinterColumn {
  const text = (object: StoredObject): string =>
    valuesAt(object, `.subjects[?(@.kind=="${kind}")]`)
      .map((subject) => [...valuesAt(subject, ".namespace"), ...valuesAt(subject, ".name")].join("/"))
      .join(", ");
  return computed(name, text, wide);
}

function servicePorts(object: StoredObject): string {
  const ports = valuesAt(object, ".spec.ports[*]") as readonly { port: number; nodePort?: number; protocol?: string }[];
  const texts = ports.map(({ port, nodePort, protocol = "TCP" }) => `${port}${nodePort ? `:${nodePort}` : ""}/${protocol}`);
  return texts.length === 0 ? "<none>" : texts.join(",");
}

const binding = [
  computed("Role", (object) => `${at(".roleRef.kind", "")(object)}/${at(".roleRef.name", "")(object)}`),
  age,
  subjects("Users", "User"),
  subjects("Groups", "Group"),
  subjects("ServiceAccounts", "ServiceAccount"),
];

/** Columns of `kubectl get` after the name, by kind (k8s.io/kubernetes pkg/printers/internalversion). */
export const builtInColumns: Readonly<Record<string, readonly PrinterColumn[]>> = {
  ClusterRole: [createdAt],
  ClusterRoleBinding: binding,
  ConfigMap: [computed("Data", size("data", "binaryData")), age],
  CustomResourceDefinition: [createdAt],
  DaemonSet: [
    count("Desired", ".status.desiredNumberScheduled"),
    count("Current", ".status.currentNumberScheduled"),
    count("Ready", ".status.numberReady"),
    count("Up-to-date", ".status.updatedNumberScheduled"),
    count("Available", ".status.numberAvailable"),
    computed("Node Selector", (object) => labelsText(valuesAt(object, ".spec.template.spec.nodeSelector")[0])),
    age,
    containers,
    images,
    selector,
  ],
  Deployment: [
    computed("Ready", share(".status.readyReplicas", ".spec.replicas")),
    count("Up-to-date", ".status.updatedReplicas"),
    count("Available", ".status.availableReplicas"),
    age,
    containers,
    images,
    selector,
  ],
  Event: eventColumns,
  Lease: [computed("Holder", at(".spec.holderIdentity", "")), age],
  Namespace: [computed("Status", at(".status.phase", "")), age],
  Node: nodeColumns,
  Pod: [
    computed("Ready", podReady),
    computed("Status", podStatus),
    computed("Restarts", podRestarts),
    age,
    computed("IP", at(".status.podIPs[0].ip", "<none>"), wide),
    computed("Node", at(".spec.nodeName", "<none>"), wide),
    computed("Nominated Node", at(".status.nominatedNodeName", "<none>"), wide),
    computed("Readiness Gates", () => "<none>", wide),
  ],
  PodDisruptionBudget: [
    computed("Min Available", at(".spec.minAvailable", "N/A")),
    computed("Max Unavailable", at(".spec.maxUnavailable", "N/A")),
    count("Allowed Disruptions", ".status.disruptionsAllowed"),
    age,
  ],
  ReplicaSet: [
    count("Desired", ".spec.replicas"),
    count("Current", ".status.replicas"),
    count("Ready", ".status.readyReplicas"),
    age,
    containers,
    images,
    selector,
  ],
  Role: [createdAt],
  RoleBinding: binding,
  Secret: [computed("Type", at(".type", "")), computed("Data", size("data")), age],
  Service: [
    computed("Type", at(".spec.type", "")),
    computed("Cluster-IP", at(".spec.clusterIPs[0]", "<none>")),
    computed("External-IP", at(".status.loadBalancer.ingress[0].ip", "<none>")),
    computed("Port(s)", servicePorts),
    age,
    computed("Selector", (object) => labelsText(valuesAt(object, ".spec.selector")[0]), wide),
  ],
  ServiceAccount: [age],
  StatefulSet: [computed("Ready", share(".status.readyReplicas", ".spec.replicas")), age, containers, images],
  VolumeAttachment: [
    computed("Attacher", at(".spec.attacher", "")),
    computed("PV", at(".spec.source.persistentVolumeName", "")),
    computed("Node", at(".spec.nodeName", "")),
    { name: "Attached", type: "boolean", jsonPath: ".status.attached" },
    age,
  ],
};
