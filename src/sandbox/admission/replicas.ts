import { ApiStatusError } from "../api/api-status-error.ts";

const minimum = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size";
const maximum = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size";

interface Workers {
  readonly kind: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly isNew: boolean;
  /** Replicas before an update. */
  readonly before: number | undefined;
}

/** Replicas of workers that leave them out: within the autoscaler's range, so that it takes over from there; else 1. */
export function replicasByAutoscaler({ kind, annotations, isNew, before }: Workers): number {
  const [min, max] = [annotations[minimum], annotations[maximum]];
  if (min === undefined || max === undefined) return 1;
  const [low, high] = [size(kind, minimum, min), size(kind, maximum, max)];
  if (isNew || before === undefined) return low;
  if (before < low) return low;
  return Math.min(before, high);
}

function size(kind: string, annotation: string, text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  const message = `failed to caculate ${kind} replicas value: could not parse the value of the "${annotation}" annotation: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`;
  // An error that is no Status is a refusal without a reason of its own: controller-runtime's Denied.
  throw new ApiStatusError(403, "Forbidden", message);
}
