import type { GitCredentials } from "../git/credentials.ts";
import type { Refusal } from "../refusal.ts";
import type { ObjectReference } from "../upgrade/cluster-snapshot.ts";
import type { SyncState } from "../upgrade/sync-state.ts";

/** Where in Git an object is declared, as the engine that applies it says. */
export interface GitSource {
  readonly engine: "argo-cd" | "flux";
  /** For people: `Argo CD application argocd/capi`, `Flux Kustomization flux-system/clusters`. */
  readonly name: string;
  /** The Application, Kustomization or HelmRelease. */
  readonly appliedBy: ObjectReference;
  /** The GitRepository of Flux. */
  readonly fetchedBy: ObjectReference | undefined;
  /** Position in a multi-source Application's `spec.sources`, whose revisions are lists in that order. */
  readonly position: number | undefined;
  /** Without user information. */
  readonly repoURL: string;
  /** Undefined: the remote's default branch. */
  readonly branch: string | undefined;
  /** Folder below the repository's root; empty for the root. */
  readonly path: string;
  /** `directory`: plain YAML. `values`: only files of Helm values for another source's chart. `unknown`: the engine finds out itself and has not told yet. */
  readonly kind: "kustomize" | "helm" | "directory" | "values" | "plugin" | "unknown";
  /** Files of Helm values that are in this source, from the repository's root. */
  readonly valueFiles: readonly string[];
  /** Where the engine's own credentials are; undefined: not told (Argo CD finds them by URL), or none. */
  readonly credentialsSecret: { readonly namespace: string; readonly name: string } | undefined;
  readonly behaviour: EngineBehaviour;
  /** What applies `appliedBy` itself, the nearest first: parent Applications, an ApplicationSet, a Kustomization. */
  readonly appliedThrough: readonly ParentSource[];
  /** What a person should know about it, one fact a line. */
  readonly remarks: readonly string[];
}

/** What the engine does without being asked. */
export interface EngineBehaviour {
  /** It applies new commits by itself. */
  readonly automatic: boolean;
  /** It deletes what is taken out of Git: an old machine template that goes before its machines do is gone. */
  readonly prunes: boolean;
  /** It puts direct changes of an object back. */
  readonly revertsDirectChanges: boolean;
}

export interface ParentSource {
  /** For people: `ApplicationSet argocd/clusters (git generator)`. */
  readonly name: string;
  readonly reference: ObjectReference;
  /** Where the parent is declared; undefined where it is not in Git. */
  readonly repoURL: string | undefined;
  readonly path: string | undefined;
  /** It writes the child anew all the time: what is changed in the child directly is overwritten. */
  readonly overwrites: boolean;
}

export type FoundSource =
  /** In the order in which to look for the object: an Application may have several sources. Never empty. */
  | { readonly kind: "found"; readonly sources: readonly [GitSource, ...GitSource[]] }
  /** Nobody applies it: it is changed directly. */
  | { readonly kind: "direct" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Whether `commit` is `revision` or one of its ancestors; undefined where Git cannot tell (yet). */
export type CommitCheck = (revision: string, commit: string) => Promise<boolean | undefined>;

export interface SyncQuestion {
  /** Epoch milliseconds. */
  readonly now: number;
  /** The commit that is waited for. */
  readonly commit?: string | undefined;
  /** Asks Git; without it only equal revisions carry the commit. */
  readonly contains?: CommitCheck | undefined;
}

export type CredentialsFound =
  | { readonly kind: "found"; readonly credentials: GitCredentials; /** For people; no content. */ readonly from: string }
  /** The engine has none for this repository: it reads it as anybody may. */
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** What applies an object. A new engine is a file with one of these and its case in `engines.ts`. */
export interface GitOpsEngine {
  findSource(object: ObjectReference): Promise<FoundSource>;
  /** From fresh reads. Never rejects for what the API server refuses: that is `unknown`, with the reason. */
  syncState(source: GitSource, question: SyncQuestion): Promise<SyncState>;
  /** Asks it to look at Git now, and to try again what failed. Undefined when it was asked. */
  refresh(source: GitSource): Promise<Refusal | undefined>;
  /** Those that the engine itself fetches with. Only call it where that was allowed. */
  credentials(source: GitSource): Promise<CredentialsFound>;
}

export interface EngineOptions {
  /** Namespace of Argo CD itself. Default: `argocd`, and where no such Application is there, wherever there is exactly one. */
  readonly argoCdNamespace?: string | undefined;
}
