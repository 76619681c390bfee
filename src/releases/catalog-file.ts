import { array, fallback, object, optional, record, safeParse, string, unknown, type InferOutput } from "valibot";
import { parse } from "yaml";
import { isTemplatePath, isValuePath } from "../upgrade/machine-images.ts";
import type { ImageVariable, Release, ReleaseImage } from "../upgrade/policy/release.ts";
import { instantIn, releaseWith, versionIn } from "./release-facts.ts";

const variable = object({ name: string(), path: optional(string()), part: optional(string()) });
const image = object({ templateKind: string(), image: string(), path: optional(string()), variable: optional(variable) });
const Entry = object({
  version: string(),
  releasedAt: optional(string()),
  endOfLifeAt: optional(string()),
  images: fallback(optional(array(image)), undefined),
  withdrawn: optional(string()),
});
const File = object({ releases: array(unknown()) });
const Wrapped = object({ spec: record(string(), unknown()) });

/** What was read of a catalog: entries that are none are named, by their place in the list. */
export interface CatalogFile {
  readonly releases: readonly Release[];
  readonly unreadable: readonly string[];
}

/**
 * A catalog in YAML or JSON: `releases: [{ version, releasedAt, endOfLifeAt, images: [{ templateKind, image, path, variable }], withdrawn }]`, or a whole ReleaseCatalog
 * object with that under `spec`. Scalars are read as texts, so an unquoted date stays what it is. Throws when it is no YAML or has no such list.
 */
export function readCatalogFile(text: string): CatalogFile {
  const content: unknown = parse(text, { schema: "failsafe", maxAliasCount: 100 });
  const wrapped = safeParse(Wrapped, content);
  const file = safeParse(File, wrapped.success ? wrapped.output.spec : content);
  if (!file.success) throw new TypeError("it has no list `releases`");
  const releases: Release[] = [];
  const unreadable: string[] = [];
  for (const [index, item] of file.output.releases.entries()) {
    const entry = releaseFrom(item);
    if (typeof entry === "string") unreadable.push(`releases[${index}]: ${entry}`);
    else releases.push(entry);
  }
  return { releases, unreadable };
}

function releaseFrom(item: unknown): Release | string {
  const parsed = safeParse(Entry, item);
  if (!parsed.success) return "version is missing, or a field is no text";
  const { releasedAt, endOfLifeAt, images, withdrawn } = parsed.output;
  const version = versionIn(parsed.output.version);
  if (version === undefined) return `version ${JSON.stringify(parsed.output.version)} is not like v1.35.2`;
  for (const [field, date] of Object.entries({ releasedAt, endOfLifeAt }))
    if (date !== undefined && instantIn(date) === undefined) return `${field} ${JSON.stringify(date)} is not like 2026-08-20`;
  for (const { path } of images ?? [])
    if (path !== undefined && !isTemplatePath(path))
      return `path ${JSON.stringify(path)} of an image is not like /spec/template/spec/ami/id`;
  for (const { variable: of } of images ?? [])
    if (of?.path !== undefined && !isValuePath(of.path)) return `path ${JSON.stringify(of.path)} of variable ${of.name} is not like /id`;
  return releaseWith(version, {
    releasedAt: instantIn(releasedAt),
    endOfLifeAt: instantIn(endOfLifeAt),
    images: (images ?? []).map(imageFrom),
    withdrawn: withdrawn === "" ? undefined : withdrawn,
  });
}

function imageFrom({ path, variable: of, ...rest }: InferOutput<typeof image>): ReleaseImage {
  return {
    ...rest,
    ...(path === undefined ? {} : { path }),
    ...(of === undefined ? {} : { variable: variableFrom(of) }),
  };
}

function variableFrom({ name, path, part }: InferOutput<typeof variable>): ImageVariable {
  return { name, ...(path === undefined ? {} : { path }), ...(part === undefined ? {} : { part }) };
}
