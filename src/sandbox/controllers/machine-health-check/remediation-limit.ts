import { countOf } from "../machine-set/count-or-percent.ts";
import type { MachineHealthCheck } from "./health-check-objects.ts";

export interface RemediationLimit {
  readonly isAllowed: boolean;
  /** How many more machines may become unhealthy. */
  readonly left: number;
  /** Why remediation is not allowed. */
  readonly message: string;
}

const refusal = "Remediation is not allowed, the number of not started or unhealthy machines";

/** When too many machines are unhealthy, something else is wrong than machines. Those that are not known to be healthy count as unhealthy; `unhealthy` is only told. */
export function remediationLimit({ spec }: MachineHealthCheck, total: number, healthy: number, unhealthy: number): RemediationLimit {
  const { unhealthyInRange, unhealthyLessThanOrEqualTo = "100%" } = spec.remediation?.triggerIf ?? {};
  const count = total - healthy;
  const counts = `total: ${total}, unhealthy: ${unhealthy}`;
  const range = /^\[(\d+)-(\d+)\]$/.exec(unhealthyInRange ?? "");
  if (range !== null) {
    const [least, most] = [Number(range[1]), Number(range[2])];
    return {
      isAllowed: count >= least && count <= most,
      left: most - count,
      message: `${refusal} does not fall within the range (${counts}, unhealthyRange: ${unhealthyInRange ?? ""})`,
    };
  }
  const most = countOf(unhealthyLessThanOrEqualTo, total, Math.floor);
  return {
    isAllowed: count <= most,
    left: most - count,
    message: `${refusal} exceeds maxUnhealthy (${counts}, maxUnhealthy: ${unhealthyLessThanOrEqualTo})`,
  };
}
