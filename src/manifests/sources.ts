import { createKustomizeSource } from "./kustomize/kustomize-source.ts";
import { plainSource } from "./plain/plain-source.ts";
import type { ManifestSource } from "./source.ts";

/**
 * The styles of declaring objects, asked in this order. What a Kustomization (or Flux) builds is looked for first: its files are manifests too, and would be
 * taken for plain ones.
 */
export const manifestSources: readonly ManifestSource[] = [createKustomizeSource(), plainSource];
