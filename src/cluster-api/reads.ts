import type { ObjectReference, SnapshotGap } from "../upgrade/cluster-snapshot.ts";
import type { RawObject } from "./views/fields.ts";

/** What was read, or why it could not be: a snapshot shows the latter as a gap, so nothing here throws but an abort. */
export type Reading<T> = { readonly value: T; readonly gap?: undefined } | { readonly value?: undefined; readonly gap: SnapshotGap };

export interface ListRequest {
  readonly group: string;
  readonly kind: string;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  /** `key=value,key`. */
  readonly labelSelector?: string;
}

/** The two requests that reading a cluster consists of. A kind is named without its version; which one is asked for is decided behind this. */
export interface Reads {
  get(ref: ObjectReference): Promise<Reading<RawObject>>;
  list(request: ListRequest): Promise<Reading<readonly RawObject[]>>;
}
