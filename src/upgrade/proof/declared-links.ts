import { declaringObjects } from "../version-owner.ts";
import { conditionOf, conditionWords, isDeferred, listed, objectName } from "../cluster-words.ts";
import { sameVersion } from "../kubernetes-version.ts";
import { engineSays } from "../sync-state.ts";
import { brokenBy, finding, type Finding, type ProofContext } from "./proof-context.ts";

/** From the source of truth to the specs of the objects that make machines. */

/** The source declares the version, for every object that it holds. */
export function committed(context: ProofContext): Finding {
  const { version } = context;
  const declarations = context.declarations.filter(({ place }) => place !== undefined);
  if (declarations.length === 0) return finding("not-applicable", "No Git repository takes part.");
  const broken = brokenBy(context, "RevertedInGit", "ChangedInGit");
  if (broken !== undefined) return broken;
  const behind = declarations.filter((declaration) => !sameVersion(declaration.version, version));
  const told = (behind.length > 0 ? behind : declarations).map((declaration) => {
    const commit = declaration.revision === undefined ? "" : ` in commit ${declaration.revision.slice(0, 12)}`;
    return `${declaration.place ?? ""} declares ${declaration.version}${commit}`;
  });
  return finding(behind.length > 0 ? "pending" : "proven", `${listed(told)}.`);
}

/** The objects in the management cluster carry the value, and who put it there. */
export function applied(context: ProofContext): Finding {
  const { snapshot, version, sync } = context;
  const objects = declaringObjects(snapshot).filter((object) => object.version !== undefined);
  const behind = objects.filter((object) => !sameVersion(object.version, version));
  const broken = brokenBy(context, "Reverted", "OverriddenVersion", "ApplyRejected");
  if (broken !== undefined) return broken;
  if (behind.length > 0) {
    const words = behind.map(({ object, version, owners }) => {
      return `${objectName(object)} (${version ?? ""}${owners[0] === undefined ? "" : `, set by ${owners[0].manager}`})`;
    });
    // What the engine says explains what is missing; it proves nothing of what is there.
    const why = sync === undefined || sync.state === "synced" ? "" : ` ${engineSays(sync)}`;
    return finding(
      "pending",
      `${objects.length - behind.length} of ${objects.length} objects carry ${version}; not yet ${listed(words)}.${why}`,
    );
  }
  if (objects.length === 0) return finding("pending", "No object carries a version yet.");
  const words = objects.map(
    ({ object, owners }) => `${objectName(object)}${owners[0] === undefined ? "" : `, set by ${owners[0].manager}`}`,
  );
  const healed = sync?.healed === undefined ? "" : ` ${sync.engine}: ${sync.healed}`;
  return finding("proven", `${listed(words)}: ${version}.${healed}`);
}

/** What owns the objects has handed the version on: a topology to its control plane and pools. */
export function carried(context: ProofContext): Finding {
  const { snapshot, version } = context;
  const { topology, controlPlane } = snapshot;
  if (topology === undefined) return finding("not-applicable", "The control plane and the pools declare the version themselves.");
  const broken = brokenBy(context, "Wedged");
  if (broken !== undefined) return broken;
  if (controlPlane === undefined) return finding("pending", "The topology has not made its control plane yet.");
  const owners = [controlPlane, ...snapshot.pools.filter((pool) => pool.topologyName !== undefined && !isDeferred(snapshot, pool))];
  const behind = owners.filter((owner) => owner.version !== undefined && !sameVersion(owner.version, version));
  if (behind.length === 0) return finding("proven", `${listed(owners.map(({ ref }) => objectName(ref)))}: ${version}.`);
  const words = behind.map((owner) => `${objectName(owner.ref)} (${owner.version ?? ""})`);
  return finding("pending", `Handed on to ${owners.length - behind.length} of ${owners.length} objects; not yet ${listed(words)}.`);
}

/** Every controller has seen the newest state of its object, and the topology controller says that it is through. */
export function observed({ snapshot }: ProofContext): Finding {
  const { controlPlane, pools, topology } = snapshot;
  const objects = [snapshot, ...(controlPlane === undefined ? [] : [controlPlane]), ...pools];
  const late = objects.filter(({ generation, observedGeneration }) => observedGeneration !== undefined && observedGeneration < generation);
  if (late.length > 0) {
    const words = late.map((object) => `${objectName(object.ref)} (${object.observedGeneration ?? 0} of ${object.generation})`);
    return finding("pending", `Generations not yet seen by their controllers: ${listed(words)}.`);
  }
  if (topology === undefined)
    return finding("proven", `All controllers have seen the newest generation of their ${objects.length} objects.`);
  const condition = conditionOf(snapshot.conditions, "TopologyReconciled");
  if (condition === undefined) return finding("pending", `${objectName(snapshot.ref)} has no condition TopologyReconciled yet.`);
  const words = conditionWords(objectName(snapshot.ref), condition);
  if (condition.status === "True" && topology.upgradeMarked) {
    return finding("pending", `${words}, but the topology controller has not closed the upgrade yet: a new version would be refused.`);
  }
  return finding(condition.status === "True" ? "proven" : "pending", `${words}${words.endsWith(".") ? "" : "."}`);
}
