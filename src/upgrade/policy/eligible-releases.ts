import { minorName, parseVersion, type KubernetesVersion } from "../kubernetes-version.ts";
import type { Release } from "./release.ts";
import type { TargetRule } from "./upgrade-policy.ts";

export interface EligibilityContext {
  readonly releases: readonly Release[];
  readonly rule: Pick<TargetRule, "minimumAgeSeconds" | "avoid">;
  readonly classVersions: readonly string[] | undefined;
  /** Kinds of machine templates that the cluster uses. */
  readonly templateKinds: readonly string[];
  readonly cluster: KubernetesVersion;
  readonly now: number;
}

export type Obstacle = "TooYoung" | "AgeUnknown" | "Avoided" | "Withdrawn" | "NotInClusterClass" | "MachineImageMissing";

type Stands = (release: Release, version: KubernetesVersion, context: EligibilityContext) => boolean;

/** Why a release is not gone to, the one that passes by itself first. */
export const OBSTACLES: readonly { readonly obstacle: Obstacle; readonly ofAge?: true; readonly stands: Stands }[] = [
  {
    obstacle: "TooYoung",
    ofAge: true,
    stands: ({ releasedAt }, _, { rule, now }) => releasedAt !== undefined && now < releasedAt + rule.minimumAgeSeconds * 1000,
  },
  { obstacle: "AgeUnknown", ofAge: true, stands: ({ releasedAt }, _, { rule }) => releasedAt === undefined && rule.minimumAgeSeconds > 0 },
  { obstacle: "Avoided", stands: (_, version, { rule }) => rule.avoid.some((avoided) => isAvoided(version, avoided)) },
  { obstacle: "Withdrawn", stands: ({ withdrawn }) => withdrawn !== undefined },
  { obstacle: "NotInClusterClass", stands: (_, { text }, { classVersions }) => classVersions?.includes(text) === false },
  {
    obstacle: "MachineImageMissing",
    stands: ({ missingImages = [] }, _, { templateKinds }) =>
      missingImages.some(({ templateKind }) => templateKinds.includes(templateKind)),
  },
];

/** Releases that a cluster may go to or through, some obstacles thought away: of its own major and flavour, no pre-releases. */
export function eligibleReleases(context: EligibilityContext, without: readonly Obstacle[]): readonly KubernetesVersion[] {
  const obstacles = OBSTACLES.filter(({ obstacle }) => !without.includes(obstacle));
  return context.releases.flatMap((release) => {
    const version = parseVersion(release.version);
    if (
      version === undefined ||
      isPrerelease(version) ||
      version.major !== context.cluster.major ||
      flavourOf(version) !== flavourOf(context.cluster)
    )
      return [];
    return obstacles.some(({ stands }) => stands(release, version, context)) ? [] : [version];
  });
}

/** `v1.35.1`, also with any build metadata of it; `v1.34`, the whole minor. */
function isAvoided({ text, major, minor }: KubernetesVersion, avoided: string): boolean {
  return text === avoided || text.split("+")[0] === avoided || minorName(major, minor) === avoided;
}

const UPSTREAM_PRERELEASE = /^(alpha|beta|rc)$/;

/**
 * Who builds it: `v1.35.2` is upstream's, `v1.35.2+rke2r1` is not, and no cluster changes from one to the other by itself. Numbers do not count. Nobody is led to a pre-release of upstream's;
 * who is at one is led to releases.
 */
function flavourOf({ prerelease, build }: KubernetesVersion): string {
  const vendor = prerelease[0]?.replace(/[0-9].*$/, "") ?? "";
  return [UPSTREAM_PRERELEASE.test(vendor) ? "" : vendor, build[0]?.replace(/[0-9]+/g, "#") ?? ""].join("+");
}

function isPrerelease({ prerelease }: KubernetesVersion): boolean {
  return UPSTREAM_PRERELEASE.test(prerelease[0] ?? "");
}
