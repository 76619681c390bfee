import { objectsIn, type BuiltObject } from "../kustomize/built-object.ts";
import { readTracked } from "../kustomize/read-tracked.ts";

export type RenderedObjects =
  { readonly kind: "objects"; readonly objects: readonly BuiltObject[] } | { readonly kind: "unusable"; readonly why: string };

/** The objects of a renderer's output. */
export function readRendered(text: string): RenderedObjects {
  const read = readTracked("(rendered)", text);
  if (read.kind === "unreadable") return { kind: "unusable", why: read.why };
  return objectsIn("(rendered)", read.documents);
}
