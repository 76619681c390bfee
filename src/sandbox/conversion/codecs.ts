import { isDraft, type Codec } from "./moves.ts";

/** `1h30m0s` as metav1.Duration is written, to whole seconds and back. */
export const duration: Codec = {
  toNew: (value) => secondsOf(String(value)),
  toOld: (value) => durationText(Number(value)),
};

/** A reference with apiVersion and namespace, to one with the API group alone. Back: the version of our infrastructure, bootstrap and control plane kinds is v1beta2. */
export const reference: Codec = {
  toNew: (value) => {
    if (!isDraft(value)) return value;
    const { apiVersion, kind, name } = value;
    return { apiGroup: typeof apiVersion === "string" ? apiVersion.split("/")[0] : "", kind, name };
  },
  toOld: (value, { namespace }) => {
    if (!isDraft(value)) return value;
    const { apiGroup, kind, name } = value;
    return { apiVersion: `${String(apiGroup)}/v1beta2`, kind, name, ...(namespace === undefined ? {} : { namespace }) };
  },
};

/** A template reference of a ClusterClass: it has an apiVersion in both, a namespace only in v1beta1. */
export const templateReference: Codec = {
  toNew: (value) => (isDraft(value) ? without(value, "namespace") : value),
  toOld: (value, { namespace }) => (isDraft(value) && namespace !== undefined ? { ...value, namespace } : value),
};

export const nodeReference: Codec = {
  toNew: (value) => (isDraft(value) ? { name: value["name"] } : value),
  toOld: (value) => (isDraft(value) ? { apiVersion: "v1", kind: "Node", name: value["name"] } : value),
};

/** Unhealthy conditions with `timeout: 5m0s`, and with `timeoutSeconds: 300`. */
export const conditionTimeouts: Codec = {
  toNew: (value) =>
    items(value, (item) => ({
      ...without(item, "timeout"),
      ...(typeof item["timeout"] === "string" ? { timeoutSeconds: secondsOf(item["timeout"]) } : {}),
    })),
  toOld: (value) =>
    items(value, (item) => ({ ...without(item, "timeoutSeconds"), timeout: durationText(Number(item["timeoutSeconds"] ?? 0)) })),
};

/** Arguments as a map, and as a list of name and value (sorted by name, as Cluster API makes it of a map). */
export const argumentList: Codec = {
  toNew: (value) =>
    isDraft(value)
      ? Object.keys(value)
          .sort()
          .map((name) => ({ name, value: value[name] }))
      : value,
  toOld: (value) => (Array.isArray(value) ? Object.fromEntries(value.filter(isDraft).map(({ name, value: text }) => [name, text])) : value),
};

function items(value: unknown, change: (item: Record<string, unknown>) => unknown): unknown {
  return Array.isArray(value) ? value.map((item: unknown) => (isDraft(item) ? change(item) : item)) : value;
}

function without(value: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  const { [name]: _left, ...rest } = value;
  return rest;
}

const unitSeconds: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001, us: 0.000_001, µs: 0.000_001, ns: 0.000_000_001 };

/** Go's time.ParseDuration, to whole seconds: what is less is cut off. */
function secondsOf(text: string): number {
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g)) seconds += Number(amount) * unitSeconds[unit!]!;
  return Math.trunc(text.startsWith("-") ? -seconds : seconds);
}

/** Go's Duration.String(): the largest unit that is needed, and all below it. */
function durationText(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
