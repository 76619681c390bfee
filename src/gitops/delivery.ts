import type { Delivery, ObjectReference } from "../upgrade/cluster-snapshot.ts";

/** What is read of an object to tell who applies it. */
export interface DeliveryMarks {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const ARGO_TRACKING_ID = "argocd.argoproj.io/tracking-id";
const ARGO_INSTANCE_LABEL = "argocd.argoproj.io/instance";
const FLUX_KUSTOMIZATION = "kustomize.toolkit.fluxcd.io";
const FLUX_HELM = "helm.toolkit.fluxcd.io";

/**
 * Who applies an object, by the marks that the engines leave on everything that they apply.
 *
 * Argo CD: annotation `argocd.argoproj.io/tracking-id` (`<application>:<group>/<kind>:<namespace>/<name>`), or the label `argocd.argoproj.io/instance`.
 * Like Argo CD itself, an annotation that names another object is not believed: it was copied. The label `app.kubernetes.io/instance` proves nothing
 * by itself, Helm charts set it as well. Flux: labels `helm.toolkit.fluxcd.io/name|namespace` and `kustomize.toolkit.fluxcd.io/name|namespace`.
 */
export function readDelivery(ref: ObjectReference, marks: DeliveryMarks): Delivery {
  const application = argoApplication(marks.annotations[ARGO_TRACKING_ID], ref) ?? nonEmpty(marks.labels[ARGO_INSTANCE_LABEL]);
  if (application !== undefined) return { engine: "argo-cd", application };
  const flux = fluxOwner(marks.labels, FLUX_HELM, "HelmRelease") ?? fluxOwner(marks.labels, FLUX_KUSTOMIZATION, "Kustomization");
  return flux ?? { engine: "none" };
}

/** `Argo CD application capi`: for messages. */
export function deliveryInWords(delivery: Delivery): string {
  if (delivery.engine === "argo-cd") return `Argo CD application ${delivery.application}`;
  if (delivery.engine === "flux") return `Flux ${delivery.kind} ${delivery.namespace}/${delivery.name}`;
  return "no GitOps engine";
}

/** Applications outside Argo CD's own namespace come as `<namespace>_<name>`; that is how Argo CD itself shows them. */
function argoApplication(trackingId: string | undefined, ref: ObjectReference): string | undefined {
  const tracked = /^([^:]+):([^:/]*)\/([^:]+):([^:/]*)\/([^:]+)$/.exec(trackingId ?? "");
  if (tracked === null) return undefined;
  const [, application, group, kind, namespace, name] = tracked;
  const same = group === ref.group && kind === ref.kind && name === ref.name && (namespace === "" || namespace === ref.namespace);
  return same ? application : undefined;
}

function fluxOwner(labels: DeliveryMarks["labels"], prefix: string, kind: "HelmRelease" | "Kustomization"): Delivery | undefined {
  const name = nonEmpty(labels[`${prefix}/name`]);
  const namespace = nonEmpty(labels[`${prefix}/namespace`]);
  return name === undefined || namespace === undefined ? undefined : { engine: "flux", kind, namespace, name };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
