import type { MachineTemplateSnapshot, TemplateText, VersionPin } from "./cluster-snapshot.ts";
import { noImages, pointerOf, type ImageMove, type TextChange } from "./machine-images.ts";
import type { TemplateRotation } from "./upgrade-types.ts";
import { namesVersion, withVersion } from "./version-in-text.ts";

/**
 * The new machine template that a step needs, because the catalog has another image for the new version, or the current one names the version that the step leaves. Undefined where
 * neither is so, or the new image stands there already.
 */
export function rotationFor(
  template: MachineTemplateSnapshot | undefined,
  from: string,
  to: string,
  images: ImageMove = noImages,
): TemplateRotation | undefined {
  if (template === undefined) return undefined;
  const set = changesOf(template, from, to, images);
  return set.length === 0 ? undefined : { template: template.ref, set };
}

/** The catalog's images, and the new version wherever else the old one is named. */
function changesOf(
  { versionPins }: MachineTemplateSnapshot,
  from: string,
  to: string,
  { set: images, held }: ImageMove,
): readonly TextChange[] {
  const set: TextChange[] = [...images];
  const seen = new Set(held);
  for (const pin of versionPins) {
    const path = pointerOf(pin.path);
    // A value with two versions in it is two pins of one path, and is replaced as a whole, once.
    if (seen.has(path) || !namesVersion(pin, from)) continue;
    seen.add(path);
    const value = withVersion(pin.value, from, to);
    if (value !== pin.value) set.push({ path: pin.path, value: pin.value, to: value });
  }
  return set;
}

/** The template as it will be after the rotation, but for its name, which only the writer knows (a hash of the content). */
export function rotated(
  template: MachineTemplateSnapshot | undefined,
  from: string,
  to: string,
  move: ImageMove = noImages,
): MachineTemplateSnapshot | undefined {
  if (template === undefined) return undefined;
  const images = new Map(move.set.map((change) => [pointerOf(change.path), change]));
  const changes = new Map(changesOf(template, from, to, move).map((change) => [pointerOf(change.path), change.to]));
  const after = ({ path, value }: TemplateText): string => changes.get(pointerOf(path)) ?? value;
  const moved = template.versionPins
    .filter(({ path }) => !images.has(pointerOf(path)))
    .map((pin) => (namesVersion(pin, from) ? { ...pin, value: after(pin), version: to } : pin));
  const named = [...images.values()].map(({ path, to: value }): VersionPin => ({ path, value, version: to }));
  return {
    ...template,
    texts: template.texts.map((text) => ({ ...text, value: after(text) })),
    versionPins: [...moved, ...named.filter((pin) => withVersion(pin.value, to, "") !== pin.value)],
  };
}

/** Pins that name neither of the versions: nobody can tell what they should become. */
export function strangePins(template: MachineTemplateSnapshot | undefined, versions: readonly string[]): readonly VersionPin[] {
  return (template?.versionPins ?? []).filter((pin) => !versions.some((version) => namesVersion(pin, version)));
}
