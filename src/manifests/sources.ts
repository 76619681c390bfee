import { helmSource } from "./helm/helm-source.ts";
import { kustomizeSource } from "./kustomize/kustomize-source.ts";
import { plainSource } from "./plain/plain-source.ts";
import type { ManifestSource } from "./source.ts";

/**
 * The styles of declaring objects, asked in this order. What a Kustomization (or Flux) builds is looked for first: its files are manifests too, and would be
 * taken for plain ones. Programs that render (kustomize or kubectl, helm) are used when the PATH has them.
 */
export const manifestSources: readonly ManifestSource[] = [kustomizeSource, helmSource, plainSource];
