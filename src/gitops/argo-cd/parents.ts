import type { ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import { readDelivery } from "../delivery.ts";
import type { EngineReads } from "../engine-access.ts";
import type { EngineOptions, ParentSource } from "../engine.ts";
import { recordsAt, referenceOf, textAt, valueAt, wordsAt, type RawObject } from "../raw-object.ts";
import { repositoryPath, withoutUserinfo } from "../repo-url.ts";
import { ARGO_GROUP, findApplication, type Application } from "./application.ts";

/** Deeper than any real app of apps; ends a circle (an Application may apply itself). */
const MOST_PARENTS = 8;

/** What applies an Application, the nearest first. What cannot be read ends the chain: it is for people, nothing is decided by it. */
export async function applicationParents(
  application: Application,
  reads: EngineReads,
  options: EngineOptions,
): Promise<readonly ParentSource[]> {
  const parents: ParentSource[] = [];
  const seen = new Set([keyOf(application.ref)]);
  let child: Marked | undefined = { ref: application.ref, object: application.object };
  while (child !== undefined && parents.length < MOST_PARENTS) {
    const found: FoundParent | undefined = await parentOf(child, reads, options);
    if (found === undefined || seen.has(keyOf(found.parent.reference))) break;
    seen.add(keyOf(found.parent.reference));
    parents.push(found.parent);
    child = found.next;
  }
  return parents;
}

interface Marked {
  readonly ref: ObjectReference;
  readonly object: RawObject;
}

interface FoundParent {
  readonly parent: ParentSource;
  readonly next: Marked | undefined;
}

async function parentOf(child: Marked, reads: EngineReads, options: EngineOptions): Promise<FoundParent | undefined> {
  const owner = recordsAt(child.object, "metadata.ownerReferences").find((reference) => textAt(reference, "kind") === "ApplicationSet");
  const set = textAt(owner, "name");
  if (set !== undefined) return applicationSet(set, child.ref.namespace, reads);
  const delivery = readDelivery(child.ref, {
    labels: wordsAt(child.object, "metadata.labels"),
    annotations: wordsAt(child.object, "metadata.annotations"),
  });
  if (delivery.engine === "argo-cd") {
    const found = await findApplication(delivery.application, reads, options);
    return found.kind === "found" ? parentApplication(found.application) : undefined;
  }
  if (delivery.engine === "flux") {
    const { kind, namespace, name } = delivery;
    const group = kind === "HelmRelease" ? "helm.toolkit.fluxcd.io" : "kustomize.toolkit.fluxcd.io";
    const reference = { group, kind, namespace, name };
    const parent = { name: `Flux ${kind} ${namespace}/${name}`, reference, repoURL: undefined, path: undefined, overwrites: true };
    return { parent, next: undefined };
  }
  return undefined;
}

function parentApplication(application: Application): FoundParent {
  const source = application.sources.find((candidate) => textAt(candidate, "path") !== undefined);
  const repoURL = textAt(source, "repoURL");
  return {
    parent: {
      name: application.name,
      reference: application.ref,
      repoURL: repoURL === undefined ? undefined : withoutUserinfo(repoURL),
      path: source === undefined ? undefined : repositoryPath(textAt(source, "path")),
      overwrites: application.behaviour.revertsDirectChanges,
    },
    next: { ref: application.ref, object: application.object },
  };
}

async function applicationSet(name: string, namespace: string, reads: EngineReads): Promise<FoundParent> {
  const reference = { group: ARGO_GROUP, kind: "ApplicationSet", namespace, name };
  const reading = await reads.get(reference);
  if (reading.gap !== undefined) {
    const parent = { name: `ApplicationSet ${namespace}/${name}`, reference, repoURL: undefined, path: undefined, overwrites: true };
    return { parent, next: undefined };
  }
  const generators = recordsAt(reading.value, "spec.generators");
  const git = generators.map((generator) => textAt(generator, "git.repoURL")).find((url) => url !== undefined);
  const policy = textAt(reading.value, "spec.syncPolicy.applicationsSync");
  return {
    parent: {
      name: `ApplicationSet ${namespace}/${name} (${generatorsInWords(generators)})`,
      reference,
      repoURL: git === undefined ? undefined : withoutUserinfo(git),
      path: undefined,
      // Argo CD's ApplicationsSyncPolicy: the other two, `create-update` and `sync`, write what they generated again.
      overwrites: policy !== "create-only" && policy !== "create-delete",
    },
    next: { ref: referenceOf(reading.value, ARGO_GROUP, "ApplicationSet"), object: reading.value },
  };
}

/** `git generator over https://…`, `matrix of clusters and git generator`. */
function generatorsInWords(generators: readonly RawObject[]): string {
  return generators.map((generator) => generatorInWords(generator)).join(", ") || "no generator";
}

function generatorInWords(generator: RawObject): string {
  const kind = Object.keys(generator).find((key) => key !== "selector") ?? "unknown";
  const nested = recordsAt(valueAt(generator, kind), "generators");
  if (nested.length > 0) return `${kind} of ${nested.map(generatorInWords).join(" and ")}`;
  const url = textAt(generator, `${kind}.repoURL`);
  return url === undefined ? `${kind} generator` : `${kind} generator over ${withoutUserinfo(url)}`;
}

function keyOf({ kind, namespace, name }: ObjectReference): string {
  return `${kind}/${namespace}/${name}`;
}
