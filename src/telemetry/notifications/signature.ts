import { createHmac } from "node:crypto";
import type { PostContext } from "./webhook.ts";

/**
 * `X-Capi-Gitops-Signature: sha256=<hex>` is the HMAC-SHA256 of `<X-Capi-Gitops-Timestamp>.<body>`, where the timestamp is Unix time in seconds. A receiver compares in constant
 * time, and refuses what is older than some minutes, so that nothing can be sent again by others. Without a key there is only the time.
 */
export function signatureHeaders(body: string, { now, signingKey }: PostContext): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  if (signingKey === undefined) return { "X-Capi-Gitops-Timestamp": timestamp };
  const signature = createHmac("sha256", signingKey).update(`${timestamp}.${body}`, "utf8").digest("hex");
  return { "X-Capi-Gitops-Timestamp": timestamp, "X-Capi-Gitops-Signature": `sha256=${signature}` };
}
