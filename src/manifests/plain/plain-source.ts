import { isScalar, isSeq } from "yaml";
import type { Refusal } from "../../refusal.ts";
import type { EditOptions, FieldPath } from "../change.ts";
import { describeIdentity, type ObjectIdentity } from "../object-identity.ts";
import { NotTextError, type RepositoryFiles } from "../repository-files.ts";
import type { FieldResult, ManifestSource, SourceResult } from "../source.ts";
import { objectsIn, scalarWords, type WrittenObject } from "../yaml/objects.ts";
import { nodeAt, parseFile, type ParsedFile } from "../yaml/parsed-file.ts";
import { manifestFiles } from "./governed.ts";

/** An object of a file, with the file. */
export interface Candidate {
  readonly parsed: ParsedFile;
  readonly object: WrittenObject;
}

/**
 * Manifests that are applied as they are written. A manifest without a namespace matches when none with the wanted namespace does: `kubectl apply -n`, Argo CD's
 * destination or a Flux `targetNamespace` give it one.
 */
export const plainSource: ManifestSource = {
  name: "plain YAML",
  async locate(files, wanted, options): Promise<SourceResult> {
    const { candidates, unreadable } = await candidatesFor(files, wanted, options);
    const named = candidates.filter(
      ({ object: { identity } }) => identity.kind === wanted.kind && identity.group === wanted.group && identity.name === wanted.name,
    );
    const exact = named.filter(({ object }) => object.identity.namespace === wanted.namespace);
    const matches = exact.length > 0 ? exact : named.filter(({ object }) => object.identity.namespace === "");
    const [first, second] = matches;
    if (first === undefined) {
      const [problem] = unreadable;
      return problem === undefined ? { kind: "absent", hints: [] } : { kind: "refused", refusal: problem };
    }
    if (second !== undefined) return { kind: "refused", refusal: ambiguous(wanted, matches) };
    const { parsed, object } = first;
    return {
      kind: "found",
      object: {
        where: parsed.file,
        written: object.place,
        writtenName: object.identity.name,
        field: (path) => fieldOf(first, path),
        entry: (path, name) => entryOf(first, path, name),
      },
    };
  },
};

/** Objects of all files that could hold the wanted one: by text, its name and its kind. Files that name both and cannot be read are told. */
export async function candidatesFor(
  files: RepositoryFiles,
  wanted: Pick<ObjectIdentity, "kind" | "name">,
  options: EditOptions,
): Promise<{ readonly candidates: readonly Candidate[]; readonly unreadable: readonly Refusal[] }> {
  const likely = await files.search?.([wanted.name], options.directory, "whole-words");
  // Not `shop-10` where `shop-1` is wanted: parsing is what takes time.
  const whole = new RegExp(`(?<![\\w.-])${wanted.name.replaceAll(".", String.raw`\.`)}(?![\\w.-])`);
  const candidates: Candidate[] = [];
  const unreadable: Refusal[] = [];
  for (const file of await manifestFiles(files, options.directory, likely)) {
    const text = await readText(files, file);
    if (text === undefined || !whole.test(text) || !text.includes(wanted.kind)) continue;
    const result = parseFile(file, text);
    if (result.kind === "refused") unreadable.push(result.refusal);
    else candidates.push(...objectsIn(result.parsed).map((object) => ({ parsed: result.parsed, object })));
  }
  return { candidates, unreadable };
}

async function readText(files: RepositoryFiles, file: string): Promise<string | undefined> {
  try {
    return await files.read(file);
  } catch (error) {
    if (error instanceof NotTextError) return undefined;
    throw error;
  }
}

function fieldOf({ parsed, object }: Candidate, path: FieldPath): FieldResult {
  const whole = [...object.place.path, ...path];
  const found = nodeAt(parsed, { ...object.place, path: whole });
  const name = describeIdentity(object.identity);
  if (!isScalar(found) || found.value === null) {
    return {
      kind: "refused",
      refusal: {
        reason: "ManifestFieldMissing",
        message: `${name} in ${parsed.file}:${object.line} has no ${path.join(".")}.`,
        remedy: "Write the field into the manifest, or check that this is the manifest that is applied.",
      },
    };
  }
  const value = found.source ?? scalarWords(found.value);
  const line = parsed.lineOf(found.range?.[0] ?? 0);
  const variable = /\$\{[^}]*\}|\{\{/.exec(value)?.[0];
  if (variable !== undefined) {
    return {
      kind: "refused",
      refusal: {
        reason: "ManifestIsTemplate",
        message: `${name} ${path.join(".")} is ${value} in ${parsed.file}:${line}: something fills in ${variable} before it is applied, and what does so was not found in this repository.`,
        remedy: "Change the variable where it is defined, or write the version into the manifest.",
      },
    };
  }
  return { kind: "found", value, place: { ...object.place, path: whole, line }, through: [] };
}

function entryOf({ parsed, object }: Candidate, path: FieldPath, name: string): number | undefined {
  const list = [...object.place.path, ...path];
  const found = nodeAt(parsed, { ...object.place, path: list });
  if (!isSeq(found)) return undefined;
  const index = found.items.findIndex((_, at) => {
    const written = nodeAt(parsed, { ...object.place, path: [...list, at, "name"] });
    return isScalar(written) && scalarWords(written.value) === name;
  });
  return index < 0 ? undefined : index;
}

function ambiguous(wanted: ObjectIdentity, matches: readonly Candidate[]): Refusal {
  const places = matches.map(({ parsed, object }) => `${parsed.file}:${object.line}`);
  return {
    reason: "ManifestAmbiguous",
    message: `${describeIdentity(wanted)} is declared ${matches.length} times: ${places.join(" and ")}. Only one of them can be what is applied.`,
    remedy: "Name the folder that is applied with --path, or remove the manifest that is not.",
    evidence: places,
  };
}
