import type { Clock } from "../clock.ts";
import { templateName } from "../manifests/template-name.ts";
import { fieldManager, type KubernetesClient } from "../kubernetes/client.ts";
import type { Discovery } from "../kubernetes/discovery.ts";
import { ApiError } from "../kubernetes/errors.ts";
import { apiVersionOf, type ApiResource, type KubernetesObject } from "../kubernetes/resource.ts";
import type { Refusal } from "../refusal.ts";
import type { ObjectReference } from "../upgrade/cluster-snapshot.ts";
import type { VariableChange } from "../upgrade/class-variables.ts";
import type { TemplateRotation, UpgradeStep } from "../upgrade/upgrade-types.ts";
import type { ChangedPlace, ChangeWriter, WriteOutcome, WritePreview } from "./change-writer.ts";
import { templateNamePrefix } from "./manifest-changes.ts";
import { describeFields, valueAt, withValue } from "./object-fields.ts";
import { topologyPatch } from "./variable-fields.ts";
import { templateNamePaths, versionPath } from "./version-fields.ts";

export interface DirectWriterOptions {
  readonly client: KubernetesClient;
  readonly discovery: Discovery;
  readonly clock: Clock;
  /** Write although Argo CD or Flux applies the object, and will put its own version back. */
  readonly override: boolean;
  /** An object as a watch has it; undefined where it has none, or is not up to date. What a declaration need not be newer than is looked up there first. */
  readonly known?: (reference: ObjectReference) => KubernetesObject | undefined;
}

/** Controllers write the status of a Cluster that is at rest every now and then. */
const mostConflicts = 5;

/** After a write the watch may not have it yet. */
const watchMilliseconds = 10_000;

interface Prepared {
  readonly resource: ApiResource;
  /** What is applied: identity and the fields that change, nothing else. */
  readonly apply: KubernetesObject;
  /**
   * Merged instead of that, where values of lists change: an apply of the next step, which need not name them, would take them away again.
   */
  readonly merge?: unknown;
  readonly changes: readonly ChangedPlace[];
}

type Preparation =
  { readonly kind: "prepared"; readonly writes: readonly Prepared[] } | { readonly kind: "refused"; readonly refusal: Refusal };

/** Field managers that put back what they find changed. */
const gitOpsManagers = /^(argocd|argo-cd|kustomize-controller|helm-controller|flux)/;

/**
 * Writes steps by server-side apply straight to the object that owns the version, as field manager `capi-gitops`; a new machine template first, then version
 * and reference in one patch. Nothing but these fields is applied.
 */
export function createDirectWriter({ client, discovery, clock, override, known }: DirectWriterOptions): ChangeWriter {
  let writtenAt = -Infinity;

  async function live(reference: ObjectReference): Promise<{ resource: ApiResource; object: KubernetesObject }> {
    const resource = await discovery.resource(reference.group, reference.kind);
    if (resource === undefined) throw new Error(`The management cluster does not serve ${reference.kind}.${reference.group}.`);
    return { resource, object: await client.get(resource, reference.name, reference.namespace) };
  }

  function ownedByGitOps(reference: ObjectReference, object: KubernetesObject): Refusal | undefined {
    const managers = (object.metadata.managedFields ?? []).map((entry) => String((entry as { manager?: unknown }).manager));
    const engine = managers.find((manager) => gitOpsManagers.test(manager));
    if (engine === undefined || override) return undefined;
    return {
      reason: "AppliedFromGit",
      message: `${reference.kind} ${reference.namespace}/${reference.name} is applied from Git by ${engine}, which would put the old version back.`,
      remedy: "Upgrade in the repository (--repo), or say --override if that engine is suspended.",
      evidence: [`metadata.managedFields names ${engine}`],
    };
  }

  /** The copy of the template that names the new version. */
  async function newTemplate({ template, set }: TemplateRotation): Promise<Prepared> {
    const { resource, object } = await live(template);
    const spec = set.reduce<unknown>((value, { path, to }) => withValue(value, path.slice(1), to), object["spec"]);
    const name = templateName(templateNamePrefix(template.name), spec);
    const { labels, annotations = {} } = object.metadata;
    const kept = Object.entries(annotations).filter(
      ([key]) => key !== "kubectl.kubernetes.io/last-applied-configuration" && !key.startsWith("argocd.argoproj.io/"),
    );
    const metadata = {
      name,
      namespace: template.namespace,
      ...(labels === undefined ? {} : { labels }),
      annotations: Object.fromEntries(kept),
    };
    const apply = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata, spec };
    return {
      resource,
      apply,
      changes: [
        {
          place: `${template.kind} ${template.namespace}/${name}`,
          before: "",
          after: `copy of ${template.name} with ${set.map(({ to }) => to).join(", ")}`,
        },
      ],
    };
  }

  async function prepare(step: UpgradeStep): Promise<Preparation> {
    const { resource, object } = await live(step.object);
    const refusal = ownedByGitOps(step.object, object);
    if (refusal !== undefined) return { kind: "refused", refusal };
    const rotation = step.kind === "topology" ? undefined : step.rotation;
    const template = rotation === undefined ? undefined : await newTemplate(rotation);
    if (step.kind === "topology" && step.variables !== undefined) return prepareTopology(step, step.variables, resource, object);
    let apply: unknown = {
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: { name: step.object.name, namespace: step.object.namespace },
    };
    apply = withValue(apply, versionPath(step.object), step.to);
    const changes = [{ place: describeFields(step.object, versionPath(step.object)), before: step.from, after: step.to }];
    if (template !== undefined) {
      const path = templateNamePaths(step.object).find((candidate) => valueAt(object, candidate) !== undefined) ?? [];
      // The whole reference: in the older contract it is one atomic value.
      const reference = valueAt(object, path.slice(0, -1)) as Readonly<Record<string, unknown>>;
      apply = withValue(apply, path.slice(0, -1), { ...reference, name: template.apply.metadata.name });
      changes.push({ place: describeFields(step.object, path), before: String(reference["name"]), after: template.apply.metadata.name });
    }
    return {
      kind: "prepared",
      writes: [...(template === undefined ? [] : [template]), { resource, apply: apply as KubernetesObject, changes }],
    };
  }

  async function prepareTopology(
    { object: reference, from, to }: UpgradeStep,
    variables: readonly VariableChange[],
    resource: ApiResource,
    object: KubernetesObject,
  ): Promise<Preparation> {
    const prepared = await topologyPatch(reference, object, to, variables);
    if (prepared.kind === "refused") return prepared;
    const { name, namespace } = reference;
    const changes = [
      { place: describeFields(reference, versionPath(reference)), before: from, after: to },
      ...prepared.fields.map(({ path, change }) => ({
        place: describeFields(reference, path),
        before: String(valueAt(object, path)),
        after: change.to,
      })),
    ];
    const apply = {
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: { name, ...(namespace === "" ? {} : { namespace }) },
    };
    return { kind: "prepared", writes: [{ resource, apply, merge: prepared.patch, changes }] };
  }

  async function applyAll(prepared: readonly Prepared[], dryRun: boolean): Promise<Refusal | undefined> {
    for (const { resource, apply, merge } of prepared) {
      const { name, namespace = "" } = apply.metadata;
      try {
        if (merge === undefined) await client.apply(resource, apply, { force: true, dryRun });
        else await client.mergePatch(resource, name, merge, { namespace, dryRun });
      } catch (error) {
        // Somebody was faster; what is to be merged is made anew of what is there then.
        if (merge !== undefined && error instanceof ApiError && error.status === 409) throw error;
        const refusal = refusedByServer(error, apply);
        if (refusal !== undefined) return refusal;
        throw error;
      }
    }
    return undefined;
  }

  async function writeOnce(step: UpgradeStep): Promise<WriteOutcome> {
    const prepared = await prepare(step);
    if (prepared.kind === "refused") return prepared;
    // For show first, where there is more than one write: a step that is rejected leaves no template behind.
    writtenAt = clock.now();
    const rehearsed = prepared.writes.length > 1 ? await applyAll(prepared.writes, true) : undefined;
    const refusal = rehearsed ?? (await applyAll(prepared.writes, false));
    if (refusal !== undefined) return { kind: "refused", refusal };
    return { kind: "written", revision: undefined, branch: undefined, changes: prepared.writes.flatMap((one) => one.changes) };
  }

  return {
    target: `${client.endpoint.contextName} (${client.endpoint.server}), by server-side apply as ${fieldManager}`,

    async declaration(reference, { notBefore = 0 } = {}) {
      const watched = notBefore > 0 || clock.now() - writtenAt < watchMilliseconds ? undefined : known?.(reference);
      const object = watched ?? (await live(reference)).object;
      const version = valueAt(object, versionPath(reference));
      return {
        kind: "declared",
        declaration: { object: reference, version: String(version), place: undefined, revision: undefined, at: clock.now() },
      };
    },

    async preview(step): Promise<WritePreview> {
      const prepared = await prepare(step);
      if (prepared.kind === "refused") return prepared;
      const refusal = await applyAll(prepared.writes, true);
      if (refusal !== undefined) return { kind: "refused", refusal };
      const changes = prepared.writes.flatMap((one) => one.changes);
      return {
        kind: "preview",
        changes,
        diff: changes.map(({ place, before, after }) => `${place}: ${before === "" ? "(new)" : before} → ${after}\n`).join(""),
      };
    },

    async write(step): Promise<WriteOutcome> {
      for (let left = mostConflicts; ; left--) {
        try {
          return await writeOnce(step);
        } catch (error) {
          if (left === 0 || !(error instanceof ApiError) || error.status !== 409) throw error;
        }
      }
    },

    async retire(template): Promise<WriteOutcome> {
      const { resource } = await live(template);
      await client.delete(resource, template.name, { namespace: template.namespace });
      return {
        kind: "written",
        revision: undefined,
        branch: undefined,
        changes: [{ place: `${template.kind} ${template.namespace}/${template.name}`, before: template.name, after: "" }],
      };
    },

    dispose: () => Promise.resolve(),
  };
}

/** `admission webhook "validation.cluster.x-k8s.io" denied the request: its words` (apiserver: webhook/errors/statuserror.go); policies speak alike. */
const denied =
  /(?<by>admission webhook "[^"]+"|ValidatingAdmissionPolicy '[^']+' with binding '[^']+') denied (?:the )?request: ?(?<words>.*)/s;

/** Somebody said no before anything was stored: nothing was written, and their words are the best there are. */
function refusedByServer(error: unknown, object: KubernetesObject): Refusal | undefined {
  if (!(error instanceof ApiError) || ![400, 403, 409, 422].includes(error.status)) return undefined;
  const what = `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`;
  const evidence = error.causes.map(({ field, message }) => `${field ?? ""} ${message ?? ""}`.trim());
  const { by, words } = denied.exec(error.message)?.groups ?? {};
  if (by !== undefined) {
    return {
      reason: "ApplyRejected",
      message: `The change of ${what} was rejected by ${by}: ${words}`,
      remedy: "Mend what it names, then run the same command again; nothing was changed by this write.",
      evidence: evidence.length > 0 ? evidence : [error.message],
    };
  }
  if (error.status === 403) {
    return {
      reason: "NotAllowed",
      message: `You may not change ${what}: ${error.message}`,
      remedy: "Ask for the rights in docs/cli.md, or use another context; nothing was changed by this write.",
    };
  }
  return {
    reason: "RefusedByServer",
    message: `The API server refused ${what}: ${error.message}`,
    remedy: "Mend what it names; nothing was changed by this write.",
    evidence,
  };
}
