import type { SnapshotGap } from "../upgrade/cluster-snapshot.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { Discovery } from "../kubernetes/discovery.ts";
import { ApiError } from "../kubernetes/errors.ts";
import type { ApiResource } from "../kubernetes/resource.ts";
import type { Reading, Reads } from "./reads.ts";
import type { RawObject } from "./views/fields.ts";
import { nameOf } from "./views/object-meta.ts";

export interface ManagementReadsOptions {
  readonly signal?: AbortSignal | undefined;
  /** Asks for this API version of groups that have it, rather than for the newest. */
  readonly apiVersion?: string | undefined;
}

/**
 * Reads from the management cluster. What its API server refuses becomes a gap; a server that cannot be reached at all is an error and thrown
 * (ConnectionError, CredentialsError), because then nothing is known.
 */
export function managementReads(client: KubernetesClient, discovery: Discovery, options: ManagementReadsOptions = {}): Reads {
  const { signal, apiVersion } = options;

  async function find(group: string, kind: string): Promise<ApiResource | undefined> {
    const version = apiVersion !== undefined && (await discovery.versions(group)).includes(apiVersion) ? apiVersion : undefined;
    return discovery.resource(group, kind, version);
  }

  async function attempt<T>(group: string, kind: string, what: string, read: (resource: ApiResource) => Promise<T>): Promise<Reading<T>> {
    try {
      const resource = await find(group, kind);
      return resource === undefined ? { gap: notServed(group, kind) } : { value: await read(resource) };
    } catch (error) {
      if (error instanceof ApiError) return { gap: gapOf(error, what) };
      throw error;
    }
  }

  return {
    get: (ref) => attempt<RawObject>(ref.group, ref.kind, nameOf(ref), (resource) => client.get(resource, ref.name, ref.namespace, signal)),
    list: ({ group, kind, namespace, labelSelector }) =>
      attempt<readonly RawObject[]>(
        group,
        kind,
        `${kind}s in ${namespace === undefined ? "all namespaces" : `namespace ${namespace}`}`,
        async (resource) => {
          const { items } = await client.list(resource, {
            ...(namespace === undefined ? {} : { namespace }),
            ...(labelSelector === undefined ? {} : { labelSelector }),
            ...(signal === undefined ? {} : { signal }),
          });
          return items.map((item) => withType(item, resource));
        },
      ),
  };
}

/** Items of a list come without `kind` and `apiVersion`; readers tell objects apart by them. */
export function withType(item: RawObject, { group, version, kind }: ApiResource): RawObject {
  return item["kind"] === undefined ? { apiVersion: group === "" ? version : `${group}/${version}`, kind, ...item } : item;
}

function notServed(group: string, kind: string): SnapshotGap {
  return { kind: "not-served", what: kind, message: `the management cluster serves no ${kind} of ${group}: its provider is not installed` };
}

function gapOf(error: ApiError, what: string): SnapshotGap {
  const [kind, words] = meaningOf(error.status);
  return { kind, what, message: `${words}: ${error.message}` };
}

function meaningOf(status: number): readonly [SnapshotGap["kind"], string] {
  switch (status) {
    case 401:
      return ["forbidden", "the API server does not accept who you are"];
    case 403:
      return ["forbidden", "you may not read this"];
    case 404:
      return ["not-found", "it does not exist (yet)"];
    case 408:
    case 504:
      return ["timeout", "the API server took too long"];
    default:
      return ["unreadable", "the API server could not give it"];
  }
}
