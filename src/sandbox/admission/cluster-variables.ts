import { invalid, type StatusCause } from "../api/api-status-error.ts";
import type { Schema } from "../api/resource-type.ts";
import { applyDefaults } from "../schemas/apply-defaults.ts";
import { isFields } from "../schemas/compiled-schema.ts";
import { pruneUnknown } from "../schemas/prune-unknown.ts";
import { validateSchema } from "../schemas/validate-schema.ts";
import type { StoredObject } from "../store/stored-object.ts";
import type { ClusterSpec, Overridable, Variable } from "./cluster-topology.ts";
import { invalidField, requiredField } from "./field-faults.ts";
import { withFields } from "./filled-in.ts";
import type { WebhookRequest } from "./webhook.ts";
import { oncePerObject } from "../store/once-per-object.ts";

interface Definition {
  readonly name: string;
  readonly definitions: readonly { readonly required?: boolean; readonly schema: { readonly openAPIV3Schema: Schema } }[];
}

interface ClassStatus {
  readonly variables?: readonly Definition[];
}

/** The Cluster with the defaults of the variables that its class defines; throws when values break their schemas. */
export function withVariables({ type }: WebhookRequest, cluster: StoredObject, clusterClass: StoredObject): StoredObject {
  const { variables: definitions = [] } = (clusterClass["status"] ?? {}) as ClassStatus;
  const spec = cluster["spec"] as ClusterSpec;
  const topology = spec.topology!;
  const faults: StatusCause[] = [];
  const path = "spec.topology";

  function filled(field: string, values: readonly Variable[], isWholeCluster: boolean): readonly Variable[] {
    const unknown = values.filter(({ name }) => !definitions.some((each) => each.name === name));
    for (const { name, value } of unknown) faults.push(invalidField(`${field}[${name}]`, JSON.stringify(value), "variable is not defined"));
    const known = values.filter((each) => !unknown.includes(each));
    const added = isWholeCluster && unknown.length === 0 ? missing(values, definitions) : [];
    // With unknown ones among them none gets a default.
    const defaulted = unknown.length > 0 ? known : [...known, ...added].map((each) => withDefault(each, schemaOf(each.name)));
    if (isWholeCluster) faults.push(...requiredFaults(field, defaulted, definitions));
    for (const each of defaulted) faults.push(...valueFaults(`${field}[${each.name}]`, each, schemaOf(each.name)));
    return defaulted.length === values.length && defaulted.every((each, index) => each === values[index]) ? values : defaulted;
  }

  function schemaOf(name: string): Schema {
    return definitions.find((each) => each.name === name)!.definitions[0]!.schema.openAPIV3Schema;
  }

  function withOverrides<T extends Overridable>(field: string, part: T): T {
    const { variables } = part;
    if (variables?.overrides === undefined || variables.overrides.length === 0) return part;
    const overrides = filled(`${field}.variables.overrides`, variables.overrides, false);
    return overrides === variables.overrides ? part : { ...part, variables: { ...variables, overrides } };
  }

  function eachWithOverrides<T extends Overridable & { readonly name: string }>(field: string, parts: readonly T[]): readonly T[] {
    const next = parts.map((part) => withOverrides(`${field}[${part.name}]`, part));
    return next.every((part, index) => part === parts[index]) ? parts : next;
  }

  const { variables = [], controlPlane, workers } = topology;
  const values = filled(`${path}.variables`, variables, true);
  const next = withFields(topology, {
    ...(values.length === 0 ? {} : { variables: values }),
    ...(controlPlane === undefined ? {} : { controlPlane: withOverrides(`${path}.controlPlane`, controlPlane) }),
    ...(workers === undefined
      ? {}
      : {
          workers: withFields(workers, {
            ...(workers.machineDeployments && {
              machineDeployments: eachWithOverrides(`${path}.workers.machineDeployments`, workers.machineDeployments),
            }),
            ...(workers.machinePools && { machinePools: eachWithOverrides(`${path}.workers.machinePools`, workers.machinePools) }),
          }),
        }),
  });
  if (faults.length > 0) throw invalid(type, cluster.metadata.name, faults);
  return withFields(cluster, { spec: withFields(spec, { topology: next }) });
}

/** Variables that nobody set and that have a default of their own. */
function missing(values: readonly Variable[], definitions: readonly Definition[]): readonly Variable[] {
  return definitions
    .filter(({ name }) => !values.some((each) => each.name === name))
    .map(({ name, definitions: [definition] }) => ({ name, value: definition!.schema.openAPIV3Schema["default"] }))
    .filter(({ value }) => value !== undefined);
}

function withDefault(variable: Variable, schema: Schema): Variable {
  return withFields(variable, { value: applyDefaults(schema, variable.value) });
}

function requiredFaults(field: string, values: readonly Variable[], definitions: readonly Definition[]): readonly StatusCause[] {
  return definitions
    .filter(({ name, definitions: [first] }) => first?.required === true && !values.some((each) => each.name === name))
    .map(({ name }) => requiredField(field, `required variable "${name}" must be set`));
}

/** Shown in whole, as JSON in a text: so does the real one, whatever part is wrong. */
function valueFaults(field: string, { name, value }: Variable, schema: Schema): readonly StatusCause[] {
  const shown = JSON.stringify(value, byKey);
  const found = validateSchema(schema, value, undefined, `${field}.value`);
  if (found.length > 0) return found.map((cause) => shownWhole(cause, shown));
  const { pruned } = pruneUnknown(wrapped(schema), { value });
  if (pruned.length === 0) return [];
  const names = pruned.map((each) => each.replace(/^value\./, "")).join(",");
  return [
    invalidField(field, shown, `failed validation: "${names}" field(s) are not specified in the variable schema of variable "${name}"`),
  ];
}

/** Go writes maps by key. */
function byKey(_name: string, value: unknown): unknown {
  return isFields(value) ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) : value;
}

/** Pruning knows objects only. */
const wrapped = oncePerObject((schema: Schema): Schema => ({ type: "object", properties: { value: schema } }));

function shownWhole(cause: StatusCause, shown: string): StatusCause {
  const match = /^(Invalid value|Unsupported value|Duplicate value): /.exec(cause.message);
  if (match === null) return cause;
  const rest = cause.message.slice(match[0].length);
  const detail = rest.slice(rest.search(/: (?= ?in body |supported values: )/) + 2).replace(/^ ?in body /, "");
  return { ...cause, message: `${match[1]}: ${JSON.stringify(shown)}: ${detail}` };
}
