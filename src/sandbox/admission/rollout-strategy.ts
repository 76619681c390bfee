import type { StatusCause } from "../api/api-status-error.ts";
import { invalidField } from "./field-faults.ts";

type CountOrPercent = number | string;

export interface RollingUpdate {
  readonly maxSurge?: CountOrPercent;
  readonly maxUnavailable?: CountOrPercent;
}

/** `field`: path of the strategy. */
export function rolloutFaults(field: string, { maxSurge, maxUnavailable }: RollingUpdate = {}): readonly StatusCause[] {
  return [
    ...percentFaults(`${field}.rollingUpdate.maxUnavailable`, maxUnavailable),
    ...percentFaults(`${field}.rollingUpdate.maxSurge`, maxSurge),
    ...(maxUnavailable === 0 && maxSurge === 0
      ? [invalidField(`${field}.rollingUpdate`, "0", "maxUnavailable and maxSurge cannot both be 0")]
      : []),
  ];
}

/** `field`: path of the remediation. */
export function maxInFlightFaults(field: string, maxInFlight: CountOrPercent | undefined): readonly StatusCause[] {
  return percentFaults(`${field}.maxInFlight`, maxInFlight);
}

/** Texts must be percentages (apimachinery intstr.GetScaledValueFromIntOrPercent). */
export function percentFaults(field: string, value: CountOrPercent | undefined): readonly StatusCause[] {
  if (value === undefined || typeof value === "number" || /^[+-]?\d+%$/.test(value)) return [];
  const why = value.endsWith("%")
    ? `invalid value ${JSON.stringify(value)}: strconv.Atoi: parsing ${JSON.stringify(value.slice(0, -1))}: invalid syntax`
    : "invalid type: string is not a percentage";
  return [invalidField(field, value, `must be either an int or a percentage: invalid value for IntOrString: ${why}`)];
}
