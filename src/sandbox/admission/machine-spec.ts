import type { StatusCause } from "../api/api-status-error.ts";
import { forbiddenField, invalidField, requiredField } from "./field-faults.ts";
import { withFields, withV } from "./filled-in.ts";
import { versionFaults } from "./versions.ts";

/** What the webhooks look at in the spec of a Machine, or of a template of Machines. */
export interface MachineSpec {
  readonly clusterName?: string;
  readonly version?: string;
  readonly bootstrap?: { readonly configRef?: { readonly name?: string }; readonly dataSecretName?: string };
  readonly deletion?: { readonly nodeDeletionTimeoutSeconds?: number };
  readonly taints?: readonly { readonly key: string }[];
}

export function withVersion<T extends { readonly version?: string }>(spec: T): T {
  const version = withV(spec.version);
  return version === undefined ? spec : withFields(spec, { version } as Partial<T>);
}

/** `field`: path of the spec, as `spec.template.spec`. */
export function bootstrapFaults(field: string, { bootstrap }: MachineSpec): readonly StatusCause[] {
  if (bootstrap?.configRef !== undefined || bootstrap?.dataSecretName !== undefined) return [];
  const detail = `expected either ${field}.bootstrap.dataSecretName or ${field}.bootstrap.configRef to be populated`;
  return [requiredField(`${field}.bootstrap`, detail)];
}

export function machineVersionFaults(field: string, { version = "" }: MachineSpec): readonly StatusCause[] {
  return version === "" ? [] : versionFaults(`${field}.version`, version);
}

export function clusterNameFaults(
  previous: { readonly clusterName?: string } | undefined,
  spec: { readonly clusterName?: string },
): readonly StatusCause[] {
  return previous === undefined || previous.clusterName === spec.clusterName
    ? []
    : [forbiddenField("spec.clusterName", "field is immutable")];
}

export function templateClusterFaults(spec: {
  readonly clusterName?: string;
  readonly template?: { readonly spec?: MachineSpec };
}): readonly StatusCause[] {
  if (spec.clusterName === spec.template?.spec?.clusterName) return [];
  return [
    invalidField("spec.clusterName", spec.clusterName, "spec.clusterName and spec.template.spec.clusterName must be set to the same value"),
  ];
}
