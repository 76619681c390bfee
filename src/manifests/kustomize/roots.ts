import { buildFlux, changesManifests, describeFlux, generatedResources } from "../flux/flux-build.ts";
import { findFluxKustomizations, type FluxKustomization } from "../flux/flux-kustomizations.ts";
import { oncePerState } from "../once-for-each.ts";
import { onceForSameReads } from "../once-for-same-reads.ts";
import type { RepositoryFiles } from "../repository-files.ts";
import { doubtAll } from "./apply-patches.ts";
import { findArgoOverrides } from "./argo-overrides.ts";
import { build, type Build } from "./build.ts";
import { kustomizationFileNames, readKustomization, type Kustomization, type KustomizationResult } from "./kustomization.ts";
import { ancestorsOf, directoryOf, hasFilesIn, isRemote, resolvePath, showDirectory } from "./repository-path.ts";

/** Something that is applied to a cluster as a whole: a kustomization that no other one takes in, or what a Flux Kustomization applies. */
export interface Root {
  readonly name: string;
  readonly build: Build;
  /** Flux has its part in it: kustomize alone would build something else. */
  readonly flux: boolean;
  /** Its kustomization cannot be read: what lies in its directory may be part of it. */
  readonly unreadable: boolean;
}

/**
 * Each root is built once per state of the repository: several changes of one commit, and all upgrades that are declared in it, look at the same roots. From one state to the next only those are
 * built anew that a file was changed for (`onceForSameReads`); the others are the same objects.
 */
export const findRoots = oncePerState(buildRoots);

async function buildRoots(files: RepositoryFiles): Promise<readonly Root[]> {
  const list = await files.list();
  const names = new Set<string>(kustomizationFileNames);
  const directories = new Set(list.filter((file) => names.has(file.slice(file.lastIndexOf("/") + 1))).map(directoryOf));
  // Searched first: a search gets all files at once that are not here yet.
  const applied = (await findFluxKustomizations(files)).filter(({ directory }) => hasFilesIn(list, directory));
  const glances = new Map((await glanceAt(files, [...directories])).map((glance) => [glance.directory, glance]));
  const fluxes = applied.filter((flux) => directories.has(flux.directory) || changesManifests(flux));
  const fluxRoots = await buildFluxRoots(
    files,
    fluxes.map((flux) => ({
      flux,
      generated: (glances.get(flux.directory)?.kind ?? "none") === "none" ? generatedResources(list, flux.directory) : [],
    })),
  );
  const taken = new Set([...fluxes.map(({ directory }) => directory), ...[...glances.values()].flatMap(({ takesIn }) => takesIn)]);
  // What lies in a directory that Flux takes as a whole is part of that.
  const wholes = new Set(fluxes.map(({ directory }) => directory).filter((directory) => !directories.has(directory)));
  const own = [...glances.values()].filter(
    ({ directory, kind, isComponent }) =>
      kind !== "none" && !isComponent && !taken.has(directory) && !ancestorsOf(directory).some((above) => wholes.has(above)),
  );
  const overrides = directories.size === 0 ? new Map<string, string>() : await findArgoOverrides(files);
  const plainRoots = await buildPlainRoots(
    files,
    own.map(({ directory }) => ({ directory, override: overrides.get(directory) })),
  );
  return [...fluxRoots, ...plainRoots];
}

/** What is to be known of a kustomization to tell whether it is a root. */
interface Glance {
  readonly directory: string;
  readonly kind: KustomizationResult["kind"];
  readonly isComponent: boolean;
  /** Directories among its resources or components. */
  readonly takesIn: readonly string[];
}

const glanceAt = onceForSameReads<string, Glance>(
  (directory) => directory,
  async (files, directory) => {
    const read = await readKustomization(files, directory);
    if (read.kind !== "kustomization") return { directory, kind: read.kind, isComponent: false, takesIn: [] };
    return { directory, kind: read.kind, isComponent: read.kustomization.isComponent, takesIn: namedBy(read.kustomization) };
  },
);

const buildPlainRoots = onceForSameReads<{ readonly directory: string; readonly override: string | undefined }, Root>(
  ({ directory, override }) => JSON.stringify([directory, override]),
  async (files, { directory, override }, before) => {
    const unreadable = (await readKustomization(files, directory)).kind === "unreadable";
    const built = await build(files, directory, undefined, before?.build);
    const objects = override === undefined ? built.objects : doubtAll(built.objects, override);
    return { name: showDirectory(directory), build: { ...built, objects }, flux: false, unreadable };
  },
);

const buildFluxRoots = onceForSameReads<{ readonly flux: FluxKustomization; readonly generated: readonly string[] }, Root>(
  ({ flux, generated }) => JSON.stringify([flux.madeOf, generated]),
  async (files, { flux, generated }, before) => {
    const unreadable = (await readKustomization(files, flux.directory)).kind === "unreadable";
    return { name: describeFlux(flux), build: await buildFlux(files, flux, generated, before?.build), flux: true, unreadable };
  },
);

function namedBy({ directory, resources, components }: Kustomization): readonly string[] {
  return [...resources, ...components].flatMap((path) => (isRemote(path) ? [] : [resolvePath(directory, path) ?? []].flat()));
}
