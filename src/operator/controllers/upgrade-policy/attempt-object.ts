import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import type { NextAttempt, PolicyCluster } from "../../../upgrade/policy/next-attempt.ts";
import type { UpgradePolicy } from "../../api/generated/upgrade-policy.gen.ts";
import { placeAtMaking } from "../../../upgrade/policy/places.ts";
import { API_VERSION } from "../../api/kinds.ts";
import { placeAnnotation } from "../cluster-upgrade/attempt-cache.ts";

const longestLabel = 63;

/** The ClusterUpgrade that carries a decision out, with the policy's settings as they are now; it goes with its Cluster. */
export function attemptObject(
  next: Extract<NextAttempt, { readonly kind: "begin" }>,
  { namespace, name }: PolicyCluster,
  cluster: KubernetesObject,
  policy: UpgradePolicy,
): KubernetesObject {
  const { schedule, approval, proof, git, notifications, retireOldTemplates } = policy.spec;
  const { minimumInterval: _, ...settings } = schedule ?? {};
  const spec = {
    clusterName: name,
    targetVersion: next.target,
    ...(next.via.length === 0 ? {} : { via: next.via }),
    policyName: next.policyName,
    ...given({ catalogRef: policy.spec.target?.catalogRef }),
    schedule: settings,
    ...given({ approval, proof, git, notifications, retireOldTemplates }),
  };
  const { uid } = cluster.metadata;
  return {
    apiVersion: API_VERSION,
    kind: "ClusterUpgrade",
    metadata: {
      name: next.name,
      namespace,
      ...(next.place ? { annotations: { [placeAnnotation]: placeAtMaking } } : {}),
      labels: {
        "app.kubernetes.io/managed-by": "capi-gitops",
        ...(name.length > longestLabel ? {} : { "cluster.x-k8s.io/cluster-name": name }),
        ...(next.policyName.length > longestLabel ? {} : { "upgrades.clusterapi-gitops.io/policy": next.policyName }),
      },
      ...(uid === undefined
        ? {}
        : { ownerReferences: [{ apiVersion: cluster.apiVersion ?? "cluster.x-k8s.io/v1beta2", kind: "Cluster", name, uid }] }),
    },
    spec,
  };
}

function given(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
