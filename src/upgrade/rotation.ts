import type { MachineTemplateSnapshot, VersionPin } from "./cluster-snapshot.ts";
import type { TemplateRotation } from "./upgrade-types.ts";

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
    if (seen.has(path) || !names(pin, from)) continue;
    seen.add(path);
    const value = withVersion(pin.value, from, to);
    if (value !== pin.value) set.push({ ...pin, to: value });
  }
  return set.length === 0 ? undefined : { template: template.ref, set };
}

/** The template as it will be after the rotation, but for its name, which only the writer knows (a hash of the content). */
export function rotated(template: MachineTemplateSnapshot | undefined, from: string, to: string): MachineTemplateSnapshot | undefined {
  if (template === undefined) return undefined;
  const versionPins = template.versionPins.map((pin) =>
    names(pin, from) ? { ...pin, value: withVersion(pin.value, from, to), version: to } : pin,
  );
  return { ...template, versionPins };
}

/** Pins that name neither of the versions: nobody can tell what they should become. */
export function strangePins(template: MachineTemplateSnapshot | undefined, versions: readonly string[]): readonly VersionPin[] {
  return (template?.versionPins ?? []).filter((pin) => !versions.some((version) => names(pin, version)));
}

function names(pin: VersionPin, version: string): boolean {
  if (pin.version === version) return true;
  // What a template names ends before the build metadata that follows it in a tag: v1.34.0 of v1.34.0-rke2r1.
  return pin.version === version.split("+")[0] && formsOf(version).some((form) => place(form).test(pin.value));
}

/** Every place that names the version gets the new one in the same form. The most specific form wins. */
function withVersion(value: string, from: string, to: string): string {
  const to_ = formsOf(to);
  for (const [index, form] of formsOf(from).entries()) {
    if (place(form).test(value)) return value.replace(place(form), () => to_[index] ?? to);
  }
  return value;
}

/** How a version is written in an image's name: an image tag cannot hold `+`, and machine images often leave the `v` out. */
function formsOf(version: string): readonly string[] {
  const bare = version.slice(1);
  return [version, version.replaceAll("+", "-"), version.replaceAll("+", "_"), bare, bare.replaceAll("+", "-"), bare.replaceAll("+", "_")];
}

/** `v1.34.1` stands in `node:v1.34.1`, and does not in `node:v1.34.10`. */
function place(form: string): RegExp {
  return new RegExp(`(?<![0-9A-Za-z.+])${form.replaceAll(/[.+]/g, String.raw`\$&`)}(?![0-9A-Za-z]|\\.[0-9])`, "g");
}
