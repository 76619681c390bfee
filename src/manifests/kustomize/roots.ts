import { buildFlux, changesManifests, describeFlux } from "../flux/flux-build.ts";
import { findFluxKustomizations } from "../flux/flux-kustomizations.ts";
import { oncePerState } from "../once-for-each.ts";
import type { RepositoryFiles } from "../repository-files.ts";
import { doubtAll } from "./apply-patches.ts";
import { findArgoOverrides } from "./argo-overrides.ts";
import { build, type Build } from "./build.ts";
import { kustomizationFileNames, readKustomization, type Kustomization } from "./kustomization.ts";
import { directoryOf, isRemote, isWithin, resolvePath, showDirectory } from "./repository-path.ts";

/** Something that is applied to a cluster as a whole: a kustomization that no other one takes in, or what a Flux Kustomization applies. */
export interface Root {
  readonly name: string;
  readonly build: Build;
  /** Flux has its part in it: kustomize alone would build something else. */
  readonly flux: boolean;
  /** Its kustomization cannot be read: what lies in its directory may be part of it. */
  readonly unreadable: boolean;
}

/** Each root is built once per state of the repository: several changes of one commit, and all upgrades that are declared in it, look at the same roots. */
export const findRoots = oncePerState(buildRoots);

async function buildRoots(files: RepositoryFiles): Promise<readonly Root[]> {
  const list = await files.list();
  const names = new Set<string>(kustomizationFileNames);
  const directories = [...new Set(list.filter((file) => names.has(file.slice(file.lastIndexOf("/") + 1))).map(directoryOf))];
  const applied = (await findFluxKustomizations(files)).filter(({ directory }) => list.some((file) => isWithin(file, directory)));
  const fluxes = applied.filter((flux) => directories.includes(flux.directory) || changesManifests(flux));
  const roots: Root[] = [];
  for (const flux of fluxes) {
    const unreadable = (await readKustomization(files, flux.directory)).kind === "unreadable";
    roots.push({ name: describeFlux(flux), build: await buildFlux(files, flux), flux: true, unreadable });
  }
  const taken = new Set([...fluxes.map(({ directory }) => directory), ...(await takenIn(files, directories))]);
  const overrides = directories.length === 0 ? new Map<string, string>() : await findArgoOverrides(files);
  for (const directory of directories) {
    // What lies in a directory that Flux takes as a whole is part of that.
    if (taken.has(directory) || fluxes.some((flux) => !directories.includes(flux.directory) && isWithin(directory, flux.directory)))
      continue;
    const read = await readKustomization(files, directory);
    if (read.kind === "none" || (read.kind === "kustomization" && read.kustomization.isComponent)) continue;
    const built = await build(files, directory);
    const override = overrides.get(directory);
    const objects = override === undefined ? built.objects : doubtAll(built.objects, override);
    roots.push({ name: showDirectory(directory), build: { ...built, objects }, flux: false, unreadable: read.kind === "unreadable" });
  }
  return roots;
}

/** Directories that another kustomization names among its resources or components. */
async function takenIn(files: RepositoryFiles, directories: readonly string[]): Promise<readonly string[]> {
  const taken: string[] = [];
  for (const directory of directories) {
    const read = await readKustomization(files, directory);
    if (read.kind === "kustomization") taken.push(...namedBy(read.kustomization));
  }
  return taken;
}

function namedBy({ directory, resources, components }: Kustomization): readonly string[] {
  return [...resources, ...components].flatMap((path) => (isRemote(path) ? [] : [resolvePath(directory, path) ?? []].flat()));
}
