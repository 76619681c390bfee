import type { Reads } from "../cluster-api/reads.ts";
import { readVersionPins } from "../cluster-api/views/machine-template.ts";
import { readMeta } from "../cluster-api/views/object-meta.ts";
import type { ClusterSnapshot, ObjectReference } from "../upgrade/cluster-snapshot.ts";
import { sameObject } from "../upgrade/cluster-words.ts";
import { orderOf, parseVersion } from "../upgrade/kubernetes-version.ts";
import { templateNamePrefix } from "./manifest-changes.ts";

/** What a rotation ends a name with: `templateName`. */
const contentHash = /-[0-9a-f]{8}$/;

/**
 * Machine templates that earlier runs replaced, found by what they left in the management cluster: of the kind of a template that is in use and has a name
 * of ours (`cp-3f2a91bc`); called the same without the hash, or with another (`cp`, `cp-0a1b2c3d`); taken on by this cluster (Cluster API makes it an owner of
 * what it clones from); and naming nothing but versions older than `target`. Whether something still refers to one is for the caller to see. What may not be
 * read is not found.
 */
export async function formerTemplates(reads: Reads, snapshot: ClusterSnapshot, target: string): Promise<readonly ObjectReference[]> {
  const { controlPlane, pools, ref } = snapshot;
  const inUse = [...(controlPlane === undefined ? [] : [controlPlane]), ...pools].flatMap(
    ({ machineTemplate }) => machineTemplate?.ref ?? [],
  );
  const ours = inUse.filter(({ name }) => contentHash.test(name));
  const kinds = new Map(ours.map(({ group, kind }) => [`${group}/${kind}`, { group, kind }]));
  const lists = await Promise.all([...kinds.values()].map((one) => reads.list({ ...one, namespace: ref.namespace })));
  return lists.flatMap(({ value = [] }) =>
    value.flatMap((object) => {
      const meta = readMeta(object, "", () => undefined);
      const family = ours.some(
        ({ group, kind, name }) =>
          group === meta.ref.group && kind === meta.ref.kind && templateNamePrefix(name) === templateNamePrefix(meta.ref.name),
      );
      const own = meta.owners.some(({ kind, name }) => kind === "Cluster" && name === ref.name);
      const pins = readVersionPins(object);
      const old = pins.length > 0 && pins.every(({ version }) => isOlder(version, target));
      return family && own && old && !inUse.some((one) => sameObject(one, meta.ref)) ? [meta.ref] : [];
    }),
  );
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [parseVersion(version), parseVersion(than)];
  return a !== undefined && b !== undefined && orderOf(a, b) === -1;
}
