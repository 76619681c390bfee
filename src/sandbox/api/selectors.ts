import type { StoredObject } from "../store/stored-object.ts";
import { badRequest } from "./api-status-error.ts";

export type Matches = (object: StoredObject) => boolean;

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Throws a 400 with the API server's words. */
export function labelSelector(text: string | null): Matches | undefined {
  if (text === null || text.trim() === "") return undefined;
  const requirements = splitRequirements(text).map(labelRequirement);
  return ({ metadata }) => requirements.every((holds) => holds(metadata.labels ?? {}));
}

type Labels = Readonly<Record<string, string>>;

/** At commas, but not within parentheses. */
function splitRequirements(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function labelRequirement(text: string): (labels: Labels) => boolean {
  const set = /^([^\s!=,()]+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = new Set(list.split(",").map((value) => value.trim()));
    return (labels) => {
      const value = labels[key];
      return operator === "in" ? value !== undefined && values.has(value) : value === undefined || !values.has(value);
    };
  }
  const equality = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$/.exec(text);
  if (equality !== null) {
    const [, key = "", operator, value] = equality;
    return operator === "!=" ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const existence = /^(!?)\s*([^\s!=,()]+)$/.exec(text);
  if (existence === null) throw badRequest(`unable to parse requirement: found '${text}', expected: identifier`);
  const [, not, key = ""] = existence;
  return not === "!" ? (labels) => labels[key] === undefined : (labels) => labels[key] !== undefined;
}

/** Fields by which objects of a kind can be selected; all kinds: name and namespace. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase", "status.podIP"],
  Event: ["involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "reason", "type", "source"],
  Secret: ["type"],
  Namespace: ["status.phase"],
  Node: ["spec.unschedulable"],
};

/** `metadata.name=x,spec.nodeName!=y`. Throws a 400 for a field that this kind cannot be selected by. */
export function fieldSelector(text: string | null, kind: string): Matches | undefined {
  if (text === null || text.trim() === "") return undefined;
  const requirements = text.split(",").map((part) => {
    const match = /^([^!=]+)(==|=|!=)(.*)$/.exec(part.trim());
    if (match === null) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
    const [, field = "", operator, value] = match;
    if (field !== "metadata.name" && field !== "metadata.namespace" && selectable[kind]?.includes(field) !== true) {
      throw badRequest(`field label not supported: ${field}`);
    }
    const steps = field.split(".");
    return (object: StoredObject): boolean => (textAt(object, steps) === value) !== (operator === "!=");
  });
  return (object) => requirements.every((holds) => holds(object));
}

function textAt(object: unknown, steps: readonly string[]): string {
  let value: unknown = object;
  for (const step of steps)
    value = typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[step] : undefined;
  return typeof value === "string" || typeof value === "boolean" || typeof value === "number" ? String(value) : "";
}
