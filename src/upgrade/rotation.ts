import type { MachineTemplateSnapshot, VersionPin } from "./cluster-snapshot.ts";
import type { TemplateRotation } from "./upgrade-types.ts";
import { namesVersion, withVersion } from "./version-in-text.ts";

/**
 * The new machine template that a step needs, because the current one names the version that the step leaves. Undefined where it names none, or names the new
 * one already.
 */
export function rotationFor(template: MachineTemplateSnapshot | undefined, from: string, to: string): TemplateRotation | undefined {
  if (template === undefined) return undefined;
  const set: TemplateRotation["set"][number][] = [];
  const seen = new Set<string>();
  for (const pin of template.versionPins) {
    const path = JSON.stringify(pin.path);
    // A value with two versions in it is two pins of one path, and is replaced as a whole, once.
    if (seen.has(path) || !namesVersion(pin, from)) continue;
    seen.add(path);
    const value = withVersion(pin.value, from, to);
    if (value !== pin.value) set.push({ path: pin.path, value: pin.value, to: value });
  }
  return set.length === 0 ? undefined : { template: template.ref, set };
}

/** The template as it will be after the rotation, but for its name, which only the writer knows (a hash of the content). */
export function rotated(template: MachineTemplateSnapshot | undefined, from: string, to: string): MachineTemplateSnapshot | undefined {
  if (template === undefined) return undefined;
  const versionPins = template.versionPins.map((pin) =>
    namesVersion(pin, from) ? { ...pin, value: withVersion(pin.value, from, to), version: to } : pin,
  );
  return { ...template, versionPins };
}

/** Pins that name neither of the versions: nobody can tell what they should become. */
export function strangePins(template: MachineTemplateSnapshot | undefined, versions: readonly string[]): readonly VersionPin[] {
  return (template?.versionPins ?? []).filter((pin) => !versions.some((version) => namesVersion(pin, version)));
}
