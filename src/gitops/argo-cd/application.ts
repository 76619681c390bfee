import type { Refusal } from "../../refusal.ts";
import type { ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import type { EngineReads } from "../engine-access.ts";
import type { EngineBehaviour, EngineOptions } from "../engine.ts";
import { refuseUnread } from "../gaps.ts";
import { flagAt, recordOf, recordsAt, referenceOf, textAt, valueAt, type RawObject } from "../raw-object.ts";

export const ARGO_GROUP = "argoproj.io";
const DEFAULT_NAMESPACE = "argocd";

/** An Application of Argo CD (argoproj.io/v1alpha1), as far as it is looked at. */
export interface Application {
  readonly ref: ObjectReference;
  /** For people. */
  readonly name: string;
  readonly object: RawObject;
  /** `spec.sources`, or `spec.source` alone. */
  readonly sources: readonly RawObject[];
  /** Revisions are lists then. */
  readonly multiple: boolean;
  readonly project: string;
  /** Where Argo CD itself is: its projects and Secrets. */
  readonly controllerNamespace: string;
  readonly behaviour: EngineBehaviour;
}

export type FoundApplication =
  { readonly kind: "found"; readonly application: Application } | { readonly kind: "refused"; readonly refusal: Refusal };

export function readApplication(object: RawObject): Application {
  const ref = referenceOf(object, ARGO_GROUP, "Application");
  const several = recordsAt(object, "spec.sources");
  const single = recordOf(valueAt(object, "spec.source"));
  const automated = recordOf(valueAt(object, "spec.syncPolicy.automated"));
  const automatic = automated !== undefined && flagAt(automated, "enabled") !== false;
  return {
    ref,
    name: `Argo CD application ${ref.namespace}/${ref.name}`,
    object,
    sources: several.length > 0 ? several : single === undefined ? [] : [single],
    multiple: several.length > 0,
    project: textAt(object, "spec.project") ?? "default",
    controllerNamespace: textAt(object, "status.controllerNamespace") ?? ref.namespace,
    behaviour: {
      automatic,
      prunes: automatic && flagAt(automated, "prune") === true,
      revertsDirectChanges: automatic && flagAt(automated, "selfHeal") === true,
    },
  };
}

/**
 * The Application that a mark names: `capi`, or `team-a_capi` for one outside of Argo CD's own namespace (names of objects have no `_`). A mark does not tell where Argo CD is:
 * that is `argocd` by convention, else the only namespace with such an Application.
 */
export async function findApplication(mark: string, reads: EngineReads, options: EngineOptions): Promise<FoundApplication> {
  const separator = mark.indexOf("_");
  if (separator > 0) return getApplication(mark.slice(separator + 1), mark.slice(0, separator), reads);
  const namespace = options.argoCdNamespace ?? DEFAULT_NAMESPACE;
  const first = await reads.get({ group: ARGO_GROUP, kind: "Application", namespace, name: mark });
  if (first.gap === undefined) return { kind: "found", application: readApplication(first.value) };
  if (options.argoCdNamespace !== undefined || first.gap.kind !== "not-found") return { kind: "refused", refusal: refuseUnread(first.gap) };
  return searchApplication(mark, reads);
}

/** The newest state of an Application that was found before. */
export async function getApplication(name: string, namespace: string, reads: EngineReads): Promise<FoundApplication> {
  const reading = await reads.get({ group: ARGO_GROUP, kind: "Application", namespace, name });
  if (reading.gap !== undefined) return { kind: "refused", refusal: refuseUnread(reading.gap) };
  return { kind: "found", application: readApplication(reading.value) };
}

async function searchApplication(name: string, reads: EngineReads): Promise<FoundApplication> {
  const reading = await reads.list({ group: ARGO_GROUP, kind: "Application", namespace: undefined });
  if (reading.gap !== undefined) return { kind: "refused", refusal: refuseUnread(reading.gap, "list") };
  const named = reading.value.map(readApplication).filter(({ ref }) => ref.name === name);
  const [only, another] = named;
  if (only === undefined) {
    const what = `Application ${name} in namespace ${DEFAULT_NAMESPACE} or any other`;
    return { kind: "refused", refusal: refuseUnread({ kind: "not-found", what, message: `there is no ${what}` }) };
  }
  if (another === undefined) return { kind: "found", application: only };
  const names = named.map(({ ref }) => `${ref.namespace}/${ref.name}`);
  return {
    kind: "refused",
    refusal: {
      reason: "EngineAmbiguous",
      message: `The mark names Argo CD's application ${name}, and there are several of that name: ${names.join(", ")}.`,
      remedy: "Say in which namespace Argo CD itself runs.",
      evidence: names.map((found) => `Application ${found}`),
    },
  };
}
