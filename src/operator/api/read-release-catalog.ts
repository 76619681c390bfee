import { isTemplatePath, isValuePath } from "../../upgrade/machine-images.ts";
import type { ImageRule } from "../../releases/image-rules.ts";
import type { MissingImage, Release, ReleaseImage } from "../../upgrade/policy/release.ts";
import { readFields, type ObjectFields, type ReadResult } from "./object-fields.ts";
import { positiveSeconds, readVersion, secretName } from "./read-settings.ts";

/** A ReleaseCatalog with every default filled in. */
export interface CatalogObject {
  readonly name: string;
  readonly generation: number;
  /** Of the object itself. */
  readonly releases: readonly Release[];
  readonly sources: readonly CatalogSource[];
  readonly images: readonly ImageRule[];
}

export interface CatalogSource {
  readonly name: string;
  readonly intervalSeconds: number;
  readonly from: SourceKind;
}

export type SourceKind =
  | {
      readonly kind: "git-file";
      readonly url: string;
      readonly branch: string | undefined;
      readonly path: string;
      readonly credentialsSecret: string | undefined;
    }
  | { readonly kind: "feed"; readonly format: FeedFormat; readonly url: string; readonly credentialsSecret: string | undefined }
  | {
      readonly kind: "registry-tags";
      readonly repository: string;
      readonly tagPattern: string;
      readonly templateKind: string | undefined;
      readonly credentialsSecret: string | undefined;
    }
  | { readonly kind: "channel"; readonly url: string };

export type FeedFormat = "stable-text" | "endoflife-date" | "endoflife-date-v1" | "kubernetes-schedule" | "github-releases" | "releases";

const feedFormats: Readonly<Record<string, FeedFormat>> = {
  StableText: "stable-text",
  EndOfLifeDate: "endoflife-date",
  EndOfLifeDateV1: "endoflife-date-v1",
  KubernetesSchedule: "kubernetes-schedule",
  GitHubReleases: "github-releases",
  Releases: "releases",
};

export function readReleaseCatalog(object: unknown): ReadResult<CatalogObject> {
  return readFields(object, "InvalidReleaseCatalog", (root) => {
    const metadata = root.fields("metadata");
    const spec = root.fields("spec");
    return {
      name: metadata.text("name") ?? "",
      generation: metadata.integer("generation", 0) ?? 0,
      releases: readReleases(spec),
      sources: spec.items("sources").map(readSource),
      images: spec.items("images").map(readImageRule),
    };
  });
}

/** What the catalog's status keeps of all sources; what cannot be read in it is left out. */
export function readCatalogReleases(object: unknown): readonly Release[] {
  const result = readFields(object, "InvalidReleaseCatalog", (root) => readReleases(root.fields("status")));
  return result.kind === "read" ? result.value : [];
}

/** The list `releases` of these fields: of a catalog's spec or status, or of a file with the same shape. */
export function readReleases(fields: ObjectFields): readonly Release[] {
  return fields.items("releases").map((release) => ({
    version: readVersion(release, "version"),
    releasedAt: release.time("releasedAt"),
    endOfLifeAt: release.time("endOfLifeAt"),
    images: release.items("images").map((image): ReleaseImage => ({
      templateKind: image.requiredText("templateKind"),
      image: image.requiredText("image"),
      ...readPath(image),
      ...readVariable(image),
    })),
    withdrawn: release.text("withdrawn"),
    ...readMissing(release),
  }));
}

/** Only of a status. */
function readMissing(release: ObjectFields): Pick<Release, "missingImages"> {
  const missing = release.items("missingImages").map((each): MissingImage => ({
    templateKind: each.requiredText("templateKind"),
    why: each.requiredText("why"),
  }));
  return missing.length === 0 ? {} : { missingImages: missing };
}

/** A path that leads nowhere would be a change that is never made. */
function readPath(image: ObjectFields): Pick<ReleaseImage, "path"> {
  const path = image.text("path");
  if (path === undefined) return {};
  if (!isTemplatePath(path)) image.refuse("path", path, "is no path into a machine template", "Write it as /spec/template/spec/ami/id.");
  return { path };
}

function readVariable(image: ObjectFields): Pick<ReleaseImage, "variable"> {
  if (!image.has("variable")) return {};
  const variable = image.fields("variable");
  const path = variable.text("path");
  if (path !== undefined && !isValuePath(path))
    variable.refuse("path", path, "is no path into the value of a variable", "Write it as /id.");
  const part = variable.text("part");
  const where = { ...(path === undefined ? {} : { path }), ...(part === undefined ? {} : { part }) };
  return { variable: { name: variable.requiredText("name"), ...where } };
}

const members = ["gitFile", "feed", "registryTags", "channel"] as const;

function readSource(source: ObjectFields): CatalogSource {
  const named = members.filter((member) => source.has(member));
  const [member] = named;
  if (named.length > 1)
    source.refuse(named[1] ?? "", "set", `is one source too many beside ${named[0] ?? ""}`, "Make a source of its own of each.");
  if (member === undefined)
    source.refuse("feed", undefined, "leaves the source without a place to look", `Set one of ${members.join(", ")}.`);
  return {
    name: source.requiredText("name"),
    intervalSeconds: positiveSeconds(source, "interval", 3_600),
    from: readSourceKind(source.fields(member ?? "channel"), member ?? "channel", member === undefined),
  };
}

function readSourceKind(fields: ObjectFields, member: (typeof members)[number], isMissing: boolean): SourceKind {
  const needed = (name: string): string => (isMissing ? "" : fields.requiredText(name));
  switch (member) {
    case "gitFile":
      return {
        kind: "git-file",
        url: needed("url"),
        branch: fields.text("branch"),
        path: needed("path"),
        credentialsSecret: secretName(fields, "credentialsSecretRef"),
      };
    case "feed":
      if (!fields.has("format")) needed("format");
      return {
        kind: "feed",
        format: fields.choice("format", feedFormats, "releases"),
        url: needed("url"),
        credentialsSecret: secretName(fields, "credentialsSecretRef"),
      };
    case "registryTags":
      return {
        kind: "registry-tags",
        repository: needed("repository"),
        tagPattern: readTagPattern(fields),
        templateKind: fields.text("templateKind"),
        credentialsSecret: secretName(fields, "credentialsSecretRef"),
      };
    case "channel":
      return { kind: "channel", url: needed("url") };
    default:
      return member satisfies never;
  }
}

function readTagPattern(fields: ObjectFields): string {
  const text = fields.text("tagPattern") ?? "{version}";
  if (!/^[\w.-]*\{version(?:[-_]build)?\}[\w.-]*$/.test(text))
    fields.refuse(
      "tagPattern",
      text,
      "does not say where the version stands in a tag",
      "Write it as {version}, {version-build} or node-{version}-amd64.",
    );
  return text;
}

function readImageRule(rule: ObjectFields): ImageRule {
  const image = rule.text("image");
  const mustExist = rule.flag("mustExist");
  if (image !== undefined && !image.includes("{version}"))
    rule.refuse("image", image, "does not say where the version stands", "Write it as kindest/node:{version}.");
  if (image === undefined && !mustExist) rule.refuse("image", image, "makes a rule that says nothing", "Set image, or mustExist: true.");
  const credentialsSecret = secretName(rule, "credentialsSecretRef");
  if (credentialsSecret !== undefined && (image === undefined || !mustExist))
    rule.refuse(
      "credentialsSecretRef",
      credentialsSecret,
      "is for looking an image up in its registry, which this rule does not ask for",
      "Set image and mustExist: true, or leave it out.",
    );
  return {
    templateKind: rule.requiredText("templateKind"),
    image,
    ...readPath(rule),
    ...readVariable(rule),
    ...(credentialsSecret === undefined ? {} : { credentialsSecret }),
    mustExist,
  };
}
