import type { ClusterSnapshot, Delivery, FieldOwner, ObjectReference } from "./cluster-snapshot.ts";
import { conditionWords, listed, objectKey, objectName, sameObject } from "./cluster-words.ts";
import { changesThatHeal, isEngine } from "./direct-change.ts";
import { misbuiltMachines } from "./kubelets.ts";
import { ownFlight } from "./flight.ts";
import { orderOf, parseVersion, sameVersion } from "./kubernetes-version.ts";
import { engineSays, type SyncState } from "./sync-state.ts";
import type { Contradiction, Declaration } from "./upgrade-types.ts";
import { declaringObjects } from "./version-owner.ts";
import { findWedges } from "./wedge.ts";

export interface ContradictionInput {
  readonly snapshot: ClusterSnapshot;
  /** The version that the cluster is to have. */
  readonly version: string;
  /** Versions that it goes through on the way. */
  readonly through: readonly string[];
  readonly declarations: readonly Declaration[];
  /** The newest version that each object was seen to declare in this run, by `objectKey`. */
  readonly seen: Readonly<Record<string, string>>;
  /** The newest version that the source was seen to declare for each object in this run, by `objectKey`. */
  readonly declared: Readonly<Record<string, string>>;
  /** What the engine that applies the source says. */
  readonly sync?: SyncState | undefined;
}

interface Found extends ContradictionInput {
  /** Whether somebody changed the object directly, and the engine puts that back. */
  readonly heals: (object: ObjectReference) => boolean;
}

type Finder = (found: Found) => readonly Contradiction[];

const FINDERS: readonly Finder[] = [wedged, revertedInGit, changedInGit, applyRejected, reverted, overridden, mixedVersions];

/** Who undid or blocked the upgrade, the gravest first; empty when nothing speaks against it. */
export function contradictionsOf(input: ContradictionInput): readonly Contradiction[] {
  const healing = changesThatHeal(input);
  const heals = (object: ObjectReference): boolean => healing.some((change) => sameObject(change.object, object));
  return FINDERS.flatMap((find) => find({ ...input, heals }));
}

function wedged({ snapshot }: ContradictionInput): readonly Contradiction[] {
  const cluster = snapshot.ref;
  return findWedges(snapshot).map(({ object, version, topologyVersion, culprit, condition }) => ({
    reason: "Wedged",
    message: `${who(culprit)} set ${objectName(object)} to ${version}, while its topology declares ${topologyVersion}. Cluster API cannot compute a plan from that: it rolls nothing and refuses every new version.`,
    remedy: `Run \`capi-gitops repair ${cluster.name} -n ${cluster.namespace}\`; then upgrade through the topology.`,
    culprit,
    object,
    evidence: [
      `${objectName(object)} version is ${version}, ${writtenBy(culprit)}`,
      `${objectName(cluster)} spec.topology.version is ${topologyVersion}`,
      conditionWords(objectName(cluster), condition),
    ],
  }));
}

/** The source went back to an older version after it had declared a newer one. */
function revertedInGit({ declarations, declared }: ContradictionInput): readonly Contradiction[] {
  return declarations.flatMap(({ object, version, place, revision }): readonly Contradiction[] => {
    const before = declared[objectKey(object)];
    if (place === undefined || before === undefined || !isOlder(version, before)) return [];
    return [
      {
        reason: "RevertedInGit",
        message: `${place} declared ${before} and now declares ${version} again: somebody took the change back in Git.`,
        remedy: `Look at the history of ${place} and settle it with whoever took it back. A control plane cannot go back to ${version} once it has begun: declare ${before} there again (take the revert back), then run the upgrade again.`,
        culprit: undefined,
        object,
        evidence: [
          `${revision === undefined ? place : `${place} at ${revision}`} declares ${version}`,
          `it was seen to declare ${before} before`,
        ],
      },
    ];
  });
}

/** Somebody declares a newer version while this upgrade is being carried out: it can neither be applied before that is through, nor can this one be proven with it. */
function changedInGit({ snapshot, version: target, through, declarations }: ContradictionInput): readonly Contradiction[] {
  if (ownFlight(snapshot, { target, via: through }) === undefined) return [];
  return declarations.flatMap(({ object, version, place, revision }): readonly Contradiction[] => {
    if (place === undefined || !isOlder(target, version)) return [];
    return [
      {
        reason: "ChangedInGit",
        message: `${place} declares ${version} now, while the cluster is on its way to ${target}: somebody changed the version in the middle of an upgrade.`,
        remedy: `Set ${place} back to ${target} until the cluster is through, then go on to ${version}. Or leave it to whoever changed it: Cluster API refuses a new version while the last one is on its way.`,
        culprit: undefined,
        object,
        evidence: [`${revision === undefined ? place : `${place} at ${revision}`} declares ${version}`, `this upgrade goes to ${target}`],
      },
    ];
  });
}

/** Words with which an API server refuses what no second try will make it take. */
const NEVER_TAKEN = /cannot be decreased|cannot update Kubernetes version|field is immutable|is immutable/i;

/** The engine cannot apply what the source declares, and waiting does not change that. */
function applyRejected({ snapshot, version: target, declarations, sync }: ContradictionInput): readonly Contradiction[] {
  if (sync?.state !== "failed" || !NEVER_TAKEN.test(sync.message)) return [];
  return declaringObjects(snapshot).flatMap(({ object, version, owners }): readonly Contradiction[] => {
    const declaration = declarations.find((other) => sameObject(other.object, object));
    // Of all that the engine applies only the object that is not as declared is our concern.
    if (declaration?.place === undefined || version === undefined || sameVersion(version, declaration.version)) return [];
    const { place, version: declared } = declaration;
    const forward = isOlder(declared, version)
      ? `Declare ${version} in ${place} (a control plane cannot go back).`
      : `Mend what the message names in ${place}.`;
    return [
      {
        reason: "ApplyRejected",
        message: `${sync.engine} cannot apply ${declared} of ${place} to ${objectName(object)}, which is at ${version}${setDirectly(owners)}: ${sync.message}`,
        remedy: isOlder(target, version) ? forward : `${forward} Then run the upgrade again.`,
        culprit: undefined,
        object,
        evidence: [`${place} declares ${declared}`, `${objectName(object)} version is ${version}`, engineSays(sync)],
      },
    ];
  });
}

/** The live object went back after it had carried the version. Once at the target, any other version counts. */
function reverted({ snapshot, seen, version: target, heals }: Found): readonly Contradiction[] {
  return declaringObjects(snapshot).flatMap(({ object, version, owners }): readonly Contradiction[] => {
    const before = seen[objectKey(object)];
    if (heals(object)) return [];
    if (before === undefined || version === undefined || version === before) return [];
    if (before !== target && !isOlder(version, before)) return [];
    const [culprit] = owners;
    return [
      {
        reason: "Reverted",
        message: `${objectName(object)} had version ${before} and has ${version} now; ${who(culprit).toLowerCase()} changed it.`,
        remedy: `${cureFor(snapshot.delivery, culprit)} Then run the upgrade again.`,
        culprit,
        object,
        evidence: [`${objectName(object)} version is ${version}, ${writtenBy(culprit)}`, `it was ${before} before`],
      },
    ];
  });
}

/** Field managers of tools that people hold in their hands: no such write is an applier's. */
const HANDS = /^(kubectl-(edit|patch|set|replace)|k9s|lens|headlamp|rancher|mozilla)/i;

/** Git declares one version, and somebody who is not the applier wrote another after that. */
function overridden({ snapshot, version: target, declarations, heals }: Found): readonly Contradiction[] {
  return declaringObjects(snapshot).flatMap(({ object, version, owners }): readonly Contradiction[] => {
    if (heals(object)) return [];
    const declaration = declarations.find((other) => sameObject(other.object, object));
    const [owner] = owners;
    if (declaration?.place === undefined || version === undefined || sameVersion(version, declaration.version)) return [];
    if (owner === undefined || isEngine(owner)) return [];
    // When a commit was made is not known for sure; what is newer than the target and what Git says of it needs no clock.
    const isBeyond = sameVersion(declaration.version, target) && isOlder(target, version);
    if (!isBeyond && (owner.at === undefined || owner.at <= declaration.at)) return [];
    // An applier that is late carries an older version. Somebody at a keyboard is none.
    if (isOlder(version, declaration.version) && !HANDS.test(owner.manager)) return [];
    return [
      {
        reason: "OverriddenVersion",
        message: `${declaration.place} declares ${declaration.version}, and ${owner.manager} set ${objectName(object)} to ${version} after that.`,
        remedy:
          isOlder(declaration.version, version) && !snapshot.pools.some(({ ref }) => sameObject(ref, object))
            ? `Declare ${version} in ${declaration.place}: a control plane cannot go back. ${cureFor(snapshot.delivery, owner)}`
            : `${cureFor(snapshot.delivery, owner)} Or declare ${version} in Git, if that is what is wanted.`,
        culprit: owner,
        object,
        evidence: [
          `${objectName(object)} version is ${version}, ${writtenBy(owner)}`,
          `${declaration.place} declares ${declaration.version}`,
        ],
      },
    ];
  });
}

/** Machines that were asked for the version and run another: their image holds it. They will never change by themselves. */
function mixedVersions({ snapshot, version, through }: ContradictionInput): readonly Contradiction[] {
  const misbuilt = misbuiltMachines(snapshot, [version, ...through]);
  const [first] = misbuilt;
  if (first === undefined) return [];
  const one = misbuilt.length === 1;
  const asked = first.machine.version ?? version;
  return [
    {
      reason: "MixedVersions",
      message: `${listed(misbuilt.map(({ machine }) => machine.ref.name))} ${one ? "was" : "were"} made for ${asked} and ${one ? "runs" : "run"} ${first.kubelet}: the machine image holds another version than the one declared.`,
      remedy: `Point the machine template at an image of ${asked} (a new template, under a new name), so that the machines are made again.`,
      culprit: undefined,
      object: first.machine.ref,
      evidence: misbuilt.map(({ machine, kubelet }) => {
        const from = machine.template === undefined ? "" : `, made from ${machine.template}`;
        return `${objectName(machine.ref)} spec.version is ${machine.version ?? ""}, its kubelet reports ${kubelet}${from}`;
      }),
    },
  ];
}

/** Who wrote the version, where that was somebody at a keyboard. */
function setDirectly([owner]: readonly FieldOwner[]): string {
  return owner !== undefined && HANDS.test(owner.manager) ? ` (set by ${owner.manager})` : "";
}

function who(culprit: FieldOwner | undefined): string {
  return culprit === undefined ? "Somebody" : `Field manager ${culprit.manager}`;
}

function writtenBy(owner: FieldOwner | undefined): string {
  if (owner === undefined) return "written by nobody that field managers name";
  return `written by ${owner.manager} (${owner.operation}${owner.at === undefined ? "" : `, ${new Date(owner.at).toISOString()}`})`;
}

function cureFor(delivery: Delivery, culprit: FieldOwner | undefined): string {
  const stop = culprit === undefined ? "Find out who wrote it" : `Stop ${culprit.manager} from writing the version`;
  switch (delivery.engine) {
    case "argo-cd":
      return `${stop}; Argo CD application ${delivery.application} applies this object, so its version must be changed in Git.`;
    case "flux":
      return `${stop}; Flux ${delivery.kind} ${delivery.namespace}/${delivery.name} applies this object, so its version must be changed in Git.`;
    case "none":
      return `${stop}.`;
    default:
      return delivery satisfies never;
  }
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [parseVersion(version), parseVersion(than)];
  return a !== undefined && b !== undefined && orderOf(a, b) === -1;
}
