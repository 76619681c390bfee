import { annotationKeys, type Machine } from "./cluster-objects.ts";
import type { Scope } from "./scope.ts";

/** What the annotations `remediation-in-progress` (KubeadmControlPlane) and `remediation-for` (the machine that replaces another) carry as JSON. */
export interface Remediation {
  /** The machine that was deleted. */
  readonly machine: string;
  /** RFC 3339, seconds. */
  readonly timestamp: string;
  readonly retryCount: number;
}

export function readRemediation(annotation: string): Remediation {
  // Only this controller writes it.
  return JSON.parse(annotation) as Remediation;
}

export function writeRemediation({ machine, timestamp, retryCount }: Remediation): string {
  return JSON.stringify({ machine, timestamp, retryCount });
}

export interface NextRemediation {
  readonly remediation: Remediation;
  readonly refusal?: { readonly reason: string; readonly message: string };
}

const defaultMinHealthySeconds = 3600;

/** May this machine be replaced, and how often was that tried already? (CAPI checkRetryLimits) */
export function nextRemediation({ kcp, now, time }: Scope, { metadata }: Machine): NextRemediation {
  const first: Remediation = { machine: metadata.name, timestamp: time, retryCount: 0 };
  const annotation = metadata.annotations?.[annotationKeys.remediationFor];
  if (annotation === undefined) return { remediation: first };
  const { maxRetry, retryPeriodSeconds = 0, minHealthyPeriodSeconds = defaultMinHealthySeconds } = kcp.spec.remediation ?? {};
  const last = readRemediation(annotation);
  const lastTime = Date.parse(last.timestamp);
  // Healthy for long enough: what happens now is another story.
  if (lastTime + minHealthyPeriodSeconds * 1000 <= now) return { remediation: first };
  const remediation = { ...first, retryCount: last.retryCount };
  if (lastTime + retryPeriodSeconds * 1000 > now) {
    const message = `KubeadmControlPlane can't remediate this machine because the operation already failed in the latest ${goDuration(retryPeriodSeconds)} (RetryPeriodSeconds)`;
    return { remediation, refusal: { reason: "RemediationDeferred", message } };
  }
  if (maxRetry !== undefined && remediation.retryCount >= maxRetry) {
    const message = `KubeadmControlPlane can't remediate this machine because the operation already failed ${maxRetry} times (MaxRetry)`;
    return { remediation, refusal: { reason: "CannotBeRemediated", message } };
  }
  return { remediation: { ...remediation, retryCount: remediation.retryCount + 1 } };
}

/** As Go prints a time.Duration of whole seconds: `1h0m0s`. */
function goDuration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
