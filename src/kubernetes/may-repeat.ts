import { ApiError, ConnectionError } from "./errors.ts";

/** The API server's storage was changing its leader. */
const storageBusy = /etcdserver: (leader changed|no leader|request timed out)/;

/**
 * Whether a request may be sent again. A 429 or 503 was not carried out, whatever the method. Where that is not known (connection lost, time-out, gateway
 * or storage in trouble), only what may be done twice is repeated: reads, patches (they state the wanted end), deletes. A patch that names a
 * `resourceVersion` may then fail with 409 although it was carried out; a delete with 404.
 */
export function mayRepeat(method: string, error: unknown): boolean {
  const twiceIsFine = method !== "POST";
  if (error instanceof ApiError) {
    if (error.status === 429 || error.status === 503) return true;
    return (
      twiceIsFine && (error.status === 502 || error.status === 504 || error.reason === "ServerTimeout" || storageBusy.test(error.message))
    );
  }
  return error instanceof ConnectionError && twiceIsFine && (error.kind === "reset" || (error.kind === "timeout" && method === "GET"));
}
