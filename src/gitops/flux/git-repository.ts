import type { Refusal } from "../../refusal.ts";
import type { ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import type { EngineReads } from "../engine-access.ts";
import type { GitSource } from "../engine.ts";
import { refuseUnread } from "../gaps.ts";
import { textAt, type RawObject } from "../raw-object.ts";
import { withoutUserinfo } from "../repo-url.ts";
import { fluxRevision, refuseUnlessBranch } from "../tracked-revision.ts";

/** What a GitRepository adds to a source. */
export type FetchedFrom = Pick<GitSource, "fetchedBy" | "repoURL" | "branch" | "credentialsSecret">;

export type FoundRepository =
  | { readonly kind: "found"; readonly from: FetchedFrom; readonly object: RawObject }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** `user`: what refers to it, for people. Only a GitRepository can be pushed to. */
export async function findRepository(ref: ObjectReference, user: string, reads: EngineReads): Promise<FoundRepository> {
  if (ref.kind !== "GitRepository") return { kind: "refused", refusal: await refuseOther(ref, user, reads) };
  const reading = await reads.get(ref);
  if (reading.gap !== undefined) return { kind: "refused", refusal: refuseUnread(reading.gap) };
  const object = reading.value;
  const repoURL = withoutUserinfo(textAt(object, "spec.url") ?? "");
  const field = (name: string): string | undefined => textAt(object, `spec.ref.${name}`);
  const revision = fluxRevision({
    branch: field("branch"),
    tag: field("tag"),
    semver: field("semver"),
    name: field("name"),
    commit: field("commit"),
  });
  const refusal = refuseUnlessBranch(revision, `spec.ref of GitRepository ${ref.namespace}/${ref.name}`, repoURL);
  if (refusal !== undefined) return { kind: "refused", refusal };
  const secret = textAt(object, "spec.secretRef.name");
  return {
    kind: "found",
    object,
    from: {
      fetchedBy: ref,
      repoURL,
      branch: revision.kind === "branch" ? revision.name : undefined,
      credentialsSecret: secret === undefined ? undefined : { namespace: ref.namespace, name: secret },
    },
  };
}

async function refuseOther(ref: ObjectReference, user: string, reads: EngineReads): Promise<Refusal> {
  const reading = await reads.get(ref);
  const place = reading.gap === undefined ? (textAt(reading.value, "spec.url") ?? textAt(reading.value, "spec.endpoint") ?? "") : "";
  const what = `${ref.kind} ${ref.namespace}/${ref.name}`;
  const from = place === "" ? "" : ` (${withoutUserinfo(place)})`;
  return {
    reason: "SourceNotInGit",
    message: `${user} takes its manifests from ${what}${from}: that is built from somewhere else, and what is committed anywhere is not applied until it is built again.`,
    remedy: `Change the version where the content of ${what} is built, or let ${user} use a GitRepository.`,
    evidence: [`${user}: source ${what}${from}`],
  };
}
