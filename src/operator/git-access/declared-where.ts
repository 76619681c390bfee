import type { GitOpsEngine, GitSource } from "../../gitops/engine.ts";
import type { ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import type { GitSettings } from "../api/settings.ts";
import { StalledError } from "../runtime/failure.ts";

/** Where a cluster's versions are written. */
export type DeclaredWhere =
  | {
      readonly kind: "git";
      readonly url: string;
      readonly branch: string | undefined;
      readonly directory: string | undefined;
      /** As the engine tells; undefined where none applies it. */
      readonly source: GitSource | undefined;
    }
  /** The objects themselves. */
  | { readonly kind: "direct" };

/**
 * What the settings say goes before what the engine that applies the object says. Rejects with StalledError where it cannot be told, and where writing the object directly would only be
 * reverted.
 */
export async function declaredWhere(engine: GitOpsEngine, object: ObjectReference, git: GitSettings): Promise<DeclaredWhere> {
  const { url, branch, path } = git.repository;
  if (git.mode === "direct") return { kind: "direct" };
  const found = await engine.findSource(object);
  const what = `${object.kind} ${object.namespace}/${object.name}`;
  if (found.kind === "refused" && url === undefined)
    throw new StalledError(found.refusal.reason, found.refusal.message, found.refusal.remedy);
  const sources = found.kind === "found" ? found.sources : [];
  const source = url === undefined ? sources[0] : sources.find((each) => sameRepository(each.repoURL, url));
  const repository = url ?? source?.repoURL;
  if (repository === undefined)
    throw new StalledError(
      "NoGitSource",
      `Nobody applies ${what} from Git, as far as its labels and annotations tell, and the settings name no repository.`,
      "Name the repository in git.repository, or say git.mode: Direct to have the object itself changed.",
    );
  return {
    kind: "git",
    url: repository,
    branch: branch ?? source?.branch,
    directory: path ?? (source === undefined || source.path === "" ? undefined : source.path),
    source,
  };
}

/** However it is written: with `.git` at its end, a slash, or a user. */
function sameRepository(one: string, other: string): boolean {
  const plain = (url: string): string =>
    url
      .toLowerCase()
      .replace(/^[a-z+]+:\/\//, "")
      .replace(/^[^@/]*@/, "")
      .replace(/\/+$/, "")
      .replace(/\.git$/, "")
      .replace(/^([^/:]+):(?!\d+\/)/, "$1/");
  return plain(one) === plain(other);
}
