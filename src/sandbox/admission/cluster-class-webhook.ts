import { ApiStatusError, type StatusCause } from "../api/api-status-error.ts";
import { order, parseVersion, versionText, type SemanticVersion } from "../controllers/topology/semantic-version.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { classesAreCompatible } from "./cluster-class-changes.ts";
import { classKey, classSpecOf, topologyOf, type WorkersClass } from "./cluster-topology.ts";
import { forbiddenField, invalidField } from "./field-faults.ts";
import { bareVersion } from "./versions.ts";
import type { Surroundings, Webhook } from "./webhook.ts";

export const clusterClassWebhook: Webhook = {
  name: "clusterclass.cluster.x-k8s.io",
  faults({ object, previous }, surroundings) {
    const { kubernetesVersions = [], workers = {} } = classSpecOf(object);
    return [
      ...uniqueFaults("MachineDeployment", workers.machineDeployments),
      ...uniqueFaults("MachinePool", workers.machinePools),
      ...versionOrderFaults(kubernetesVersions),
      ...(previous === undefined ? [] : changeFaults(object, previous, surroundings)),
    ];
  },
  refuseDeletion(live, surroundings) {
    const names = clustersOf(live, surroundings).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    if (names.length === 0) return;
    const shown = names.length > 3 ? [...names.slice(0, 3), `... (${names.length - 3} more)`] : names;
    const { name } = live.metadata;
    const why = `ClusterClass cannot be deleted because it is used by Cluster(s): ${shown.join(", ")}`;
    throw new ApiStatusError(403, "Forbidden", `ClusterClass.cluster.x-k8s.io "${name}" is forbidden: ${why}`, {
      name,
      group: "cluster.x-k8s.io",
      kind: "ClusterClass",
    });
  },
};

function clustersOf({ metadata }: StoredObject, { objects }: Surroundings): readonly StoredObject[] {
  const key = `${metadata.namespace}/${metadata.name}`;
  return objects()
    .store.list("Cluster.cluster.x-k8s.io")
    .filter((cluster) => topologyOf(cluster) !== undefined && classKey(cluster) === key);
}

const lists = { MachineDeployment: "machineDeployments", MachinePool: "machinePools" } as const;

function uniqueFaults(kind: keyof typeof lists, classes: readonly WorkersClass[] = []): readonly StatusCause[] {
  const seen = new Set<string>();
  return classes.flatMap(({ class: name }, index) => {
    const isTwice = seen.has(name);
    seen.add(name);
    if (!isTwice) return [];
    const detail = `${kind} class must be unique. ${kind} with class "${name}" is defined more than once`;
    return [invalidField(`spec.workers.${lists[kind]}[${index}].class`, name, detail)];
  });
}

/** Ascending, without gaps: upgrades go through all of them. The field's name lacks an s in the real one too. */
function versionOrderFaults(versions: readonly string[]): readonly StatusCause[] {
  let last: SemanticVersion | undefined;
  return versions.flatMap((text, index) => {
    const field = `spec.kubernetesVersion[${index}]`;
    const version = parseVersion(text);
    if (version === undefined) return [invalidField(field, text, "version must be a valid semantic version")];
    const before = last;
    last = version;
    if (before === undefined) return [];
    const isLater = ["newer", "unordered"].includes(order(version, before));
    const [low, high] = [before.minor, before.minor + 1];
    return [
      ...(isLater ? [] : [invalidField(field, text, `version must be greater than ${versionText(before)}`)]),
      ...(version.minor === low || version.minor === high
        ? []
        : [invalidField(field, text, `expecting a version with minor ${low} or ${high}, found version ${bareVersion(version)}`)]),
    ];
  });
}

function changeFaults(object: StoredObject, previous: StoredObject, surroundings: Surroundings): readonly StatusCause[] {
  const [before, after] = [classSpecOf(previous), classSpecOf(object)];
  const clusters = clustersOf(object, surroundings);
  const versions = after.kubernetesVersions ?? [];
  return [
    ...classesAreCompatible(previous, object),
    ...(versions.length === 0 ? [] : clusters).flatMap((cluster) => {
      const { version } = topologyOf(cluster)!;
      if (versions.includes(version)) return [];
      const { name } = cluster.metadata;
      return [
        forbiddenField("spec.kubernetesVersions", `Kubernetes Version ${version} is used by Cluster "${name}" but not set in ClusterClass`),
      ];
    }),
    ...removedFaults("MachineDeployment"),
    ...removedFaults("MachinePool"),
  ];

  function removedFaults(kind: keyof typeof lists): readonly StatusCause[] {
    const list = lists[kind];
    const kept = new Set(after.workers?.[list]?.map((each) => each.class));
    const removed = new Set(before.workers?.[list]?.map((each) => each.class).filter((name) => !kept.has(name)));
    if (removed.size === 0) return [];
    return clusters.flatMap((cluster) =>
      (topologyOf(cluster)?.workers?.[list] ?? [])
        .filter((each) => removed.has(each.class))
        .map((each) => {
          const { name } = cluster.metadata;
          return forbiddenField(
            `spec.workers.${list}`,
            `${kind}Class "${each.class}" cannot be deleted because it is used by Cluster "${name}"`,
          );
        }),
    );
  }
}
