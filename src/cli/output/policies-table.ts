import type { PolicySummary } from "../../operator/api/policy-summary.ts";
import { table } from "./table.ts";

/** One row a policy: what it is for, how many clusters are where, and why. */
export function policiesTable(policies: readonly PolicySummary[], wide: boolean): string {
  const header = ["NAME", "CHANNEL", "TARGET", "SELECTED", "UP TO DATE", "UNDER WAY", "WAITING", "FAILED", "WHY"];
  return table(
    header,
    policies.map(({ name, channel, targets, selected, upToDate, underWay, waiting, failed, message }) => [
      name,
      channel,
      targets,
      ...[selected, upToDate, underWay, waiting, failed].map((count) => (count === undefined ? "" : String(count))),
      wide || message.length <= 90 ? message : `${message.slice(0, 87)}...`,
    ]),
  );
}
