import { parseVersion } from "../../upgrade/kubernetes-version.ts";
import { parseImageReference } from "./image-reference.ts";

/**
 * How the image of a version is called: `kindest/node:{version}`, or, the same, `kindest/node:v{version}`. A tag cannot have the `+` of build metadata: `{version-build}` says that `-` stands for it
 * (k3s, RKE2: `v1.35.2-rke2r1` is v1.35.2+rke2r1), `{version_build}` that `_` does (kubeadm).
 */
export interface TagPattern {
  /** Without tag: `kindest/node`. */
  readonly repository: string;
  readonly before: string;
  readonly plus: "-" | "_" | undefined;
  readonly after: string;
}

const PATTERN = /^(?<repository>[^{}]+):(?<before>[\w.-]*)\{version(?<plus>[-_]build)?\}(?<after>[\w.-]*)$/;

/** Undefined when the text is no such pattern. */
export function parseTagPattern(text: string): TagPattern | undefined {
  const groups = PATTERN.exec(text)?.groups;
  const { repository = "", before = "", plus, after = "" } = groups ?? {};
  const reference = parseImageReference(repository);
  if (groups === undefined || reference === undefined || reference.reference !== undefined) return undefined;
  return { repository, before: before.replace(/v$/, ""), plus: plus === undefined ? undefined : plus.startsWith("-") ? "-" : "_", after };
}

/**
 * The version that a tag stands for; undefined: this tag is of something else (`latest`, `v1.35`). A suffix that Kubernetes itself has not is taken for something
 * else too: `v1.35.2-amd64` is an architecture, not a version.
 */
export function versionOfTag(pattern: TagPattern, tag: string): string | undefined {
  const { before, after, plus } = pattern;
  if (tag.length < before.length + after.length || !tag.startsWith(before) || !tag.endsWith(after)) return undefined;
  const middle = tag.slice(before.length, tag.length - after.length);
  if (!middle.startsWith("v")) return undefined;
  const version = parseVersion(plus === undefined ? middle : withBuild(middle, plus));
  const [suffix] = version?.prerelease ?? [];
  return suffix === undefined || UPSTREAM_PRERELEASE.test(suffix) ? version?.text : undefined;
}

/** The image of a version. */
export function imageOfVersion(pattern: TagPattern, version: string): string {
  const { repository, before, after, plus } = pattern;
  return `${repository}:${before}${version.replaceAll("+", plus ?? "-")}${after}`;
}

const UPSTREAM_PRERELEASE = /^(alpha|beta|rc)[.\d]*$/;

/** The last part is the build metadata, but for what Kubernetes itself puts there: `v1.35.0-rc.1` has none, `v1.35.0-rc2-k3s1` has `k3s1`. */
function withBuild(middle: string, plus: "-" | "_"): string {
  const at = middle.lastIndexOf(plus);
  const build = middle.slice(at + 1);
  return at === -1 || UPSTREAM_PRERELEASE.test(build) ? middle : `${middle.slice(0, at)}+${build}`;
}
