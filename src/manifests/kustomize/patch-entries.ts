import { itemsOf, type Kustomization } from "./kustomization.ts";
import { readTracked, type ReadResult } from "./read-tracked.ts";
import { resolvePath, isRemote } from "./repository-path.ts";
import { parseTargetSelector, type TargetSelector } from "./target-selector.ts";
import { describePlace, textAt, type Tracked, type TrackedScalar, valueAt, wordAt } from "./tracked-value.ts";
import type { FileReader } from "../repository-files.ts";

/** One entry of `patches`, `patchesStrategicMerge` or `patchesJson6902`, loaded. */
export interface LoadedPatch {
  /** Where the patch is, for messages. */
  readonly where: string;
  readonly documents: Extract<ReadResult, { kind: "documents" }>;
  readonly target?: TargetSelector;
  /** `options.allowNameChange` or `allowKindChange`. */
  readonly mayRename: boolean;
}

export type PatchEntry = { readonly kind: "patch"; readonly patch: LoadedPatch } | { readonly kind: "unclear"; readonly why: string };

/** `patchesStrategicMerge`: each item is the patch itself or the path of a file with patches. */
export async function strategicMergeEntries(files: FileReader, kustomization: Kustomization): Promise<PatchEntry[]> {
  const entries: PatchEntry[] = [];
  for (const item of itemsOf(kustomization.value, "patchesStrategicMerge")) {
    if (item.kind !== "scalar")
      entries.push({ kind: "unclear", why: `${kustomization.file} has an item in patchesStrategicMerge that is not text` });
    else if (/[\n{]/.test(item.text)) entries.push(loadInline(item, {}));
    else entries.push(await loadFile(files, kustomization, item.text, {}));
  }
  return entries;
}

/** The entries of `patches` or `patchesJson6902`: `path` or `patch`, with or without `target`. */
export async function patchEntries(
  files: FileReader,
  kustomization: Kustomization,
  field: "patches" | "patchesJson6902",
): Promise<PatchEntry[]> {
  const entries: PatchEntry[] = [];
  for (const item of itemsOf(kustomization.value, field)) entries.push(await loadEntry(files, kustomization, item));
  return entries;
}

async function loadEntry(files: FileReader, kustomization: Kustomization, item: Tracked): Promise<PatchEntry> {
  const target = valueAt(item, ["target"]);
  const extra: { target?: TargetSelector; mayRename?: boolean } = {
    mayRename: ["allowNameChange", "allowKindChange"].some((option) => textAt(item, ["options", option]) === "true"),
  };
  if (target !== undefined && !(target.kind === "scalar" && target.isNull)) {
    const parsed = parseTargetSelector(target);
    if (parsed.kind === "unclear") return { kind: "unclear", why: `of a patch in ${kustomization.file}: ${parsed.why}` };
    extra.target = parsed.selector;
  }
  const inline = valueAt(item, ["patch"]);
  const path = wordAt(item, ["path"]);
  if (inline?.kind === "scalar" && inline.text.trim() !== "") {
    if (path !== "") return { kind: "unclear", why: `a patch in ${kustomization.file} has both path and patch; kustomize refuses it` };
    return loadInline(inline, extra);
  }
  if (path === "") return { kind: "unclear", why: `a patch in ${kustomization.file} has neither path nor patch; kustomize refuses it` };
  return loadFile(files, kustomization, path, extra);
}

function loadInline(scalar: TrackedScalar, extra: { target?: TargetSelector; mayRename?: boolean }): PatchEntry {
  const place = scalar.place!;
  // A block literal's text starts on the line after its header.
  const firstLine = scalar.text.includes("\n") ? place.line + 1 : place.line;
  return loaded(describePlace(place), readTracked(place.file, scalar.text, { place, firstLine }), extra);
}

async function loadFile(
  files: FileReader,
  { file: from, directory }: Kustomization,
  path: string,
  extra: { target?: TargetSelector; mayRename?: boolean },
): Promise<PatchEntry> {
  if (isRemote(path)) return { kind: "unclear", why: `${from} takes a patch from the network (${path}), which cannot be seen here` };
  const file = resolvePath(directory, path);
  const text = file === undefined ? undefined : await files.read(file);
  if (file === undefined || text === undefined)
    return { kind: "unclear", why: `the patch ${path} that ${from} names is not in the repository` };
  return loaded(file, readTracked(file, text), extra);
}

function loaded(
  where: string,
  documents: ReadResult,
  { target, mayRename = false }: { target?: TargetSelector; mayRename?: boolean },
): PatchEntry {
  if (documents.kind === "unreadable") return { kind: "unclear", why: `the patch ${where} cannot be read: ${documents.why}` };
  return { kind: "patch", patch: { where, documents, mayRename, ...(target === undefined ? {} : { target }) } };
}
