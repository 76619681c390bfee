import type { ReplicaCounts, VersionCount } from "../../upgrade/cluster-snapshot.ts";
import { asRecord, asText, moved, same, type FieldReader } from "./fields.ts";

/** Replica counters, at the same places in KubeadmControlPlane, MachineDeployment, MachineSet and MachinePool. */
export const COUNT_FIELDS = {
  desired: same("integer", "spec.replicas"),
  current: same("integer", "status.replicas"),
  ready: moved("integer", ["status.v1beta2.readyReplicas", "status.readyReplicas"], "status.readyReplicas"),
  available: moved("integer", "status.v1beta2.availableReplicas", "status.availableReplicas"),
  upToDate: moved("integer", "status.v1beta2.upToDateReplicas", "status.upToDateReplicas"),
  versions: same("array", "status.versions"),
} as const;

/** Counters that only the old contract has (Cluster API < 1.9, and control planes of other providers). */
export const OLD_COUNT_FIELDS = {
  updated: { type: "integer", v1beta1: ["status.updatedReplicas"] },
  unavailable: { type: "integer", v1beta1: ["status.unavailableReplicas"] },
} as const;

type CountName = keyof typeof COUNT_FIELDS;
type OldCountName = keyof typeof OLD_COUNT_FIELDS;

/** A counter that nobody has written yet is 0: a cluster that is just being created has no status. */
export function readCounts(fields: FieldReader<CountName | OldCountName>, desiredByDefault: number): ReplicaCounts {
  const current = fields.integer("current") ?? 0;
  const ready = fields.integer("ready") ?? 0;
  const unavailable = fields.integer("unavailable");
  return {
    desired: fields.integer("desired") ?? desiredByDefault,
    current,
    ready,
    available: fields.integer("available") ?? (unavailable === undefined ? ready : Math.max(0, current - unavailable)),
    upToDate: fields.integer("upToDate") ?? fields.integer("updated") ?? 0,
  };
}

export function readVersionCounts(entries: readonly unknown[]): readonly VersionCount[] {
  return entries.flatMap((entry) => {
    const record = asRecord(entry);
    const version = asText(record?.["version"]);
    const replicas = record?.["replicas"];
    return version === undefined ? [] : [{ version, replicas: typeof replicas === "number" ? replicas : 0 }];
  });
}
