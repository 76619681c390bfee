import { isChainSplit } from "./chain-split.ts";
import { imageVariables, variableName } from "./class-variables.ts";
import type { ClusterSnapshot } from "./cluster-snapshot.ts";
import { counted, isDeferred, listed, objectName } from "./cluster-words.ts";
import type { PlanRequest } from "./flight.ts";
import { versionOf, parseVersion } from "./kubernetes-version.ts";
import { poolRollout } from "./rollout.ts";
import { kubeletAllowed } from "./skew.ts";
import { templateMoves, topologyMoves } from "./steps.ts";
import type { UpgradeStep } from "./upgrade-types.ts";

type Warning = (snapshot: ClusterSnapshot, request: PlanRequest, steps: readonly UpgradeStep[]) => readonly string[];

const WARNINGS: readonly Warning[] = [
  singleControlPlane,
  evenControlPlanes,
  deferredPools,
  onDeletePools,
  machinePools,
  imagesWithoutPlace,
  imagesWithoutVariable,
  variablesLeftBehind,
  chainIsSplit,
  versionlessPools,
  standAloneMachines,
  unavailablePools,
  topologySkew,
  viaUnused,
  noControlPlane,
  unreachableWorkload,
  unreadObjects,
];

/** What a careful person would want to know before the plan is carried out. */
export function warningsOf(snapshot: ClusterSnapshot, request: PlanRequest, steps: readonly UpgradeStep[]): readonly string[] {
  return WARNINGS.flatMap((warning) => warning(snapshot, request, steps));
}

function movesControlPlane(steps: readonly UpgradeStep[]): boolean {
  return steps.some((step) => step.kind === "control-plane" || (step.kind === "topology" && step.controlPlaneThrough.length > 0));
}

function singleControlPlane({ controlPlane }: ClusterSnapshot, _: PlanRequest, steps: readonly UpgradeStep[]): readonly string[] {
  if (controlPlane?.replicas.desired !== 1 || !movesControlPlane(steps)) return [];
  const name = objectName(controlPlane.ref);
  return controlPlane.maxSurge === 0
    ? [
        `${name} has one machine and maxSurge 0, and KubeadmControlPlane does not scale in below three: the rollout would not begin. Set maxSurge to 1.`,
      ]
    : [
        `${name} has one machine. A second one joins first (maxSurge 1), then the old one leaves: the API stays up but for the moments in which etcd's leadership and the endpoint move from the old machine to the new one.`,
      ];
}

function evenControlPlanes({ controlPlane }: ClusterSnapshot): readonly string[] {
  const desired = controlPlane?.replicas.desired ?? 0;
  if (desired === 0 || desired % 2 === 1 || controlPlane === undefined) return [];
  const bears = Math.ceil(desired / 2) - 1;
  return [
    `${objectName(controlPlane.ref)} has ${desired} machines, an even number: etcd's quorum bears the loss of ${bears === 0 ? "none" : counted(bears, "machine")} of them, as with ${desired - 1}.`,
  ];
}

function deferredPools(snapshot: ClusterSnapshot): readonly string[] {
  const deferred = snapshot.pools.filter((pool) => isDeferred(snapshot, pool));
  if (deferred.length === 0) return [];
  return [
    `${listed(deferred.map(({ ref }) => objectName(ref)))} is deferred by annotation and stays behind until the annotation is removed; the upgrade is not proven, and Cluster API refuses the next one, before that.`,
  ];
}

function onDeletePools({ pools }: ClusterSnapshot, { target }: PlanRequest): readonly string[] {
  const held = pools.filter((pool) => pool.strategy === "OnDelete" && pool.kind === "MachineDeployment" && pool.version !== target);
  if (held.length === 0) return [];
  return [
    `${listed(held.map(({ ref }) => objectName(ref)))} has the strategy OnDelete: its machines are replaced only when somebody deletes them.`,
  ];
}

/** Some providers find the image by the version, for a template that has none. */
function imagesWithoutPlace(snapshot: ClusterSnapshot, request: PlanRequest): readonly string[] {
  const { images: catalog } = request;
  if (catalog === undefined || snapshot.topology !== undefined) return [];
  return templateMoves(snapshot, request).flatMap(({ template, to, images }) =>
    template === undefined
      ? []
      : images.withoutPlace.map(
          ({ image }) =>
            `${catalog.name} has ${image} as the image of ${to} for ${template.ref.kind}, and ${objectName(template.ref)} has no field for it: it stays as it is. If it has one, set path of that image.`,
        ),
  );
}

/** The class may have no such variable, and take the image from the version. */
function imagesWithoutVariable(snapshot: ClusterSnapshot, request: PlanRequest): readonly string[] {
  const { images: catalog } = request;
  if (catalog === undefined) return [];
  return topologyMoves(snapshot, request).flatMap(({ to, images: { withoutVariable } }) =>
    withoutVariable.map(
      ({ image, variable, templateKind }) =>
        `${catalog.name} has ${image} as the image of ${to} for ${templateKind} in variable ${variable?.name ?? ""}, which ${objectName(snapshot.ref)} does not set${variable?.part === undefined ? "" : ` for ${variable.part}`}${variable?.path === undefined ? "" : ` (with a text at ${variable.path})`}: the image is what its ClusterClass makes of the version.`,
    ),
  );
}

/** Not all that names the version is a machine image; one that is would be of the old version. */
function variablesLeftBehind(snapshot: ClusterSnapshot, request: PlanRequest, steps: readonly UpgradeStep[]): readonly string[] {
  const { topology } = snapshot;
  const governed = imageVariables(snapshot, request.images);
  if (topology === undefined || steps.length === 0) return [];
  return topology.variables
    .filter((text) => text.versions.includes(topology.version) && !governed.includes(text))
    .map(
      (text) =>
        `${variableName(text)} is ${text.value}, which names ${topology.version}, and stays so: if its ClusterClass takes the machine image from it, machines of ${request.target} would boot the old one. Let a ReleaseCatalog name that variable for its images (docs/releases.md), or change it together with the version.`,
    );
}

function chainIsSplit(snapshot: ClusterSnapshot, request: PlanRequest, steps: readonly UpgradeStep[]): readonly string[] {
  if (steps.length < 2 || !isChainSplit(snapshot, request)) return [];
  return [
    `ClusterClass ${snapshot.topology?.className ?? ""} lists the versions, and Cluster API could go through them after one write; ${listed(imageVariables(snapshot, request.images).map(variableName))} can hold the image of only one of them, so each minor is a write of its own, and the workers roll each time.`,
  ];
}

function machinePools({ pools, topology }: ClusterSnapshot, { target }: PlanRequest): readonly string[] {
  return pools
    .filter((pool) => pool.kind === "MachinePool" && pool.version !== target)
    .map(({ ref, version, machineTemplate }) => {
      const pins = topology === undefined ? (machineTemplate?.versionPins ?? []).filter((pin) => pin.version === version) : [];
      const image = pins.map(
        (pin) => `${pin.path.join(".")} of ${machineTemplate?.ref.kind ?? ""} names ${pin.value} and must be changed with it; `,
      );
      return `${objectName(ref)} is a MachinePool: ${image.join("")}how its machines are replaced (drain, surge, order) is up to its infrastructure provider, not to Cluster API.`;
    });
}

function versionlessPools({ pools }: ClusterSnapshot): readonly string[] {
  return pools
    .filter(({ version }) => version === undefined)
    .map(
      ({ ref }) =>
        `${objectName(ref)} has no version of its own; what its machines run is decided by their image, and this upgrade leaves it alone.`,
    );
}

function standAloneMachines({ machines }: ClusterSnapshot): readonly string[] {
  return machines
    .filter(({ role, pool, deletingSince }) => role === "worker" && pool === undefined && deletingSince === undefined)
    .map(
      ({ ref, version }) =>
        `${objectName(ref)} belongs to no control plane or pool: this upgrade leaves it at ${version ?? "what its image holds"}.`,
    );
}

function unavailablePools(snapshot: ClusterSnapshot): readonly string[] {
  return snapshot.pools.flatMap((pool) => {
    const { unavailable, desired } = poolRollout(snapshot, pool, pool.version ?? "");
    if (unavailable === 0) return [];
    return [
      `${objectName(pool.ref)} has ${desired - unavailable} of ${desired} replicas available before the upgrade begins; it ends only when all are.`,
    ];
  });
}

/** Cluster API lets workers fall three minors behind whatever their version; Kubernetes only from 1.25 on. */
function topologySkew(_: ClusterSnapshot, __: PlanRequest, steps: readonly UpgradeStep[]): readonly string[] {
  for (const step of steps) {
    if (step.kind !== "topology") continue;
    const [firstHop] = step.workersThrough;
    const worker = parseVersion(step.from);
    const last = step.controlPlaneThrough.find((version) => version === firstHop) ?? step.to;
    if (firstHop === undefined || worker === undefined || kubeletAllowed(worker, versionOf(last))) continue;
    return [
      `Cluster API keeps the workers at ${step.from} until the control plane is at ${last}, which is more than the Kubernetes skew policy allows for kubelets before v1.25. Go in smaller steps.`,
    ];
  }
  return [];
}

function viaUnused({ topology }: ClusterSnapshot, { via }: PlanRequest): readonly string[] {
  if (topology?.classVersions === undefined || via.length === 0) return [];
  return [`--via is not used: ClusterClass ${topology.className} lists the versions, and Cluster API chooses the last of each minor.`];
}

function noControlPlane({ controlPlane, topology, workload }: ClusterSnapshot): readonly string[] {
  if (controlPlane !== undefined || topology !== undefined) return [];
  const known = workload.state === "reachable" && workload.apiServerVersion !== undefined;
  return [
    `The cluster has no control plane object; only its pools are upgraded.${known ? "" : " What its API server runs is not known: see to it that no kubelet becomes newer."}`,
  ];
}

function unreachableWorkload({ workload }: ClusterSnapshot): readonly string[] {
  switch (workload.state) {
    case "reachable":
      return [];
    case "unreachable":
      return [
        `The workload cluster cannot be reached (${workload.message}); until it can, the proof stays unknown: nobody can ask its API server and nodes.`,
      ];
    case "not-read":
      return [
        `The workload cluster was not read (${workload.message}); until it is, the proof stays unknown: nobody has asked its API server and nodes.`,
      ];
    default:
      return workload satisfies never;
  }
}

function unreadObjects({ gaps }: ClusterSnapshot): readonly string[] {
  return gaps
    .filter(({ kind }) => kind === "forbidden" || kind === "timeout" || kind === "unreadable")
    .map(({ what, message }) => `Not seen: ${what} (${message}).`);
}
