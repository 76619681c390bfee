import type { KubernetesClient } from "./client.ts";
import { ApiError } from "./errors.ts";
import type { ApiResource } from "./resource.ts";

/** What an API server serves; asked once per group and kept. What is not served is asked for again after a minute: it may be installed meanwhile. */
export interface Discovery {
  /** Versions of a group, the most preferred first: ours where the server has them, else the server's own order. Empty when the group is not served. */
  versions(group: string): Promise<readonly string[]>;
  /** A kind in its most preferred version (or in `version`); undefined when it is not served. */
  resource(group: string, kind: string, version?: string): Promise<ApiResource | undefined>;
}

interface Group {
  readonly name?: string;
  readonly versions?: readonly { readonly version: string }[];
}

interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

/** What is known of one group. */
interface Known {
  readonly askedAt: number;
  readonly versions: Promise<readonly string[]>;
  readonly resources: Map<string, Promise<readonly ApiResource[]>>;
}

const clusterApiSuffix = "cluster.x-k8s.io";
/** Cluster API's controllers prefer v1beta2; so do we wherever a group of its has it. */
const preferredVersions: readonly string[] = ["v1", "v1beta2", "v1beta1"];
const likelyVersion = "v1beta2";
const absenceMilliseconds = 60_000;

export function createDiscovery(client: KubernetesClient): Discovery {
  const groups = new Map<string, Known>();

  function known(group: string): Known {
    const before = groups.get(group);
    if (before !== undefined) return before;
    const asked = {
      askedAt: client.clock.now(),
      versions: readVersions(client, group),
      resources: new Map<string, Promise<readonly ApiResource[]>>(),
    };
    groups.set(group, asked);
    // Most servers have the version that is asked for in the end; the list of versions then need not be waited for.
    if (group.endsWith(clusterApiSuffix)) resourcesOf(group, likelyVersion).catch(() => undefined);
    // Failures are not kept: the next caller asks again.
    asked.versions.catch(() => groups.delete(group));
    return asked;
  }

  function resourcesOf(group: string, version: string): Promise<readonly ApiResource[]> {
    const { resources } = known(group);
    const before = resources.get(version);
    if (before !== undefined) return before;
    const asked = readResources(client, group, version);
    resources.set(version, asked);
    asked.catch(() => resources.delete(version));
    return asked;
  }

  async function find(group: string, kind: string, version: string | undefined): Promise<ApiResource | undefined> {
    for (const candidate of version === undefined ? await known(group).versions : [version]) {
      const found = (await resourcesOf(group, candidate)).find((resource) => resource.kind === kind);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** True when what is known of the group was old, and is forgotten. */
  function forgetIfOld(group: string): boolean {
    const before = groups.get(group);
    return before !== undefined && client.clock.now() - before.askedAt >= absenceMilliseconds && groups.delete(group);
  }

  return {
    async versions(group) {
      const found = await known(group).versions;
      return found.length === 0 && forgetIfOld(group) ? known(group).versions : found;
    },
    async resource(group, kind, version) {
      const found = await find(group, kind, version);
      return found === undefined && forgetIfOld(group) ? find(group, kind, version) : found;
    },
  };
}

async function readVersions(client: KubernetesClient, group: string): Promise<readonly string[]> {
  if (group === "") return ["v1"];
  const served = ((await readGroup(client, group))?.versions ?? []).map(({ version }) => version);
  const preferred = group.endsWith(clusterApiSuffix) ? preferredVersions.filter((version) => served.includes(version)) : [];
  return [...preferred, ...served.filter((version) => !preferred.includes(version))];
}

/** The in-memory provider's API servers know only the list of all groups. */
async function readGroup(client: KubernetesClient, group: string): Promise<Group | undefined> {
  const own = (await orUndefined(client.getPath(`/apis/${group}`))) as Group | undefined;
  if (own !== undefined) return own;
  const all = (await orUndefined(client.getPath("/apis"))) as { readonly groups?: readonly Group[] } | undefined;
  return all?.groups?.find(({ name }) => name === group);
}

async function readResources(client: KubernetesClient, group: string, version: string): Promise<readonly ApiResource[]> {
  const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const answer = (await orUndefined(client.getPath(path))) as ResourceList | undefined;
  return (answer?.resources ?? [])
    .filter(({ name }) => !name.includes("/"))
    .map(({ name, kind, namespaced }) => ({ group, version, plural: name, kind, namespaced }));
}

/** Undefined for what is not served: a 404, or the in-memory provider's 500 "discovery info not defined". */
async function orUndefined(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || (error.status === 500 && error.message.includes("not defined"))))
      return undefined;
    throw error;
  }
}
