import type { StatusCause } from "../api/api-status-error.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { invalidField, requiredField } from "./field-faults.ts";
import { clusterNameLabel, withFields, withLabel } from "./filled-in.ts";
import { clusterNameFaults } from "./machine-spec.ts";
import { percentFaults } from "./rollout-strategy.ts";
import type { Webhook } from "./webhook.ts";

export interface HealthChecking {
  readonly checks?: { readonly nodeStartupTimeoutSeconds?: number };
  readonly remediation?: {
    readonly triggerIf?: { readonly unhealthyLessThanOrEqualTo?: number | string };
    readonly maxInFlight?: number | string;
  };
}

interface Spec extends HealthChecking {
  readonly clusterName: string;
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>>; readonly matchExpressions?: readonly unknown[] };
}

/** Schemas have made sure of the shape. */
function specOf(object: StoredObject): Spec {
  return object["spec"] as Spec;
}

export const machineHealthCheckWebhook: Webhook = {
  name: "machinehealthcheck.cluster.x-k8s.io",
  fill({ object }) {
    const spec = specOf(object);
    const checks = withFields(spec.checks ?? {}, { nodeStartupTimeoutSeconds: spec.checks?.nodeStartupTimeoutSeconds ?? 600 });
    return withFields(withLabel(object, clusterNameLabel, spec.clusterName), { spec: withFields(spec, { checks }) });
  },
  faults({ object, previous }) {
    const spec = specOf(object);
    const { selector = {}, clusterName } = spec;
    const { matchLabels = {}, matchExpressions = [] } = selector;
    const named = matchLabels[clusterNameLabel];
    return [
      ...(Object.keys(matchLabels).length + matchExpressions.length === 0
        ? [requiredField("spec.selector", "selector must not be empty")]
        : []),
      ...(named === undefined || named === clusterName
        ? []
        : [invalidField("spec.selector", selector, "cannot specify a cluster selector other than the one specified by ClusterName")]),
      ...clusterNameFaults(previous === undefined ? undefined : specOf(previous), spec),
      ...healthCheckFaults("spec", spec),
    ];
  },
};

/** Timeouts and thresholds; 0 seconds turn the timeout off. */
export function healthCheckFaults(field: string, { checks, remediation }: HealthChecking): readonly StatusCause[] {
  const seconds = checks?.nodeStartupTimeoutSeconds ?? 0;
  return [
    ...(seconds !== 0 && seconds < 30 ? [invalidField(`${field}.checks.nodeStartupTimeoutSeconds`, seconds, "must be at least 30s")] : []),
    ...percentFaults(`${field}.remediation.triggerIf.unhealthyLessThanOrEqualTo`, remediation?.triggerIf?.unhealthyLessThanOrEqualTo),
  ];
}
