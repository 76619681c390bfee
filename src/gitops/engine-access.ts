import type { KubernetesClient } from "../kubernetes/client.ts";
import type { Discovery } from "../kubernetes/discovery.ts";
import { ApiError } from "../kubernetes/errors.ts";
import type { ObjectReference, SnapshotGap } from "../upgrade/cluster-snapshot.ts";
import type { RawObject } from "./raw-object.ts";

/** What was read, or why it could not be. */
export type EngineReading<T> = { readonly value: T; readonly gap?: undefined } | { readonly value?: undefined; readonly gap: SnapshotGap };

/** Reads of the management cluster; `cluster-api`'s `managementReads` and `rememberedReads` are such. */
export interface EngineReads {
  get(ref: ObjectReference): Promise<EngineReading<RawObject>>;
  list(request: {
    readonly group: string;
    readonly kind: string;
    readonly namespace: string | undefined;
    readonly labelSelector?: string;
  }): Promise<EngineReading<readonly RawObject[]>>;
}

/** All that engines are asked through. */
export interface EngineAccess extends EngineReads {
  /** Sets annotations and touches nothing else. Undefined when it is done, else why the API server does not do it. */
  annotate(ref: ObjectReference, annotations: Readonly<Record<string, string>>): Promise<SnapshotGap | undefined>;
  /** Epoch milliseconds. */
  now(): number;
}

/** A server that cannot be reached at all is an error and thrown, as by the reads. Needs the verb `patch` on what is annotated. */
export function engineAccess(reads: EngineReads, client: KubernetesClient, discovery: Discovery): EngineAccess {
  return {
    get: (ref) => reads.get(ref),
    list: (request) => reads.list(request),
    now: () => client.clock.now(),
    async annotate(ref, annotations) {
      const what = `${ref.kind} ${ref.namespace}/${ref.name}`;
      try {
        const resource = await discovery.resource(ref.group, ref.kind);
        if (resource === undefined)
          return { kind: "not-served", what, message: `the management cluster serves no ${ref.kind} of ${ref.group}` };
        await client.mergePatch(resource, ref.name, { metadata: { annotations } }, { namespace: ref.namespace });
        return undefined;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const kind = error.status === 404 ? "not-found" : error.status === 401 || error.status === 403 ? "forbidden" : "unreadable";
        return { kind, what, message: error.message };
      }
    },
  };
}
