import type { Refusal } from "../refusal.ts";
import type { EditOptions, FieldPath, ManifestChange } from "./change.ts";
import { findReferences } from "./find-references.ts";
import { locateObject } from "./locate-object.ts";
import { describeIdentity, type ObjectIdentity } from "./object-identity.ts";
import type { RepositoryFiles } from "./repository-files.ts";
import { rotateTemplate } from "./rotate-template.ts";
import type { IntendedChange, ManifestSource, SourcedObject } from "./source.ts";
import type { DocumentEdit, ScalarEdit } from "./yaml/edit-file.ts";
import { parseFile, type ParsedFile } from "./yaml/parsed-file.ts";

/** All edits of one file. */
export interface PlannedFile {
  readonly parsed: ParsedFile;
  readonly scalars: readonly ScalarEdit[];
  /** The values before, in the order of `scalars`. */
  readonly before: readonly string[];
  readonly documents: readonly DocumentEdit[];
}

export type Resolved =
  | {
      readonly kind: "resolved";
      readonly files: readonly PlannedFile[];
      readonly intended: readonly IntendedChange[];
      readonly newTemplates: readonly { readonly old: ObjectIdentity; readonly name: string }[];
    }
  | { readonly kind: "refused"; readonly refusal: Refusal };

interface Draft {
  readonly parsed: ParsedFile;
  readonly scalars: ScalarEdit[];
  readonly before: string[];
  readonly documents: DocumentEdit[];
}

class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** Finds the place of each change. Changes that are in effect already are left out. */
export async function resolveChanges(
  sources: readonly ManifestSource[],
  files: RepositoryFiles,
  changes: readonly ManifestChange[],
  options: EditOptions,
): Promise<Resolved> {
  const drafts = new Map<string, Draft>();
  const intended: IntendedChange[] = [];
  const newTemplates: { old: ObjectIdentity; name: string }[] = [];

  async function draft(file: string): Promise<Draft> {
    const known = drafts.get(file);
    if (known !== undefined) return known;
    const result = parseFile(file, (await files.read(file)) ?? "");
    if (result.kind === "refused") throw new Refused(result.refusal);
    const made: Draft = { parsed: result.parsed, scalars: [], before: [], documents: [] };
    drafts.set(file, made);
    return made;
  }

  async function locate(object: ObjectIdentity): Promise<SourcedObject> {
    const result = await locateObject(sources, files, object, options);
    if (result.kind === "refused") throw new Refused(result.refusal);
    return result.object;
  }

  async function set(
    object: ObjectIdentity,
    source: SourcedObject,
    path: FieldPath,
    from: readonly string[] | undefined,
    to: string,
  ): Promise<void> {
    const field = await source.field(path);
    if (field.kind === "refused") throw new Refused(field.refusal);
    const { value, place, write } = field;
    if (value === to) return;
    if (from !== undefined && !from.includes(value)) throw new Refused(unexpected(object, path, value, from[0] ?? "", place));
    const { scalars, before } = await draft(place.file);
    const text = write === undefined ? to : write(to);
    if (text === undefined) throw new Refused(notWritable(object, path, to, place));
    scalars.push({ place, to: text });
    before.push(value);
    intended.push({ kind: "field", object, path, before: value, after: to });
  }

  async function rotate(change: Extract<ManifestChange, { kind: "rotate-template" }>): Promise<void> {
    const source = await locate(change.template);
    if (source.writtenName !== change.template.name) throw new Refused(renamed(change.template, source));
    const { parsed, documents } = await draft(source.written?.file ?? source.where);
    const result = rotateTemplate(parsed, source, change);
    if (result.kind === "refused") throw new Refused(result.refusal);
    const added = { ...change.template, name: result.name };
    if (result.edit !== undefined && !newTemplates.some(({ name }) => name === result.name)) {
      documents.push(result.edit);
      intended.push({
        kind: "object-added",
        object: added,
        like: { object: change.template, set: change.set.map(({ path, to }) => ({ path, after: to })) },
      });
      newTemplates.push({ old: change.template, name: result.name });
    }
    for (const { object, path } of change.repoint) await set(object, await locate(object), path, [change.template.name], result.name);
  }

  async function remove(object: ObjectIdentity): Promise<void> {
    const source = await locate(object);
    const references = await findReferences(files, object);
    if (references.length > 0) throw new Refused(stillReferred(object, references));
    if (source.written === undefined || source.written.path.length > 0) throw new Refused(notRemovable(object, source));
    (await draft(source.written.file)).documents.push({ kind: "remove-document", document: source.written.document });
    intended.push({ kind: "object-removed", object });
  }

  try {
    for (const change of changes) {
      if (change.kind === "set-scalar")
        await set(
          change.object,
          await locate(change.object),
          change.path,
          change.from === undefined ? undefined : [change.from],
          change.to,
        );
      else if (change.kind === "rotate-template") await rotate(change);
      else await remove(change.object);
    }
  } catch (error) {
    if (error instanceof Refused) return { kind: "refused", refusal: error.refusal };
    throw error;
  }
  return { kind: "resolved", files: [...drafts.values()], intended, newTemplates };
}

function unexpected(
  object: ObjectIdentity,
  path: FieldPath,
  value: string,
  wanted: string,
  place: { readonly file: string; readonly line: number },
): Refusal {
  return {
    reason: "ManifestValueUnexpected",
    message: `${describeIdentity(object)} ${path.join(".")} is ${value} in ${place.file}:${place.line}, where ${wanted} was expected: Git and the cluster do not say the same.`,
    remedy: "Wait until what Git says is applied, or find out why it is not; then run this again.",
    evidence: [`${place.file}:${place.line} says ${value}`, `the cluster says ${wanted}`],
  };
}

function notWritable(
  object: ObjectIdentity,
  path: FieldPath,
  value: string,
  place: { readonly file: string; readonly line: number },
): Refusal {
  return {
    reason: "ManifestNotEditable",
    message: `${describeIdentity(object)} ${path.join(".")} cannot become ${value} by changing ${place.file}:${place.line}: what is written there is only a part of the value.`,
    remedy: "Write the whole value in one place, or change it by hand.",
  };
}

function renamed(template: ObjectIdentity, source: SourcedObject): Refusal {
  return {
    reason: "TemplateNotCopyable",
    message: `${describeIdentity(template)} is written as ${source.writtenName} in ${source.where} and renamed when it is built. References to machine templates are not renamed in step by default.`,
    remedy: "Add the new template and its reference by hand, or write templates with the names that they have in the cluster.",
  };
}

function stillReferred(object: ObjectIdentity, references: readonly string[]): Refusal {
  return {
    reason: "ManifestStillReferenced",
    message: `${describeIdentity(object)} is still referred to by ${references.join(", ")}.`,
    remedy: "Take it out once nothing refers to it.",
    evidence: references,
  };
}

function notRemovable(object: ObjectIdentity, source: SourcedObject): Refusal {
  return {
    reason: "ManifestNotEditable",
    message: `${describeIdentity(object)} in ${source.where} is not a document of its own, so it cannot be taken out.`,
    remedy: "Remove it by hand.",
  };
}
