import type { KubernetesClient } from "./client.ts";
import { ApiError } from "./errors.ts";
import type { ApiResource } from "./resource.ts";

/** What an API server serves; asked once per group and kept. */
export interface Discovery {
  /** Versions of a group, the most preferred first: ours where the server has them, else the server's own order. Empty when the group is not served. */
  versions(group: string): Promise<readonly string[]>;
  /** A kind in its most preferred version (or in `version`); undefined when it is not served. */
  resource(group: string, kind: string, version?: string): Promise<ApiResource | undefined>;
}

interface Group {
  readonly versions?: readonly { readonly version: string }[];
}

interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

/** Cluster API's controllers prefer v1beta2; so do we wherever a group of its has it. */
const preferredVersions: readonly string[] = ["v1", "v1beta2", "v1beta1"];

export function createDiscovery(client: KubernetesClient): Discovery {
  const groups = new Map<string, Promise<readonly string[]>>();
  const lists = new Map<string, Promise<readonly ApiResource[]>>();

  function versions(group: string): Promise<readonly string[]> {
    return remember(groups, group, async () => {
      if (group === "") return ["v1"];
      const answer = (await orUndefined(client.getPath(`/apis/${group}`))) as Group | undefined;
      const served = (answer?.versions ?? []).map(({ version }) => version);
      const preferred = group.endsWith("cluster.x-k8s.io") ? preferredVersions.filter((version) => served.includes(version)) : [];
      return [...preferred, ...served.filter((version) => !preferred.includes(version))];
    });
  }

  function resources(group: string, version: string): Promise<readonly ApiResource[]> {
    return remember(lists, `${group}/${version}`, async () => {
      const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
      const answer = (await orUndefined(client.getPath(path))) as ResourceList | undefined;
      return (answer?.resources ?? [])
        .filter(({ name }) => !name.includes("/"))
        .map(({ name, kind, namespaced }) => ({ group, version, plural: name, kind, namespaced }));
    });
  }

  return {
    versions,
    async resource(group, kind, version) {
      for (const candidate of version === undefined ? await versions(group) : [version]) {
        const found = (await resources(group, candidate)).find((resource) => resource.kind === kind);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** Failures are not remembered: the next caller asks again. */
function remember<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  made.catch(() => cache.delete(key));
  return made;
}

async function orUndefined(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
