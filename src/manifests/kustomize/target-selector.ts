import { meets, parseLabelSelector, type LabelRequirement } from "../../label-selector.ts";
import { effectiveNamespace, type ResourceId } from "./resource-identity.ts";
import { type Tracked, type TrackedMap, valueAt, wordAt } from "./tracked-value.ts";

/** `target:` of a patch, `select:` and `reject:` of a replacement. Every field is optional; all that are given must match. */
export interface TargetSelector {
  readonly fields: Readonly<Record<IdentityField, RegExp | undefined>>;
  /** The fields as they are written. */
  readonly written: Readonly<Record<IdentityField, string>>;
  readonly labels: readonly LabelRequirement[];
  readonly annotations: readonly LabelRequirement[];
}

/** What a selector is held against: a resource as it is now and as it was called before (oldest first). */
export interface Selectable {
  readonly value: TrackedMap;
  readonly id: ResourceId;
  readonly previousIds: readonly ResourceId[];
}

export type ParsedSelector =
  { readonly kind: "selector"; readonly selector: TargetSelector } | { readonly kind: "unclear"; readonly why: string };

const identityFields = ["group", "version", "kind", "name", "namespace"] as const;
type IdentityField = (typeof identityFields)[number];
const knownFields = new Set<string>([...identityFields, "labelSelector", "annotationSelector"]);

/** Reads a selector. What is not understood for certain is `unclear`. */
export function parseTargetSelector(target: Tracked): ParsedSelector {
  if (target.kind !== "map") return { kind: "unclear", why: "the target is not a map" };
  const unknown = [...target.entries.keys()].find((key) => !knownFields.has(key));
  if (unknown !== undefined) return { kind: "unclear", why: `the target has an unknown field ${unknown}` };
  const fields: Record<IdentityField, RegExp | undefined> = {
    group: undefined,
    version: undefined,
    kind: undefined,
    name: undefined,
    namespace: undefined,
  };
  const written = { group: "", version: "", kind: "", name: "", namespace: "" };
  for (const field of identityFields) {
    const pattern = wordAt(target, [field]);
    if (pattern === "") continue;
    written[field] = pattern;
    const compiled = compilePattern(pattern);
    if (compiled === undefined)
      return { kind: "unclear", why: `the pattern ${field}: ${pattern} is too intricate to be sure what it matches` };
    fields[field] = compiled;
  }
  const labels = parseLabelSelector(wordAt(target, ["labelSelector"]));
  const annotations = parseLabelSelector(wordAt(target, ["annotationSelector"]));
  // One that is guessed wrong would patch the wrong objects.
  if (typeof labels === "string" || typeof annotations === "string")
    return { kind: "unclear", why: "the label or annotation selector is not understood" };
  return { kind: "selector", selector: { fields, written, labels, annotations } };
}

/**
 * Whether a patch's target selects the resource. Name and namespace may match what it is called now or what it was called first
 * (kustomize: resmap.Select).
 */
export function selects({ fields, labels, annotations }: TargetSelector, resource: Selectable): boolean {
  const { id } = resource;
  const first = resource.previousIds[0] ?? id;
  return (
    matches(fields.group, id.group) &&
    matches(fields.version, id.version) &&
    matches(fields.kind, id.kind) &&
    (matches(fields.name, first.name) || matches(fields.name, id.name)) &&
    (matches(fields.namespace, effectiveNamespace(first)) || matches(fields.namespace, effectiveNamespace(id))) &&
    areMet(labels, resource, "labels") &&
    areMet(annotations, resource, "annotations")
  );
}

/**
 * Whether a replacement's selector matches one of the names that the resource has or had. Later versions of kustomize take the fields for patterns,
 * earlier ones (5.5) for plain text; where that makes a difference nobody can say.
 */
export function selectsAnyId({ fields, written, labels, annotations }: TargetSelector, resource: Selectable): "yes" | "no" | "depends" {
  if (!areMet(labels, resource, "labels") || !areMet(annotations, resource, "annotations")) return "no";
  const ids = [resource.id, ...resource.previousIds];
  const asPattern = ids.some((id) => identityFields.every((field) => matches(fields[field], id[field])));
  const asText = ids.some((id) => identityFields.every((field) => written[field] === "" || written[field] === textOf(id, field)));
  return asPattern === asText ? (asPattern ? "yes" : "no") : "depends";
}

function textOf(id: ResourceId, field: IdentityField): string {
  return field === "namespace" ? effectiveNamespace(id) : id[field];
}

function matches(pattern: RegExp | undefined, text: string): boolean {
  return pattern === undefined || pattern.test(text);
}

function areMet(requirements: readonly LabelRequirement[], { value }: Selectable, field: "labels" | "annotations"): boolean {
  const strings = stringsAt(value, field);
  return requirements.every((requirement) => meets(requirement, strings.get(requirement.key)));
}

function stringsAt(resource: TrackedMap, field: "labels" | "annotations"): ReadonlyMap<string, string> {
  const found = valueAt(resource, ["metadata", field]);
  const strings = new Map<string, string>();
  if (found?.kind === "map") for (const [key, value] of found.entries) if (value.kind === "scalar") strings.set(key, value.text);
  return strings;
}

/**
 * The anchored expression, when JavaScript is certain to read it as Go does and cannot run away on it: no inline flags, classes by name,
 * look-arounds or back-references, no repeated groups, at most three open-ended repetitions.
 */
function compilePattern(pattern: string): RegExp | undefined {
  if (/\(\?(?!:)|\\[^.\-/dwsDWSbB+*?()[\]{}|^$\\]|\[:|\)[*+{]|\[[^\]]*\[/.test(pattern)) return undefined;
  if ((pattern.match(/[*+]|,\}/g) ?? []).length > 3) return undefined;
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    return undefined;
  }
}
