import { candidatesFor, type Candidate } from "./plain/plain-source.ts";
import { describeIdentity, type ObjectIdentity } from "./object-identity.ts";
import type { RepositoryFiles } from "./repository-files.ts";

/** Objects of any manifest with a reference `{ kind, name }` to the object: `KubeadmControlPlane demo/cp in clusters/demo.yaml:20`. */
export async function findReferences(files: RepositoryFiles, wanted: ObjectIdentity): Promise<readonly string[]> {
  const { candidates } = await candidatesFor(files, wanted, {});
  return candidates
    .filter(({ object }) => !(object.identity.kind === wanted.kind && object.identity.name === wanted.name))
    .filter((candidate) => refersTo(valueOf(candidate), wanted))
    .map(({ parsed, object }) => `${describeIdentity(object.identity)} in ${parsed.file}:${object.line}`);
}

/** With aliases and merge keys followed; undefined where one leads nowhere, for nothing could be applied then. */
function valueOf({ parsed, object }: Candidate): unknown {
  const document = parsed.documents[object.place.document];
  try {
    return document === undefined ? undefined : object.node.toJS(document, { maxAliasCount: -1 });
  } catch {
    return undefined;
  }
}

function refersTo(value: unknown, wanted: ObjectIdentity): boolean {
  if (value === null || typeof value !== "object") return false;
  const { kind, name } = value as { readonly kind?: unknown; readonly name?: unknown };
  return (kind === wanted.kind && name === wanted.name) || Object.values(value).some((item) => refersTo(item, wanted));
}
