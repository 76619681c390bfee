import { ApiStatusError } from "../../../api/api-status-error.ts";
import { jsonPatch } from "../../../patches/json-patch.ts";
import type { JsonMap } from "../../../store/stored-object.ts";
import { ReconcileError } from "../../controller-runtime.ts";
import type { DesiredPool, DesiredState, Scope } from "../scope.ts";
import { definedOrNothing, type Desired, type PatchDefinition, type Template, type TopologyMetadata } from "../topology-objects.ts";
import { clusterVariables, controlPlaneVariables, machineDeploymentVariables, mergedVariables, type Variables } from "./patch-variables.ts";
import { renderValue, valueAt } from "./value-template.ts";

interface Item {
  /** A template of the class; patches work on it, the object they are meant for is changed by what comes out. */
  readonly template: Template;
  readonly role: "infrastructureCluster" | "controlPlane" | "machineDeployment";
  readonly poolClass?: string;
  readonly variables: Variables;
}

/** The desired state with the inline patches of the class: they work on the class's templates, in order, and the spec that comes out replaces the one of the object. */
export function patched(scope: Scope, desired: DesiredState): DesiredState {
  const patches = scope.blueprint.class.spec.patches ?? [];
  if (patches.length === 0) return desired;
  const { blueprint } = scope;
  const global = clusterVariables(scope);
  const ofControlPlane = mergedVariables(global, controlPlaneVariables(scope, desired.controlPlane, desired.controlPlaneMachine));
  const run = (item: Item): Template => patches.reduce((template, patch) => apply({ ...item, template }, patch), item.template);
  const { controlPlaneMachine } = desired;
  return {
    ...desired,
    infrastructureCluster: asObject(
      desired.infrastructureCluster,
      blueprint.infrastructureCluster,
      run({ template: blueprint.infrastructureCluster, role: "infrastructureCluster", variables: global }),
      {},
    ),
    controlPlane: asObject(
      desired.controlPlane,
      blueprint.controlPlane,
      run({ template: blueprint.controlPlane, role: "controlPlane", variables: ofControlPlane }),
      ownFields(desired.controlPlane),
    ),
    controlPlaneMachine:
      controlPlaneMachine === undefined
        ? undefined
        : asTemplate(
            controlPlaneMachine,
            run({ template: blueprint.controlPlaneMachine!, role: "controlPlane", variables: ofControlPlane }),
          ),
    pools: desired.pools.map((pool) => patchedPool(scope, pool, global, run)),
  };
}

function patchedPool({ blueprint }: Scope, pool: DesiredPool, global: Variables, run: (item: Item) => Template): DesiredPool {
  const topology = blueprint.topology.workers?.machineDeployments?.find(({ name }) => name === pool.topologyName);
  const ofClass = topology === undefined ? undefined : blueprint.pools.get(topology.class);
  if (topology === undefined || ofClass === undefined) return pool;
  const variables = mergedVariables(global, machineDeploymentVariables(topology, pool));
  const item = { role: "machineDeployment", poolClass: topology.class, variables } as const;
  return {
    ...pool,
    bootstrap: asTemplate(pool.bootstrap, run({ ...item, template: ofClass.bootstrap })),
    infrastructure: asTemplate(pool.infrastructure, run({ ...item, template: ofClass.infrastructure })),
  };
}

function apply(
  item: Item,
  patch: { readonly name: string; readonly enabledIf?: string; readonly definitions?: readonly PatchDefinition[] },
): Template {
  const matching = (patch.definitions ?? []).filter(({ selector }) => isMeant(selector, item));
  if (matching.length === 0) return item.template;
  const { kind } = item.template;
  const prefix = `failed to apply patches: failed to generate patches for patch "${patch.name}"`;
  try {
    if (patch.enabledIf !== undefined && renderValue(patch.enabledIf, item.variables) !== true) return item.template;
  } catch (error) {
    throw retold(error, `${prefix}: failed to calculate if patch is enabled for "${kind}"`);
  }
  return matching.reduce((template, { jsonPatches }) => {
    const operations = jsonPatches.map(({ op, path, value, valueFrom }) => {
      try {
        return { op, path, ...(op === "remove" ? {} : { value: valueOf(value, valueFrom, item.variables) }) };
      } catch (error) {
        throw retold(error, `${prefix}: failed to generate JSON patches for "${kind}"`);
      }
    });
    try {
      return jsonPatch(template, operations);
    } catch (error) {
      throw retold(error, `failed to apply patches: failed to apply patches for patch "${patch.name}"`);
    }
  }, item.template);
}

function valueOf(
  value: unknown,
  from: { readonly variable?: string; readonly template?: string } | undefined,
  variables: Variables,
): unknown {
  if (value !== undefined) return value;
  if (from?.variable !== undefined) return valueAt(variables, from.variable);
  if (from?.template !== undefined) return renderValue(from.template, variables);
  throw new ReconcileError("failed to calculate value: neither .value nor .valueFrom are set");
}

function isMeant({ apiVersion, kind, matchResources }: PatchDefinition["selector"], { template, role, poolClass }: Item): boolean {
  if (template.apiVersion !== apiVersion || template.kind !== kind) return false;
  switch (role) {
    case "infrastructureCluster":
      return matchResources.infrastructureCluster === true;
    case "controlPlane":
      return matchResources.controlPlane === true;
    case "machineDeployment":
      return (matchResources.machineDeploymentClass?.names ?? []).some((name) => matchesClass(name, poolClass ?? ""));
  }
}

/** A name, or one with a star at its beginning or end. */
function matchesClass(name: string, poolClass: string): boolean {
  if (name === "*" || name === poolClass) return true;
  if (name.startsWith("*") && poolClass.endsWith(name.slice(1))) return true;
  return name.endsWith("*") && poolClass.startsWith(name.slice(0, -1));
}

/** `own`: what the topology sets itself; there its word counts. */
function asObject(object: Desired, before: Template, after: Template, own: JsonMap): Desired {
  if (before === after) return object;
  const { metadata, spec } = after.spec.template;
  return { ...object, metadata: { ...object.metadata, ...withAdded(object.metadata, metadata) }, spec: merged(spec ?? {}, own) };
}

/** Fields of a control plane that no patch changes. */
function ownFields({ spec = {} }: Desired): JsonMap {
  const template = part(spec, "machineTemplate");
  const machine = part(template, "spec");
  const ownMachine = picked(machine, ["infrastructureRef", "readinessGates", "taints", "deletion"]);
  const ownTemplate = { ...picked(template, ["metadata"]), ...(Object.keys(ownMachine).length === 0 ? {} : { spec: ownMachine }) };
  const rollout = picked(part(spec, "rollout"), ["after"]);
  return {
    ...picked(spec, ["replicas", "version"]),
    ...(Object.keys(ownTemplate).length === 0 ? {} : { machineTemplate: ownTemplate }),
    ...(Object.keys(rollout).length === 0 ? {} : { rollout }),
  };
}

function picked(map: JsonMap, names: readonly string[]): JsonMap {
  return Object.fromEntries(names.flatMap((name) => (map[name] === undefined ? [] : [[name, map[name]]])));
}

function part(map: JsonMap, name: string): JsonMap {
  const value = map[name];
  return isMap(value) ? value : {};
}

function asTemplate(object: Desired<Template["spec"]>, after: Template): Desired<Template["spec"]> {
  if (object.spec === after.spec) return object;
  return { ...object, metadata: { ...object.metadata, ...withAdded(object.metadata, after.metadata) }, spec: after.spec };
}

function withAdded(own: TopologyMetadata, more: TopologyMetadata | undefined): TopologyMetadata {
  return (
    definedOrNothing<TopologyMetadata>({
      labels: more?.labels === undefined ? own.labels : { ...more.labels, ...own.labels },
      annotations: more?.annotations === undefined ? own.annotations : { ...more.annotations, ...own.annotations },
    }) ?? {}
  );
}

function merged(under: JsonMap, over: JsonMap): JsonMap {
  const result: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const below = under[name];
    // Both are structs of the same field.
    result[name] = isMap(below) && isMap(value) ? merged(below, value) : value;
  }
  return result;
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function retold(error: unknown, prefix: string): unknown {
  return error instanceof ReconcileError || error instanceof ApiStatusError ? new ReconcileError(`${prefix}: ${error.message}`) : error;
}
