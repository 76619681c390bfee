import type { Random } from "../../engine/random.ts";
import { renderTemplate } from "./patches/value-template.ts";

const longestName = 63;
const randomLength = 5;

/** A name by a class's naming template: `{{ .cluster.name }}-{{ .random }}` and the like. */
export function templatedName(random: Random, template: string, data: Readonly<Record<string, unknown>>): string {
  const name = renderTemplate(template, { ...data, random: random.suffix(randomLength) });
  return name.length <= longestName ? name : `${name.slice(0, longestName - randomLength)}${random.suffix(randomLength)}`;
}

/** `<prefix><5 random>`, as for `generateName`. */
export function suffixedName(random: Random, prefix: string): string {
  return `${prefix.slice(0, longestName - randomLength)}${random.suffix(randomLength)}`;
}
