import { apiVersion, type ResourceType } from "./resource-type.ts";

const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

interface GroupVersions {
  readonly name: string;
  readonly versions: readonly string[];
}

/** Groups in the order of a real server's list, each with its served versions, the preferred one first. */
function groupsOf(types: readonly ResourceType[]): readonly GroupVersions[] {
  const groups = new Map<string, string[]>();
  for (const { group, versions } of types) {
    const known = groups.get(group) ?? [];
    for (const { name, served } of versions) if (served && !known.includes(name)) known.push(name);
    groups.set(group, known);
  }
  return [...groups].map(([name, versions]) => ({ name, versions: [...versions].sort(byPriority) }));
}

/** Kubernetes' order of versions: GA before beta before alpha, newer before older (apimachinery/pkg/version.CompareKubeAwareVersionStrings). */
export function byPriority(one: string, other: string): number {
  const parts = (version: string): readonly number[] => {
    const [, major = "0", stage = "", number = "0"] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
    return [{ "": 2, beta: 1, alpha: 0 }[stage] ?? 0, Number(major), Number(number)];
  };
  const [first, second] = [parts(one), parts(other)];
  const index = first.findIndex((part, at) => part !== second[at]);
  return index === -1 ? 0 : second[index]! - first[index]!;
}

export function groupDocument({ name, versions }: GroupVersions): object {
  const all = versions.map((version) => ({ groupVersion: apiVersion(name, version), version }));
  return { name, versions: all, preferredVersion: all[0] };
}

export function groupListDocument(types: readonly ResourceType[]): object {
  const groups = groupsOf(types).filter(({ name }) => name !== "");
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(groupDocument) };
}

/** Undefined when the group is not served. */
export function oneGroupDocument(types: readonly ResourceType[], group: string): object | undefined {
  const found = groupsOf(types).find(({ name }) => name === group);
  return found === undefined || group === "" ? undefined : { kind: "APIGroup", apiVersion: "v1", ...groupDocument(found) };
}

/** Undefined when the version is not served. */
export function resourceListDocument(types: readonly ResourceType[], group: string, version: string): object | undefined {
  const served = types.filter((type) => type.group === group && type.versions.some(({ name, served: is }) => is && name === version));
  if (served.length === 0) return undefined;
  const resources = served.flatMap((type) => {
    const { plural, singular, namespaced, kind, shortNames, categories } = type;
    const main = {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames.length === 0 ? {} : { shortNames }),
      ...(categories.length === 0 ? {} : { categories }),
      storageVersionHash: "",
    };
    const below = subresourcesOf(type).map(({ name, kind: subKind, group: subGroup, version: subVersion, verbs: subVerbs }) => ({
      name: `${plural}/${name}`,
      singularName: "",
      namespaced,
      ...(subGroup === undefined ? {} : { group: subGroup, version: subVersion }),
      kind: subKind,
      verbs: subVerbs,
    }));
    return [main, ...below];
  });
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: apiVersion(group, version), resources };
}

/** `application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`: everything in one answer, as kubectl asks. */
export function aggregatedDocument(types: readonly ResourceType[], core: boolean): object {
  const items = groupsOf(types)
    .filter(({ name }) => (name === "") === core)
    .map(({ name, versions }) => ({
      metadata: { name, creationTimestamp: null },
      versions: versions.map((version) => ({
        version,
        freshness: "Current",
        resources: types
          .filter((type) => type.group === name && type.versions.some((each) => each.served && each.name === version))
          .map((type) => ({
            resource: type.plural,
            responseKind: { group: name, version, kind: type.kind },
            scope: type.namespaced ? "Namespaced" : "Cluster",
            singularResource: type.singular,
            verbs,
            ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
            ...(type.categories.length === 0 ? {} : { categories: type.categories }),
            ...withSubresources(type, name, version),
          })),
      })),
    }));
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items };
}

function withSubresources(type: ResourceType, group: string, version: string): object {
  const subresources = subresourcesOf(type).map((each) => ({
    subresource: each.name,
    responseKind: { group: each.group ?? group, version: each.version ?? version, kind: each.kind },
    verbs: each.verbs,
  }));
  return subresources.length === 0 ? {} : { subresources };
}

interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

function subresourcesOf(type: ResourceType): readonly Subresource[] {
  return [
    ...(type.hasStatus ? [{ name: "status", kind: type.kind, verbs: ["get", "patch", "update"] }] : []),
    ...(type.scale === undefined
      ? []
      : [{ name: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: ["get", "patch", "update"] }]),
    ...(type.key === "Pod" ? [{ name: "eviction", kind: "Eviction", group: "policy", version: "v1", verbs: ["create"] }] : []),
  ];
}
