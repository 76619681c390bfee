import { parseVersion } from "../upgrade/kubernetes-version.ts";
import type { Release } from "../upgrade/policy/release.ts";

/** What one source knows of a version; the rest is undefined. */
export function releaseWith(version: string, known: Partial<Omit<Release, "version">> = {}): Release {
  return { version, releasedAt: undefined, endOfLifeAt: undefined, images: [], withdrawn: undefined, ...known };
}

/** `v1.35.2` from `1.35.2`, `v1.35.2` or a line with such; undefined for anything that Cluster API would not take (`1.35`, `latest`). */
export function versionIn(text: string): string | undefined {
  const trimmed = text.trim();
  return parseVersion(trimmed.startsWith("v") ? trimmed : `v${trimmed}`)?.text;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** Epoch milliseconds of `2026-08-20` (its first moment in UTC) or `2026-08-20T13:00:00Z`; undefined for anything else. */
export function instantIn(text: unknown): number | undefined {
  if (typeof text !== "string" || !(DATE.test(text) || INSTANT.test(text))) return undefined;
  const instant = Date.parse(text);
  // Date.parse takes 31 February for 3 March.
  const isDay = Number(text.slice(8, 10)) === new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDate();
  return Number.isNaN(instant) || !isDay ? undefined : instant;
}
