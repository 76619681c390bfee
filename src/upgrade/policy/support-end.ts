import { parseVersion, type KubernetesVersion } from "../kubernetes-version.ts";
import type { Release } from "./release.ts";

/** When the minor of a version stops getting patches, by the latest date that a release of it tells. Epoch milliseconds; undefined where none does. */
export function supportEnd(releases: readonly Release[], { major, minor }: KubernetesVersion): number | undefined {
  const ends = releases.flatMap(({ version, endOfLifeAt }) => {
    const parsed = parseVersion(version);
    return parsed?.minor === minor && parsed.major === major && endOfLifeAt !== undefined ? [endOfLifeAt] : [];
  });
  return ends.length === 0 ? undefined : Math.max(...ends);
}
