import type { Refusal } from "../../refusal.ts";
import type { ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import { readDelivery } from "../delivery.ts";
import type { EngineReads } from "../engine-access.ts";
import type { EngineBehaviour, FoundSource, GitSource, ParentSource } from "../engine.ts";
import { refuseUnread } from "../gaps.ts";
import { flagAt, recordOf, recordsAt, textAt, textsAt, valueAt, wordsAt, type RawObject } from "../raw-object.ts";
import { repositoryPath } from "../repo-url.ts";
import { findRepository } from "./git-repository.ts";
import { fluxName, helmReleaseRef, kustomizationRef, sourceReference } from "./objects.ts";

/** Deeper than any real tree of Kustomizations; ends a circle (the one of `flux bootstrap` applies itself). */
const MOST_PARENTS = 8;

export async function kustomizationSource(ref: ObjectReference, reads: EngineReads): Promise<FoundSource> {
  const reading = await reads.get(ref);
  if (reading.gap !== undefined) return { kind: "refused", refusal: refuseUnread(reading.gap) };
  const object = reading.value;
  const sourceRef = sourceReference(object, "spec.sourceRef");
  if (sourceRef === undefined) return { kind: "refused", refusal: withoutSource(ref) };
  const repository = await findRepository(sourceRef, fluxName(ref), reads);
  if (repository.kind === "refused") return repository;
  const source: GitSource = {
    engine: "flux",
    name: fluxName(ref),
    appliedBy: ref,
    position: undefined,
    ...repository.from,
    path: repositoryPath(textAt(object, "spec.path")),
    // The controller writes a kustomization.yaml itself where the folder has none, so it is always Kustomize that builds.
    kind: "kustomize",
    valueFiles: [],
    behaviour: behaviourOf(object),
    appliedThrough: await parentsOf(ref, object, reads),
    remarks: [...suspendedInWords(repository.object, object), ...overridesInWords(ref, object), ...pruneInWords(ref, object)],
  };
  return { kind: "found", sources: [source] };
}

/**
 * A HelmRelease: the chart's repository where that is in Git, and the repository that the HelmRelease itself (with its values) is applied from. Where neither can be committed to,
 * both are named.
 */
export async function helmReleaseSource(ref: ObjectReference, reads: EngineReads): Promise<FoundSource> {
  const reading = await reads.get(ref);
  if (reading.gap !== undefined) return { kind: "refused", refusal: refuseUnread(reading.gap) };
  const object = reading.value;
  const parents = await parentsOf(ref, object, reads);
  const chart = await chartSource(ref, object, parents, reads);
  const values = await valuesSource(ref, object, reads);
  const sources = [...(chart.kind === "found" ? chart.sources : []), ...(values.kind === "found" ? values.sources : [])];
  const [first, ...rest] = sources;
  if (first !== undefined) return { kind: "found", sources: [first, ...rest] };
  return { kind: "refused", refusal: bothRefused(ref, chart, values) };
}

async function chartSource(
  ref: ObjectReference,
  object: RawObject,
  parents: readonly ParentSource[],
  reads: EngineReads,
): Promise<FoundSource> {
  const spec = recordOf(valueAt(object, "spec.chart.spec"));
  const sourceRef = sourceReference(object, spec === undefined ? "spec.chartRef" : "spec.chart.spec.sourceRef");
  if (sourceRef === undefined) return { kind: "refused", refusal: withoutSource(ref) };
  const repository = await findRepository(sourceRef, `The chart ${textAt(spec, "chart") ?? ""} of ${fluxName(ref)}`, reads);
  if (repository.kind === "refused") return repository;
  const revision = textAt(spec, "reconcileStrategy") === "Revision";
  const source: GitSource = {
    engine: "flux",
    name: fluxName(ref),
    appliedBy: ref,
    position: undefined,
    ...repository.from,
    path: repositoryPath(textAt(spec, "chart")),
    kind: "helm",
    // From the repository's root (source.toolkit.fluxcd.io, HelmChartSpec.valuesFiles).
    valueFiles: textsAt(spec, "valuesFiles").map((file) => repositoryPath(file)),
    behaviour: behaviourOf(object),
    appliedThrough: parents,
    remarks: revision
      ? []
      : [
          `${fluxName(ref)} builds its chart anew only when the chart's own version changes: raise \`version\` in Chart.yaml too, or set reconcileStrategy: Revision.`,
        ],
  };
  return { kind: "found", sources: [source] };
}

/** The HelmRelease as an object that something else applies: its `spec.values` are in that repository. */
async function valuesSource(ref: ObjectReference, object: RawObject, reads: EngineReads): Promise<FoundSource> {
  const owner = kustomizationOf(ref, object);
  if (owner === undefined) {
    const refusal: Refusal = {
      reason: "SourceNotInGit",
      message: `${fluxName(ref)} itself, with its values, carries no mark of a Kustomization: it was not applied from Git.`,
      remedy: "Keep the HelmRelease in Git.",
    };
    return { kind: "refused", refusal };
  }
  const found = await kustomizationSource(owner, reads);
  if (found.kind !== "found") return found;
  const [source] = found.sources;
  const from = recordsAt(object, "spec.valuesFrom").map(
    (reference) => `${textAt(reference, "kind") ?? ""} ${textAt(reference, "name") ?? ""}`,
  );
  const remarks = from.length === 0 ? [] : [`${fluxName(ref)} also takes values from ${from.join(", ")}.`];
  const remark = `${fluxName(ref)} is applied from here; the version may be among its values.`;
  return { kind: "found", sources: [{ ...source, remarks: [remark, ...remarks, ...source.remarks] }] };
}

function bothRefused(ref: ObjectReference, chart: FoundSource, values: FoundSource): Refusal {
  const refusals = [chart, values].flatMap((found) => (found.kind === "refused" ? [found.refusal] : []));
  return {
    reason: "SourceNotInGit",
    message: refusals.map(({ message }) => message).join(" "),
    remedy: `Keep ${fluxName(ref)} with its values in a repository that a Flux Kustomization applies, or the chart in a GitRepository.`,
    evidence: refusals.flatMap(({ evidence = [] }) => evidence),
  };
}

function withoutSource(ref: ObjectReference): Refusal {
  return { reason: "SourceNotInGit", message: `${fluxName(ref)} names no source.`, remedy: "Give it a source that is a GitRepository." };
}

/** Flux applies whatever is new until it is suspended, and puts direct changes back at its next interval. */
function behaviourOf(object: RawObject): EngineBehaviour {
  return {
    automatic: flagAt(object, "spec.suspend") !== true,
    prunes: flagAt(object, "spec.prune") === true,
    revertsDirectChanges: textAt(object, "kind") === "Kustomization" || textAt(object, "spec.driftDetection.mode") === "enabled",
  };
}

function suspendedInWords(repository: RawObject, object: RawObject): readonly string[] {
  return [
    ...(flagAt(object, "spec.suspend") === true ? ["It is suspended: it applies nothing."] : []),
    ...(flagAt(repository, "spec.suspend") === true ? ["Its GitRepository is suspended: nothing new is fetched."] : []),
  ];
}

function overridesInWords(ref: ObjectReference, object: RawObject): readonly string[] {
  const names = ["patches", "images", "components", "postBuild", "targetNamespace", "namePrefix", "nameSuffix", "commonMetadata"];
  const set = names.filter((name) => valueAt(object, `spec.${name}`) !== undefined);
  return set.length === 0 ? [] : [`${fluxName(ref)} itself sets ${set.join(", ")}, which win over what is in the folder.`];
}

function pruneInWords(ref: ObjectReference, object: RawObject): readonly string[] {
  if (flagAt(object, "spec.prune") !== true) return [];
  return [`${fluxName(ref)} prunes: a machine template that is taken out of Git while machines still use it is deleted.`];
}

async function parentsOf(ref: ObjectReference, object: RawObject, reads: EngineReads): Promise<readonly ParentSource[]> {
  const parents: ParentSource[] = [];
  let owner = kustomizationOf(ref, object);
  while (
    owner !== undefined &&
    parents.length < MOST_PARENTS &&
    !parents.some(({ reference }) => reference.name === owner?.name && reference.namespace === owner.namespace)
  ) {
    const reading = await reads.get(owner);
    if (reading.gap !== undefined) break;
    const sourceRef = sourceReference(reading.value, "spec.sourceRef");
    const repository = sourceRef === undefined ? undefined : await findRepository(sourceRef, fluxName(owner), reads);
    parents.push({
      name: fluxName(owner),
      reference: owner,
      repoURL: repository?.kind === "found" ? repository.from.repoURL : undefined,
      path: repositoryPath(textAt(reading.value, "spec.path")),
      overwrites: flagAt(reading.value, "spec.suspend") !== true,
    });
    owner = kustomizationOf(owner, reading.value);
  }
  return parents;
}

/** The Kustomization that applied an object of Flux itself. One that applies itself has no parent. */
function kustomizationOf(ref: ObjectReference, object: RawObject): ObjectReference | undefined {
  const delivery = readDelivery(ref, { labels: wordsAt(object, "metadata.labels"), annotations: {} });
  if (delivery.engine !== "flux") return undefined;
  const owner =
    delivery.kind === "Kustomization"
      ? kustomizationRef(delivery.namespace, delivery.name)
      : helmReleaseRef(delivery.namespace, delivery.name);
  const itself = owner.kind === ref.kind && owner.namespace === ref.namespace && owner.name === ref.name;
  return itself || owner.kind !== "Kustomization" ? undefined : owner;
}
