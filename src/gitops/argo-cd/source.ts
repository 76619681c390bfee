import type { Refusal } from "../../refusal.ts";
import type { ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import type { FoundSource, GitSource, ParentSource } from "../engine.ts";
import { recordOf, recordsAt, textAt, textsAt, valueAt, type RawObject } from "../raw-object.ts";
import { repositoryPath, withoutUserinfo } from "../repo-url.ts";
import { argoRevision, refuseUnlessBranch, revisionInWords } from "../tracked-revision.ts";
import type { Application } from "./application.ts";

/** Where the objects of an Application are declared: its sources in Git, those with manifests before those with only values. */
export function applicationSources(application: Application, parents: readonly ParentSource[], object: ObjectReference): FoundSource {
  const entries = entriesOf(application);
  const refusals: Refusal[] = [];
  const found: GitSource[] = [];
  for (const entry of entries) {
    const revision = argoRevision(textAt(entry.source, "targetRevision"));
    const refusal =
      refuseNotGit(application, entry, parents) ??
      refuseUnlessBranch(
        revision,
        `${entry.field}.targetRevision of ${application.name}`,
        withoutUserinfo(textAt(entry.source, "repoURL") ?? ""),
      );
    if (refusal !== undefined) refusals.push(refusal);
    else found.push(...gitSources(application, entry, entries, parents, object));
  }
  const [first, ...rest] = [...found.filter(({ kind }) => kind !== "values"), ...found.filter(({ kind }) => kind === "values")];
  if (first !== undefined) return { kind: "found", sources: [first, ...rest] };
  return { kind: "refused", refusal: refusals[0] ?? withoutSource(application) };
}

interface Entry {
  readonly source: RawObject;
  /** `spec.source`, `spec.sources[1]`. */
  readonly field: string;
  readonly position: number | undefined;
  /** The hydrator's dry source: Argo CD renders it into another branch, which it then applies. */
  readonly hydrated: boolean;
}

function entriesOf({ object, sources, multiple }: Application): readonly Entry[] {
  const dry = recordOf(valueAt(object, "spec.sourceHydrator.drySource"));
  if (dry !== undefined) return [{ source: dry, field: "spec.sourceHydrator.drySource", position: undefined, hydrated: true }];
  return sources.map((source, index) => ({
    source,
    field: multiple ? `spec.sources[${index}]` : "spec.source",
    position: multiple ? index : undefined,
    hydrated: false,
  }));
}

function gitSources(
  application: Application,
  { source, position, hydrated }: Entry,
  entries: readonly Entry[],
  parents: readonly ParentSource[],
  object: ObjectReference,
): readonly GitSource[] {
  const path = repositoryPath(textAt(source, "path"));
  const revision = argoRevision(textAt(source, "targetRevision"));
  const reference = textAt(source, "ref");
  const manifests = textAt(source, "path") !== undefined || reference === undefined;
  const valueFiles = [
    ...(manifests ? ownValueFiles(source, path) : []),
    ...(reference === undefined ? [] : referredValueFiles(entries, reference)),
  ];
  if (!manifests && valueFiles.length === 0) return [];
  const common = {
    engine: "argo-cd" as const,
    name: application.name,
    appliedBy: application.ref,
    fetchedBy: undefined,
    position,
    repoURL: withoutUserinfo(textAt(source, "repoURL") ?? ""),
    branch: revision.kind === "branch" ? revision.name : undefined,
    credentialsSecret: undefined,
    behaviour: application.behaviour,
    appliedThrough: parents,
  };
  const kind = manifests ? kindOf(application, source, position) : "values";
  const remarks = [
    ...(revision.kind === "branch" && !revision.sure
      ? [`${revisionInWords(revision)} is taken for a branch; a tag of that name would be followed too.`]
      : []),
    ...(hydrated ? ["Argo CD's source hydrator renders this into another branch; a change takes effect when that is applied."] : []),
    ...overridesInWords(application, source, parents),
    ...parents
      .filter(({ overwrites }) => overwrites)
      .map(({ name }) => `${application.name} is written by ${name}: what is changed in it directly is overwritten.`),
    ...behaviourInWords(application),
    ...unlistedInWords(application, object),
  ];
  return [{ ...common, path: manifests ? path : "", kind, valueFiles, remarks }];
}

/** Argo CD tells in its status what it found a source to be. */
function kindOf({ object }: Application, source: RawObject, position: number | undefined): GitSource["kind"] {
  const told = position === undefined ? textAt(object, "status.sourceType") : textsAt(object, "status.sourceTypes")[position];
  switch (told) {
    case "Helm":
      return "helm";
    case "Kustomize":
      return "kustomize";
    case "Directory":
      return "directory";
    case "Plugin":
      return "plugin";
    default:
      return (["helm", "kustomize", "directory", "plugin"] as const).find((kind) => recordOf(source[kind]) !== undefined) ?? "unknown";
  }
}

/** Relative to the chart's folder, or to the root with a leading slash. Those of other sources (`$ref/…`) and URLs are not in this one. */
function ownValueFiles(source: RawObject, path: string): readonly string[] {
  return textsAt(source, "helm.valueFiles")
    .filter((file) => !file.startsWith("$") && !file.includes("://"))
    .map((file) => repositoryPath(file.startsWith("/") ? file : `${path}/${file}`));
}

function referredValueFiles(entries: readonly Entry[], reference: string): readonly string[] {
  const prefix = `$${reference}/`;
  return entries
    .flatMap(({ source }) => textsAt(source, "helm.valueFiles"))
    .filter((file) => file.startsWith(prefix))
    .map((file) => repositoryPath(file.slice(prefix.length)));
}

function refuseNotGit(application: Application, { source, field }: Entry, parents: readonly ParentSource[]): Refusal | undefined {
  const url = textAt(source, "repoURL") ?? "";
  const chart = textAt(source, "chart");
  if (chart === undefined && !url.startsWith("oci://")) return undefined;
  const what = chart === undefined ? "an OCI artifact" : `the chart ${chart}`;
  const from = withoutUserinfo(url);
  const values = inlineValues(source).length > 0 ? `; its values are in ${field}.helm of ${application.name}${declaredIn(parents)}` : "";
  return {
    reason: "SourceNotInGit",
    message: `${application.name} applies ${what} from ${from}, which is not a Git repository${values}.`,
    remedy: `Keep the version in a values file in Git (a second source with \`ref\`), or change it where ${chart === undefined ? "the artifact is built" : `the chart or ${application.name} is kept`}.`,
    evidence: [`${field}: ${what} of ${from}`, ...inlineValues(source).map((name) => `${field}.helm.${name} is set`)],
  };
}

function withoutSource({ name }: Application): Refusal {
  return {
    reason: "SourceNotInGit",
    message: `${name} names no source with manifests.`,
    remedy: "Give it a source (spec.source) in a Git repository.",
  };
}

function inlineValues(source: RawObject): readonly string[] {
  return ["values", "valuesObject", "parameters"].filter((name) => {
    const value = valueAt(source, `helm.${name}`);
    return value !== undefined && value !== null && value !== "";
  });
}

function overridesInWords(application: Application, source: RawObject, parents: readonly ParentSource[]): readonly string[] {
  const helm = inlineValues(source).map((name) => `helm.${name}`);
  const kustomize = Object.keys(recordOf(source["kustomize"]) ?? {}).map((name) => `kustomize.${name}`);
  const set = [...helm, ...kustomize].filter((name) => name !== "kustomize.version");
  if (set.length === 0) return [];
  return [`${application.name} itself sets ${set.join(", ")}, which win over what is in the repository${declaredIn(parents)}.`];
}

function declaredIn(parents: readonly ParentSource[]): string {
  const [nearest] = parents;
  if (nearest === undefined) return "";
  return ` (declared through ${nearest.name}${nearest.repoURL === undefined ? "" : `: ${nearest.repoURL} ${nearest.path ?? ""}`.trimEnd()})`;
}

function behaviourInWords({ behaviour, name }: Application): readonly string[] {
  return [
    ...(behaviour.automatic ? [] : [`Auto-sync of ${name} is off: a person has to sync each change.`]),
    ...(behaviour.prunes ? [`${name} prunes: a machine template that is taken out of Git while machines still use it is deleted.`] : []),
    ...(behaviour.revertsDirectChanges ? [`${name} has selfHeal on: it puts direct changes back.`] : []),
  ];
}

/** A mark may have been copied, or be left from before. Argo CD lists what it manages. */
function unlistedInWords({ object, name }: Application, { group, kind, namespace, name: wanted }: ObjectReference): readonly string[] {
  const managed = recordsAt(object, "status.resources");
  const listed = managed.some(
    (resource) =>
      (textAt(resource, "group") ?? "") === group &&
      textAt(resource, "kind") === kind &&
      (textAt(resource, "namespace") ?? namespace) === namespace &&
      textAt(resource, "name") === wanted,
  );
  return managed.length === 0 || listed
    ? []
    : [`${name} does not list ${kind} ${namespace}/${wanted} among what it manages: its mark may be an old one.`];
}
