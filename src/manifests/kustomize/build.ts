import type { FileReader } from "../repository-files.ts";
import { applyPatches, doubtAll } from "./apply-patches.ts";
import { objectsIn, withDoubt, type BuiltObject } from "./built-object.ts";
import { applyGenerators, opaqueGenerators } from "./generators.ts";
import { readText } from "./documents.ts";
import { itemsOf, readKustomization, scalarsIn, type Kustomization, type KustomizationResult } from "./kustomization.ts";
import { applyReferences, readConfigurations, type Configuration } from "./name-references.ts";
import { applyLabels, applyNames, applyNamespace, isLocal } from "./name-transforms.ts";
import { patchEntries, strategicMergeEntries } from "./patch-entries.ts";
import { readTracked, type ReadResult } from "./read-tracked.ts";
import { applyReplacements } from "./replacements.ts";
import { isRemote, isWithin, resolvePath, showDirectory } from "./repository-path.ts";
import { sameId } from "./resource-identity.ts";
import { textAt, valueAt, type Tracked } from "./tracked-value.ts";

/** What `kustomize build` makes of a directory, as far as the repository's files tell. */
export interface Build {
  readonly directory: string;
  /** The objects of the output; each scalar knows where it was written. */
  readonly objects: readonly BuiltObject[];
  /** Where more objects come from that cannot be seen here: `https://… in base/kustomization.yaml`. */
  readonly unseen: readonly string[];
  /** Fields that the kustomization's own configuration makes kustomize rewrite. */
  readonly configurations: readonly Configuration[];
  /** The files that it is built from. */
  readonly files: ReadonlySet<string>;
  /** What its resources say, by file: a build of the same later, of which most are the same, need not read those again. */
  readonly resources: ReadonlyMap<string, ReadResource>;
}

interface ReadResource {
  readonly text: string;
  readonly read: ReadResult;
}

/** What somebody makes of the top kustomization before it is built, as Flux does. */
export type Adjust = (read: KustomizationResult) => KustomizationResult;

function unadjusted(read: KustomizationResult): KustomizationResult {
  return read;
}

/** Everything that a build gathers on its way down. */
interface Gathering {
  readonly files: FileReader;
  readonly unseen: string[];
  /** What cannot be followed although it belongs to the build: kustomize would most likely fail. */
  readonly failures: string[];
  readonly configurations: Configuration[];
  ownSchema: boolean;
  readonly resources: Map<string, ReadResource>;
  readonly resourcesBefore: Build["resources"] | undefined;
}

/**
 * Follows a kustomization in kustomize's own order (api/internal/target, v5): resources, generators, components, then patches,
 * namespace, prefix, suffix, labels, JSON patches, replacements; the names' references at the very end.
 */
export async function build(files: FileReader, directory: string, adjust: Adjust = unadjusted, before?: Build): Promise<Build> {
  const used = new Set<string>();
  const gathering: Gathering = {
    files: recording(files, used),
    unseen: [],
    failures: [],
    configurations: [],
    ownSchema: false,
    resources: new Map(),
    resourcesBefore: before?.resources,
  };
  const read = adjust(await readKustomization(gathering.files, directory));
  let objects = await accumulateKustomization(gathering, [], read, directory, [], "kustomization");
  objects = applyReferences(objects, gathering.configurations).filter(({ value }) => !isLocal(value));
  objects = gathering.failures.reduce(doubtAll, objects);
  if (gathering.ownSchema)
    objects = objects.map((object) =>
      object.listPatched ? withDoubt(object, "a patch changes a list and a schema of one's own (openapi) may merge it") : object,
    );
  return {
    directory,
    objects,
    unseen: [...gathering.unseen, ...gathering.failures],
    configurations: gathering.configurations,
    files: used,
    resources: gathering.resources,
  };
}

/** The same files; what is read from them is noted. */
function recording(files: FileReader, used: Set<string>): FileReader {
  return {
    read: async (path) => {
      const text = await readText(files, path);
      if (text !== undefined) used.add(path);
      return text;
    },
  };
}

/** Files whose contents don't matter to a version, but without which kustomize would not build. */
async function touchOtherFiles(files: FileReader, { directory, value }: Kustomization): Promise<void> {
  const named = [
    ...scalarsIn(value, "crds"),
    ...["configMapGenerator", "secretGenerator"].flatMap((field) => itemsOf(value, field).flatMap(sourcesOf)),
  ];
  const openapi = textAt(value, ["openapi", "path"]);
  const paths = [...named.map(({ text }) => text.replace(/^[^=/]*=/, "")), ...(openapi === undefined ? [] : [openapi])];
  for (const path of paths) {
    const file = resolvePath(directory, path);
    if (file !== undefined) await files.read(file);
  }
}

function sourcesOf(item: Tracked) {
  return [...scalarsIn(item, "files"), ...scalarsIn(item, "envs")];
}

/** The objects of a directory's kustomization; a component works on those that are there already. */
async function accumulateDirectory(
  gathering: Gathering,
  inherited: readonly BuiltObject[],
  directory: string,
  ancestors: readonly string[],
  wanted: "kustomization" | "component",
): Promise<readonly BuiltObject[]> {
  return accumulateKustomization(gathering, inherited, await readKustomization(gathering.files, directory), directory, ancestors, wanted);
}

async function accumulateKustomization(
  gathering: Gathering,
  inherited: readonly BuiltObject[],
  read: KustomizationResult,
  directory: string,
  ancestors: readonly string[],
  wanted: "kustomization" | "component",
): Promise<readonly BuiltObject[]> {
  const name = showDirectory(directory);
  if (read.kind === "none") return lost(gathering, inherited, `${name} has no kustomization file`);
  if (read.kind === "unreadable") return lost(gathering, inherited, `${read.file} cannot be used: ${read.why}`);
  const { kustomization } = read;
  if (kustomization.isComponent !== (wanted === "component"))
    return lost(gathering, inherited, `${kustomization.file} is not a ${wanted}; kustomize refuses it`);
  const path = [...ancestors, directory];
  let objects = inherited;
  for (const resource of kustomization.resources) objects = await accumulateResource(gathering, objects, kustomization, resource, path);
  gathering.unseen.push(...opaqueGenerators(kustomization));
  objects = applyGenerators(objects, kustomization);
  for (const component of kustomization.components) objects = await accumulateComponent(gathering, objects, kustomization, component, path);
  await touchOtherFiles(gathering.files, kustomization);
  if (valueAt(kustomization.value, ["openapi", "path"]) !== undefined) gathering.ownSchema = true;
  const configurations = await readConfigurations(gathering.files, kustomization);
  gathering.configurations.push(...configurations.rules);
  for (const doubt of configurations.doubts) objects = doubtAll(objects, doubt);
  return transform(gathering.files, objects, kustomization);
}

async function transform(files: FileReader, start: readonly BuiltObject[], kustomization: Kustomization): Promise<readonly BuiltObject[]> {
  let objects = applyPatches(start, await strategicMergeEntries(files, kustomization));
  objects = applyPatches(objects, await patchEntries(files, kustomization, "patches"));
  objects = applyLabels(applyNames(applyNamespace(objects, kustomization), kustomization), kustomization);
  objects = applyPatches(objects, await patchEntries(files, kustomization, "patchesJson6902"));
  objects = await applyReplacements(files, objects, kustomization);
  if (itemsOf(kustomization.value, "transformers").length === 0) return objects;
  return doubtAll(objects, `transformers in ${kustomization.file} may rewrite any field`);
}

async function accumulateResource(
  gathering: Gathering,
  objects: readonly BuiltObject[],
  { file: from, directory }: Kustomization,
  resource: string,
  ancestors: readonly string[],
): Promise<readonly BuiltObject[]> {
  if (isRemote(resource)) {
    gathering.unseen.push(`${resource} in ${from}`);
    return objects;
  }
  const path = resolvePath(directory, resource);
  const text = path === undefined ? undefined : await gathering.files.read(path);
  if (path === undefined) return lost(gathering, objects, `${resource} in ${from} is outside of the repository`);
  if (text === undefined) {
    if (ancestors.some((ancestor) => isWithin(ancestor, path)))
      return lost(gathering, objects, `${resource} in ${from} leads in a circle; kustomize refuses it`);
    return append(objects, await accumulateDirectory(gathering, [], path, ancestors, "kustomization"), from);
  }
  const before = gathering.resourcesBefore?.get(path);
  const read = before?.text === text ? before.read : readTracked(path, text);
  gathering.resources.set(path, { text, read });
  if (read.kind === "unreadable") return lost(gathering, objects, `${path} cannot be read: ${read.why}`);
  const found = objectsIn(path, read.documents);
  return found.kind === "objects" ? append(objects, found.objects, from) : lost(gathering, objects, `${path} cannot be used: ${found.why}`);
}

async function accumulateComponent(
  gathering: Gathering,
  objects: readonly BuiltObject[],
  { file: from, directory }: Kustomization,
  component: string,
  ancestors: readonly string[],
): Promise<readonly BuiltObject[]> {
  if (isRemote(component))
    return doubtAll(objects, `the component ${component} in ${from} comes from the network and may rewrite any field`);
  const path = resolvePath(directory, component);
  if (path === undefined || ancestors.some((ancestor) => isWithin(ancestor, path)))
    return lost(gathering, objects, `the component ${component} in ${from} is outside of the repository or leads in a circle`);
  return accumulateDirectory(gathering, objects, path, ancestors, "component");
}

/** Something that belongs to the build cannot be followed. */
function lost({ failures }: Gathering, objects: readonly BuiltObject[], why: string): readonly BuiltObject[] {
  failures.push(why);
  return objects;
}

/** kustomize refuses two objects of one name in one kustomization. */
function append(objects: readonly BuiltObject[], added: readonly BuiltObject[], from: string): readonly BuiltObject[] {
  let current = objects;
  for (const object of added) {
    const index = current.findIndex(({ id }) => sameId(id, object.id));
    current = [...current, index < 0 ? object : withDoubt(object, `${from} brings it in twice; kustomize refuses it`)];
  }
  return current;
}
