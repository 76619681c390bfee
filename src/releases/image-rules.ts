import type { ImageVariable, MissingImage, Release, ReleaseImage } from "../upgrade/policy/release.ts";
import type { ImageLook, ImageToFind } from "./registry/image-lookups.ts";

/** How images of a kind of machine template are named, for versions of which no source lists one. */
export interface ImageRule {
  readonly templateKind: string;
  /** `{version}` stands for the version; undefined: only what sources list are images. */
  readonly image: string | undefined;
  readonly path?: string;
  /** Secret with the login of the image's registry. */
  readonly credentialsSecret?: string;
  readonly variable?: ImageVariable;
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
export function imagesToLookFor(releases: readonly Release[], rules: readonly ImageRule[]): readonly ImageToFind[] {
  const named = releases
    .filter(({ withdrawn }) => withdrawn === undefined)
    .flatMap((release) =>
      rules
        .filter(({ mustExist, templateKind }) => mustExist && !lists(release, templateKind))
        .flatMap((rule) => (rule.image === undefined ? [] : [toFind(rule, rule.image, release.version)])),
    );
  return [...new Map(named.toReversed().map((one) => [JSON.stringify(one), one])).values()].slice(0, mostImages);
}

function toFind({ credentialsSecret }: ImageRule, image: string, version: string): ImageToFind {
  return { image: imageByRule(image, version), ...(credentialsSecret === undefined ? {} : { secret: credentialsSecret }) };
}

/** Releases with the images that the rules give them, and with what is missing. */
export function withImages(
  releases: readonly Release[],
  rules: readonly ImageRule[],
  lookOf: (image: ImageToFind) => ImageLook | undefined,
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

function whyMissing(rule: ImageRule, { version }: Release, lookOf: (image: ImageToFind) => ImageLook | undefined): string | undefined {
  if (!rule.mustExist) return undefined;
  if (rule.image === undefined) return "no source lists one";
  const wanted = toFind(rule, rule.image, version);
  const look = lookOf(wanted);
  if (look === undefined) return `${wanted.image} has not been looked for yet`;
  return look.kind === "exists" ? undefined : look.why;
}

function imageOf({ templateKind, path, variable }: ImageRule, image: string, version: string): ReleaseImage {
  return {
    templateKind,
    image: imageByRule(image, version),
    ...(path === undefined ? {} : { path }),
    ...(variable === undefined ? {} : { variable }),
  };
}

function lists({ images }: Release, templateKind: string): boolean {
  return images.some((image) => image.templateKind === templateKind);
}
