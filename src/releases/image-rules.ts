import type { MissingImage, Release, ReleaseImage } from "../upgrade/policy/release.ts";
import type { ImageLook } from "./registry/image-lookups.ts";

/** How images of a kind of machine template are named, for versions of which no source lists one. */
export interface ImageRule {
  readonly templateKind: string;
  /** `{version}` stands for the version; undefined: only what sources list are images. */
  readonly image: string | undefined;
  readonly path?: string;
  /** A version without an image is not gone to. */
  readonly mustExist: boolean;
}

/** What a rule makes of a version: its `+` is a `-`, as an image tag cannot hold it. `v{version}` is the same as `{version}`. */
export function imageByRule(pattern: string, version: string): string {
  return pattern.replaceAll(/v?\{version\}/g, () => version.replaceAll("+", "-"));
}

/** As many versions as a status keeps. */
const mostImages = 200;

/** Images that are to be looked for before they count, of the newest releases first (`releases` ascending). */
export function imagesToLookFor(releases: readonly Release[], rules: readonly ImageRule[]): readonly string[] {
  const named = releases
    .filter(({ withdrawn }) => withdrawn === undefined)
    .flatMap((release) =>
      rules
        .filter(({ mustExist, templateKind }) => mustExist && !lists(release, templateKind))
        .flatMap(({ image }) => (image === undefined ? [] : [imageByRule(image, release.version)])),
    );
  return [...new Set(named.toReversed())].slice(0, mostImages);
}

/** Releases with the images that the rules give them, and with what is missing. */
export function withImages(
  releases: readonly Release[],
  rules: readonly ImageRule[],
  lookOf: (image: string) => ImageLook | undefined,
): readonly Release[] {
  if (rules.length === 0) return releases;
  return releases.map((release) => {
    const images: ReleaseImage[] = [];
    const missing: MissingImage[] = [];
    for (const rule of rules.filter(({ templateKind }) => !lists(release, templateKind))) {
      const why = whyMissing(rule, release, lookOf);
      if (why !== undefined) missing.push({ templateKind: rule.templateKind, why });
      else if (rule.image !== undefined) images.push(imageOf(rule, rule.image, release.version));
    }
    if (images.length === 0 && missing.length === 0) return release;
    return { ...release, images: [...release.images, ...images], ...(missing.length === 0 ? {} : { missingImages: missing }) };
  });
}

function whyMissing(
  { image, mustExist }: ImageRule,
  { version }: Release,
  lookOf: (image: string) => ImageLook | undefined,
): string | undefined {
  if (!mustExist) return undefined;
  if (image === undefined) return "no source lists one";
  const named = imageByRule(image, version);
  const look = lookOf(named);
  if (look === undefined) return `${named} has not been looked for yet`;
  return look.kind === "exists" ? undefined : look.why;
}

function imageOf({ templateKind, path }: ImageRule, image: string, version: string): ReleaseImage {
  return { templateKind, image: imageByRule(image, version), ...(path === undefined ? {} : { path }) };
}

function lists({ images }: Release, templateKind: string): boolean {
  return images.some((image) => image.templateKind === templateKind);
}
