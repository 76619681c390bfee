import { candidatesFor } from "./plain/plain-source.ts";
import { describeIdentity, type ObjectIdentity } from "./object-identity.ts";
import type { RepositoryFiles } from "./repository-files.ts";

/** Objects of any manifest with a reference `{ kind, name }` to the object: `KubeadmControlPlane demo/cp in clusters/demo.yaml:20`. */
export async function findReferences(files: RepositoryFiles, wanted: ObjectIdentity): Promise<readonly string[]> {
  const { candidates } = await candidatesFor(files, wanted, {});
  return candidates
    .filter(({ object }) => !(object.identity.kind === wanted.kind && object.identity.name === wanted.name))
    .filter(({ object }) => refersTo((object.node as unknown as { toJSON(): unknown }).toJSON(), wanted))
    .map(({ parsed, object }) => `${describeIdentity(object.identity)} in ${parsed.file}:${object.line}`);
}

function refersTo(value: unknown, wanted: ObjectIdentity): boolean {
  if (value === null || typeof value !== "object") return false;
  if (!Array.isArray(value)) {
    const { kind, name } = value as { readonly kind?: unknown; readonly name?: unknown };
    if (kind === wanted.kind && name === wanted.name) return true;
  }
  return Object.values(value).some((item) => refersTo(item, wanted));
}
