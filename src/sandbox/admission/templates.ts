import { sameJson } from "../store/same-json.ts";
import type { StatusCause } from "../api/api-status-error.ts";
import type { StoredMetadata, StoredObject } from "../store/stored-object.ts";
import { changedPaths } from "./changed-paths.ts";
import { invalidField } from "./field-faults.ts";
import { withFields } from "./filled-in.ts";
import { isTopologyDryRun, type Webhook } from "./webhook.ts";

interface Backend {
  readonly docker?: {
    readonly customImage?: string;
    readonly loadBalancer?: object;
    readonly failureDomains?: readonly { readonly name: string; readonly controlPlane?: boolean }[];
  };
  readonly inMemory?: unknown;
}

interface BackedSpec {
  readonly backend?: Backend;
  readonly controlPlaneEndpoint?: { readonly host?: string; readonly port?: number };
}

interface Template<T> {
  readonly template: { readonly spec?: T };
}

/** Without a backend it is Docker's. */
export function withBackend<T extends BackedSpec>(spec: T): T {
  const { backend = {} } = spec;
  return backend.docker === undefined && backend.inMemory === undefined ? { ...spec, backend: { ...backend, docker: {} } } : spec;
}

/** Docker clusters are reached at port 6443, through a load balancer, of which the real type leaves out nothing. */
export function withEndpoint<T extends BackedSpec>(spec: T): T {
  const { backend, ...rest } = withBackend(spec);
  const port = spec.controlPlaneEndpoint?.port ?? 0;
  if (backend?.docker === undefined) return spec;
  const loadBalancer = backend.docker.loadBalancer ?? {};
  if (port !== 0 && loadBalancer === backend.docker.loadBalancer) return spec;
  // A copy of the spec with both in place is of its type.
  return {
    ...rest,
    backend: { ...backend, docker: { ...backend.docker, loadBalancer } },
    controlPlaneEndpoint: { ...spec.controlPlaneEndpoint, port: port === 0 ? 6443 : port },
  } as unknown as T;
}

function filledTemplate(object: StoredObject, fill: (spec: BackedSpec) => BackedSpec): StoredObject {
  // Schemas have made sure of the shape.
  const spec = object["spec"] as Template<BackedSpec>;
  const template = withFields(spec.template, { spec: fill(spec.template.spec ?? {}) });
  return withFields(object, { spec: withFields(spec, { template }) });
}

const group = "infrastructure.cluster.x-k8s.io";

export const devMachineTemplateWebhook: Webhook = {
  name: `devmachinetemplate.${group}`,
  fill: ({ object }) => filledTemplate(object, withBackend),
  // Its template may differ in a dry run: the topology controller asks whether it would have to be replaced.
  faults: (request) => (isTopologyDryRun(request) ? [] : immutableFaults(request)),
};

export const dockerMachineTemplateWebhook: Webhook = {
  name: `dockermachinetemplate.${group}`,
  faults: (request) => (isTopologyDryRun(request) ? [] : immutableFaults(request)),
};

export const devClusterTemplateWebhook: Webhook = {
  name: `devclustertemplate.${group}`,
  fill: ({ object }) => filledTemplate(object, withEndpoint),
  faults: (request) => immutableFaults(request),
};

export const dockerClusterTemplateWebhook: Webhook = {
  name: `dockerclustertemplate.${group}`,
  faults: (request) => immutableFaults(request),
};

interface Change {
  readonly object: StoredObject;
  readonly previous: StoredObject | undefined;
}

/** `compared`: what of the template's spec counts. */
export function immutableFaults(
  { object, previous }: Change,
  {
    compared = (spec) => spec,
    advice = "Please create a new resource instead",
  }: { compared?: (spec: object) => unknown; advice?: string } = {},
): readonly StatusCause[] {
  if (previous === undefined) return [];
  const [before, after] = [previous, object].map((each) => compared((each["spec"] as Template<object>).template.spec ?? {}));
  if (sameJson(before, after)) return [];
  const detail = `${object.kind} spec.template.spec field is immutable. ${advice}. Diff: ${difference(before, after)}`;
  return [invalidField("spec.template.spec", asGoWritesIt(object), detail)];
}

/** A line for each value that is gone, and for each that is new. The real one is a diff of Go structs, whose form no one should rely on. */
function difference(before: unknown, after: unknown): string {
  const lines = changedPaths(before, after).flatMap((path) => {
    const name = path.join(".");
    const [old, next] = [valueAt(before, path), valueAt(after, path)].map((value) => JSON.stringify(value));
    return [...(old === undefined ? [] : [`-   ${name}: ${old},`]), ...(next === undefined ? [] : [`+   ${name}: ${next},`])];
  });
  return ["{", ...lines, "  }"].join("\n");
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (inner as Readonly<Record<string, unknown>> | undefined)?.[name], value);
}

const metadataOrder = [
  "name",
  "generateName",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "labels",
  "annotations",
  "ownerReferences",
  "finalizers",
  "managedFields",
] as const satisfies readonly (keyof StoredMetadata)[];

/** In the order of the fields of Go's types; maps by key. */
function asGoWritesIt({ kind, apiVersion, metadata, ...rest }: StoredObject): object {
  const ordered = metadataOrder.map((name) => {
    return [name, name === "labels" || name === "annotations" ? sorted(metadata[name]) : metadata[name]];
  });
  return { kind, apiVersion, metadata: Object.fromEntries(ordered) as unknown, ...rest };
}

function sorted(map: object | undefined): object | undefined {
  return map && Object.fromEntries(Object.entries(map).sort(([one], [other]) => (one < other ? -1 : 1)));
}
