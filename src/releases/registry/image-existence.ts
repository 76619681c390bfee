import { HttpError } from "../../http/send-http.ts";
import type { Refusal } from "../../refusal.ts";
import { parseImageReference, type ImageReference } from "./image-reference.ts";
import type { AskRegistry } from "./registry-client.ts";

/** `unknown` is no objection: a registry that cannot be asked must not stop an upgrade, but people should hear of it. */
export type ImageExistence =
  | { readonly kind: "exists"; readonly digest: string | undefined }
  | { readonly kind: "missing"; readonly refusal: Refusal }
  | { readonly kind: "unknown"; readonly why: string };

/** Indexes first: a node image for several architectures is one. */
const manifests = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

export interface ImageProbe {
  /** As a machine template names it. */
  readonly image: string;
  /** A client of its repository (registry-client.ts). */
  readonly client: (image: ImageReference) => AskRegistry;
  readonly signal?: AbortSignal | undefined;
}

/** Whether machines could boot: HEAD of the image's manifest (OCI Distribution Specification, "Pulling manifests"). Rejects only with the signal's reason. */
export async function imageExists({ image, client, signal }: ImageProbe): Promise<ImageExistence> {
  const reference = parseImageReference(image);
  if (reference === undefined) return { kind: "unknown", why: `${image} is not an image in a registry, so it cannot be looked up.` };
  const url = `${reference.registry}/v2/${reference.repository}/manifests/${reference.reference ?? "latest"}`;
  try {
    const answer = await client(reference)({ method: "HEAD", url, headers: { Accept: manifests }, signal });
    if ("refusal" in answer) return { kind: "unknown", why: answer.refusal.message };
    if (answer.status === 200) return { kind: "exists", digest: answer.headers["docker-content-digest"] };
    if (answer.status === 404) return { kind: "missing", refusal: imageMissing(image, reference.registry) };
    return { kind: "unknown", why: `${reference.registry} answers with HTTP status ${answer.status} when it is asked for ${image}.` };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { kind: "unknown", why: error.message };
  }
}

function imageMissing(image: string, registry: string): Refusal {
  return {
    reason: "ImageMissing",
    message: `The image ${image} does not exist: machines that need it would never start.`,
    remedy: "Push the image, or choose a version that has one; `ReleaseCatalog` objects can list those.",
    evidence: [`${registry} answers 404 for its manifest`],
  };
}
