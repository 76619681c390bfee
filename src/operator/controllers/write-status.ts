import { createHash } from "node:crypto";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { apiVersionOf, type ApiResource, type KubernetesObject } from "../../kubernetes/resource.ts";

/** What changes with every look and helps nobody: alone it is written at most this often. */
const volatileMilliseconds = 30_000;

export interface StatusWriter {
  /** Writes the status where it differs from what the object has; false when it does not. Rejects with ApiError. */
  write(object: KubernetesObject, status: object): Promise<boolean>;
  forget(object: Pick<KubernetesObject, "metadata">): void;
}

export interface StatusWriterOptions {
  readonly client: KubernetesClient;
  readonly resource: ApiResource;
  /** Top-level fields of the status that change with every look. */
  readonly volatile: readonly string[];
}

/** Writes statuses whole, by server-side apply to the status subresource, and only where something differs: a status that is written at every look would wake everybody who watches it. */
export function statusWriter({ client, resource, volatile }: StatusWriterOptions): StatusWriter {
  /** What was written last, by its digest: a watch may lag behind it. */
  const written = new Map<string, { readonly all: string; readonly steady: string; readonly at: number }>();
  const digestsOf = (status: object): { readonly all: string; readonly steady: string } => {
    const fields = Object.entries(status)
      .filter(([, value]) => value !== undefined)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([field, value]) => ({ field, text: `${JSON.stringify(field)}:${canonical(value)}` }));
    return { all: digest(fields), steady: digest(fields.filter(({ field }) => !volatile.includes(field))) };
  };

  return {
    async write(object, status) {
      const { name, namespace, uid = "" } = object.metadata;
      const { all, steady } = digestsOf(status);
      const now = client.clock.now();
      const last = written.get(uid) ?? { ...digestsOf(object["status"] ?? {}), at: 0 };
      if (all === last.all || (steady === last.steady && now - last.at < volatileMilliseconds)) return false;
      const metadata = { name, ...(namespace === undefined ? {} : { namespace }), ...(uid === "" ? {} : { uid }) };
      await client.apply(
        resource,
        { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata, status },
        { subresource: "status", force: true },
      );
      written.set(uid, { all, steady, at: now });
      return true;
    },
    forget: ({ metadata }) => void written.delete(metadata.uid ?? ""),
  };
}

/** Of a thousand upgrades the texts themselves would be 20 MB. */
function digest(fields: readonly { readonly text: string }[]): string {
  return createHash("sha256")
    .update(fields.map(({ text }) => text).join(","))
    .digest("base64");
}

/** JSON with the keys in order, without what is undefined. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
