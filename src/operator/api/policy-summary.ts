import { readableFields } from "./object-fields.ts";

/** An UpgradePolicy as people see it. */
export interface PolicySummary {
  readonly name: string;
  readonly channel: string;
  readonly priority: number;
  readonly suspended: boolean;
  readonly targets: string;
  readonly availableVersion: string | undefined;
  /** Counts are undefined until the operator has looked at it. */
  readonly selected: number | undefined;
  readonly upToDate: number | undefined;
  readonly underWay: number | undefined;
  readonly waiting: number | undefined;
  readonly failed: number | undefined;
  readonly message: string;
}

export function policySummary(object: unknown): PolicySummary {
  return readableFields(object, (root) => {
    const [spec, status] = [root.fields("spec"), root.fields("status")];
    return {
      name: root.fields("metadata").text("name") ?? "",
      channel: spec.fields("target").text("channel") ?? "",
      priority: spec.integer("priority", Number.MIN_SAFE_INTEGER) ?? 0,
      suspended: spec.flag("suspend"),
      targets: status.text("targets") ?? "",
      availableVersion: status.text("availableVersion"),
      selected: status.integer("selected", 0),
      upToDate: status.integer("upToDate", 0),
      underWay: status.integer("underWay", 0),
      waiting: status.integer("waiting", 0),
      failed: status.integer("failed", 0),
      message: status.text("message") ?? "",
    };
  });
}
