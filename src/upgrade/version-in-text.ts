import type { VersionPin } from "./cluster-snapshot.ts";

/** Whether a value names the version. */
export function namesVersion(pin: Pick<VersionPin, "value" | "version">, version: string): boolean {
  if (pin.version === version) return true;
  // What a template names ends before the build metadata that follows it in a tag: v1.34.0 of v1.34.0-rke2r1.
  return pin.version === version.split("+")[0] && formsOf(version).some((form) => place(form).test(pin.value));
}

/** Every place that names the version gets the new one in the same form. The most specific form wins. */
export function withVersion(value: string, from: string, to: string): string {
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
