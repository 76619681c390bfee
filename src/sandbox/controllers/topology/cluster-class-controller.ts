import { sameJson } from "../../store/same-json.ts";
import { timestamp } from "../../api/objects.ts";
import { groupOf, typeKey } from "../../api/resource-type.ts";
import { setConditions } from "../../conditions/condition.ts";
import { legacyConditionsOf, setLegacyCondition } from "../../conditions/legacy-condition.ts";
import { ensurePaused, writeStatus } from "../../conditions/write-status.ts";
import type { JsonMap } from "../../store/stored-object.ts";
import { ReconcileError, type Controller } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import { typeKeys, type ClusterClass } from "./topology-objects.ts";

/** Makes a ClusterClass own its templates, and says that its variables are ready: no topology is worked on before that (core/reconcilers/clusterclass). */
export function createClusterClassController(environment: Environment): Controller {
  const { objects, type } = environment;
  return {
    name: "clusterclass",
    intervalMilliseconds: 1000,
    watches: {
      [typeKeys.clusterClass]: ({ object: { metadata } }) => [{ namespace: metadata.namespace ?? "", name: metadata.name }],
    },
    reconcile({ namespace, name }) {
      // What is stored under this type is a ClusterClass.
      const found = objects.get(type(typeKeys.clusterClass), namespace, name) as ClusterClass | undefined;
      if (found === undefined || found.metadata.deletionTimestamp !== undefined) return;
      const paused = ensurePaused(objects, type(typeKeys.clusterClass), undefined, found, environment.timeline.now());
      if (paused === "stop") return;
      ownTemplates(environment, found);
      const time = timestamp(environment.timeline.now());
      const { generation } = found.metadata;
      const observed = generation === undefined ? {} : { observedGeneration: generation };
      const status: JsonMap = found.status ?? {};
      // Both are structs of status.
      const deprecated = status["deprecated"] as { readonly v1beta1?: JsonMap } | undefined;
      const legacy = ["RefVersionsUpToDate", "VariablesReconciled"].reduce(
        (all, each) => setLegacyCondition(all, { type: each, status: "True" }, time),
        legacyConditionsOf(found),
      );
      const variables = statusVariables(found);
      writeStatus(objects, type(typeKeys.clusterClass), found, {
        ...status,
        conditions: setConditions(
          paused,
          [
            { type: "RefVersionsUpToDate", status: "True", reason: "RefVersionsUpToDate", ...observed },
            { type: "VariablesReady", status: "True", reason: "VariablesReady", ...observed },
          ],
          time,
        ),
        deprecated: { ...deprecated, v1beta1: { ...deprecated?.v1beta1, conditions: legacy } },
        ...(variables.length === 0 ? {} : { variables }),
        ...observed,
      });
    },
  };
}

function ownTemplates({ objects, type }: Environment, clusterClass: ClusterClass): void {
  const { infrastructure, controlPlane, workers } = clusterClass.spec;
  const machine = controlPlane.machineInfrastructure?.templateRef;
  const refs = [
    infrastructure.templateRef,
    controlPlane.templateRef,
    ...(machine === undefined ? [] : [machine]),
    ...(workers?.machineDeployments ?? []).flatMap((each) => [each.bootstrap.templateRef, each.infrastructure.templateRef]),
  ];
  const { apiVersion, kind, metadata } = clusterClass;
  const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid };
  for (const ref of refs) {
    const templateType = type(typeKey(groupOf(ref.apiVersion), ref.kind));
    const template = objects.get(templateType, metadata.namespace, ref.name);
    if (template === undefined) {
      throw new ReconcileError(
        `Could not find external object for the ClusterClass: failed to retrieve ${ref.kind} ${metadata.namespace ?? ""}/${ref.name}: ${templateType.plural}.${templateType.group} "${ref.name}" not found`,
      );
    }
    const owners = template.metadata.ownerReferences ?? [];
    if (owners.some((each) => sameJson(each, owner))) continue;
    objects.modify(
      templateType,
      metadata.namespace,
      ref.name,
      (live) => ({
        ...live,
        metadata: { ...live.metadata, ownerReferences: [...owners.filter(({ uid }) => uid !== owner.uid), owner] },
      }),
      { manager: "manager" },
    );
  }
}

/** The variables of the class, by name, as patches from wherever see them; here only the class itself defines any. */
function statusVariables({ spec }: ClusterClass): readonly JsonMap[] {
  return (spec.variables ?? [])
    .map(({ name, required, schema }) => ({
      name,
      definitionsConflict: false,
      definitions: [{ from: "inline", required: required ?? false, ...(schema === undefined ? {} : { schema }) }],
    }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
