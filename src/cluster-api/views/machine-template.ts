import type { TemplateText, VersionPin } from "../../upgrade/cluster-snapshot.ts";
import { asRecord, type RawObject } from "./fields.ts";

/**
 * A Kubernetes version inside a longer text: `v1.34.0` in `kindest/node:v1.34.0`, `1.34.0` in `capi-ubuntu-22.04-1.34.0`.
 *
 * It must have major, minor and patch, the major 1 and the minor 20 to 60, and stand alone: no letter, digit or dot touches it in front, no digit or
 * `.digit` behind (`22.04` and `11.34.0.1` are none). A pre-release (`-rc.1`) and build metadata (`+rke2r1`) belong to it; a build date does not.
 */
const KUBERNETES_VERSION =
  /(?<![0-9A-Za-z.+])v?(1\.(?:[2-5][0-9]|60)\.(?:0|[1-9][0-9]{0,2})(?:-(?:alpha|beta|rc)\.[0-9]+)?(?:\+[0-9A-Za-z][0-9A-Za-z.-]*)?)(?![0-9A-Za-z]|\.[0-9])/g;

/** Other software that numbers its releases in the same range: `nginx:1.27.0`, `golang:1.25.3`, `istio/proxyv2:1.24.2`. */
const OTHER_SOFTWARE =
  /(?:^|[^a-z])(?:nginx|golang|go|istio|proxyv2|pilot|envoy|busybox|alpine|coredns|containerd|runc|cilium|rust|docker)[:@/_= -]*v?$/i;

/** Fields that list things for the machine to run rather than what it boots from. */
const NOT_THE_MACHINE_IMAGE: ReadonlySet<string> = new Set(["preLoadImages"]);

/**
 * Fields of an infrastructure object's spec that name a Kubernetes version, in path order. Of a template (`…Template`) all of `spec.template` is looked
 * at, annotations too (some providers, and in-memory machines, have no field for an image); of any other object (the infrastructure pool of a
 * MachinePool) all of `spec`.
 */
export function readVersionPins(object: RawObject): readonly VersionPin[] {
  return readTemplateTexts(object).flatMap((text) => versionsIn(text.value).map((version) => ({ ...text, version })));
}

/** All texts in the same places. */
export function readTemplateTexts(object: RawObject): readonly TemplateText[] {
  const spec = asRecord(object["spec"]);
  const texts = spec?.["template"] === undefined ? textsIn(spec, ["spec"]) : textsIn(spec["template"], ["spec", "template"]);
  return texts.sort((a, b) => comparePaths(a.path, b.path));
}

/** Every Kubernetes version in a text, with the leading `v` that Cluster API versions have, each once. */
export function versionsIn(text: string): readonly string[] {
  const found = [...text.matchAll(KUBERNETES_VERSION)].filter((match) => !OTHER_SOFTWARE.test(text.slice(0, match.index)));
  return [...new Set(found.map((match) => `v${match[1] ?? ""}`))];
}

/** Every text in a value, with its path. */
export function textsIn(value: unknown, path: readonly (string | number)[]): TemplateText[] {
  if (typeof value === "string") return [{ path, value }];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => textsIn(item, [...path, index]));
  return Object.entries(asRecord(value) ?? {}).flatMap(([key, item]) =>
    NOT_THE_MACHINE_IMAGE.has(key) ? [] : textsIn(item, [...path, key]),
  );
}

function comparePaths(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const left = a[index];
    const right = b[index];
    if (left === right) continue;
    if (typeof left === "number" && typeof right === "number") return left - right;
    return String(left) < String(right) ? -1 : 1;
  }
  return a.length - b.length;
}
