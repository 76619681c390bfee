import type { StoredObject } from "../store/stored-object.ts";
import { badRequest } from "./api-status-error.ts";
import { isCustomResource } from "./refusals.ts";
import type { ResourceType } from "./resource-type.ts";

/** Fields by which objects of a kind can be selected, apart from name and namespace (pkg/apis/core/v1/conversion.go and others). */
const selectable: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
  ],
  Event: [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  Secret: ["type"],
  Namespace: ["status.phase"],
  Node: ["spec.unschedulable"],
  Service: ["spec.clusterIP", "spec.type"],
  "ReplicaSet.apps": ["status.replicas"],
};

export type MatchesFields = (object: StoredObject) => boolean;

/** `metadata.name=x,spec.nodeName!=y`. Throws a 400 for a field that this kind cannot be selected by. */
export function fieldSelector(text: string, type: ResourceType): MatchesFields {
  const terms = text.split(/(?<!\\),/).filter((term) => term !== "" && term !== "=");
  const requirements = terms.map((term) => {
    const match = /^(.*?)(==|!=|=)(.*)$/.exec(term);
    if (match === null) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
    const [, field = "", operator, value = ""] = match;
    check(field, type);
    const steps = field.split(".");
    const wanted = value.replaceAll(/\\([\\,=])/g, "$1");
    return (object: StoredObject): boolean => (textAt(object, steps) === wanted) === (operator !== "!=");
  });
  return (object) => requirements.every((holds) => holds(object));
}

function check(field: string, type: ResourceType): void {
  if (field === "metadata.name" || (field === "metadata.namespace" && type.namespaced)) return;
  const others = selectable[type.key];
  if (others?.includes(field) === true) return;
  throw badRequest(
    others !== undefined || isCustomResource(type)
      ? `field label not supported: ${field}`
      : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

function textAt(object: unknown, steps: readonly string[]): string {
  let value: unknown = object;
  for (const step of steps)
    value = typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[step] : undefined;
  return typeof value === "string" || typeof value === "boolean" || typeof value === "number" ? String(value) : "";
}
