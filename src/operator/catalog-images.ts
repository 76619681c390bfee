import type { KubernetesClient } from "../kubernetes/client.ts";
import type { Discovery } from "../kubernetes/discovery.ts";
import { ApiError } from "../kubernetes/errors.ts";
import type { KubernetesObject } from "../kubernetes/resource.ts";
import type { Refusal } from "../refusal.ts";
import { withImages } from "../releases/image-rules.ts";
import type { ImageCatalog } from "../upgrade/machine-images.ts";
import type { Release } from "../upgrade/policy/release.ts";
import { API_GROUP, releaseCatalogs } from "./api/kinds.ts";
import { defaultCatalog } from "./api/read-cluster-upgrade.ts";
import { readCatalogReleases, readReleaseCatalog } from "./api/read-release-catalog.ts";

/** What a ReleaseCatalog, as it is now, says of machine images; `releases` are those of all its sources. */
export function catalogImages(object: KubernetesObject, releases: readonly Release[]): ImageCatalog {
  const read = readReleaseCatalog(object);
  const rules = read.kind === "read" ? read.value.images : [];
  return {
    name: `ReleaseCatalog ${object.metadata.name}`,
    releases,
    mustExist: rules.filter(({ mustExist }) => mustExist).map(({ templateKind }) => templateKind),
  };
}

/** Whether the status is of the catalog as it is now. */
export function isCurrent(object: KubernetesObject): boolean {
  const { observedGeneration } = (object["status"] ?? {}) as { readonly observedGeneration?: unknown };
  return observedGeneration === object.metadata.generation;
}

/**
 * Machine images for an upgrade that no operator carries out, from the ReleaseCatalog in the management cluster. Without a name it is the default one, which need not be there, or may be none
 * of ours to read. An operator looks at sources and registries; where none has, only what the catalog itself lists can be known. Rejects with ApiError or ConnectionError.
 */
export async function readCatalogImages(
  client: KubernetesClient,
  discovery: Discovery,
  name: string | undefined,
): Promise<ImageCatalog | Refusal | undefined> {
  if ((await discovery.resource(API_GROUP, releaseCatalogs.kind)) === undefined) {
    return name === undefined ? undefined : missing(name, `the management cluster serves no ${API_GROUP}`);
  }
  try {
    return imagesWithoutOperator(await client.get(releaseCatalogs, name ?? defaultCatalog));
  } catch (error) {
    const status = error instanceof ApiError ? error.status : undefined;
    if (name === undefined && (status === 404 || status === 403)) return undefined;
    if (name !== undefined && status === 404) return missing(name, "there is none of that name");
    throw error;
  }
}

function imagesWithoutOperator(object: KubernetesObject): ImageCatalog | Refusal {
  if (isCurrent(object)) return catalogImages(object, readCatalogReleases(object));
  const read = readReleaseCatalog(object);
  const { name } = object.metadata;
  if (read.kind === "refused") {
    return {
      reason: "InvalidReleaseCatalog",
      message: `ReleaseCatalog ${name} cannot be understood: ${read.refusals.map(({ message }) => message).join(" ")}`,
      remedy: "Mend it, name another catalog with --catalog, or go without by --no-catalog.",
    };
  }
  const { releases, sources, images } = read.value;
  if (sources.length === 0)
    return catalogImages(
      object,
      withImages(releases, images, () => undefined),
    );
  return {
    reason: "CatalogNotRead",
    message: `ReleaseCatalog ${name} has sources, and no operator has read them since it was changed last: which machine image belongs to the version is not known.`,
    remedy: `Run the operator and see its status (\`kubectl get releasecatalog ${name} -o yaml\`), name another catalog with --catalog, or go without by --no-catalog.`,
  };
}

function missing(name: string, why: string): Refusal {
  return {
    reason: "CatalogMissing",
    message: `ReleaseCatalog ${name} cannot be read: ${why}.`,
    remedy: "See what there is with `kubectl get releasecatalogs`, and give another name with --catalog.",
  };
}
