import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import type { Release } from "../../../upgrade/policy/release.ts";
import { defaultCatalog } from "../../api/read-cluster-upgrade.ts";
import { readUpgradePolicy } from "../../api/read-upgrade-policy.ts";
import { catalogImages, isCurrent } from "../../catalog-images.ts";
import type { OperatorContext } from "../operator-context.ts";
import { StalledError, WaitingError } from "../../runtime/failure.ts";

export interface ImageCatalogOptions {
  readonly get: (name: string) => KubernetesObject | undefined;
  readonly releasesOf: (name: string) => readonly Release[] | undefined;
  readonly policy: (name: string) => KubernetesObject | undefined;
}

const notReadMilliseconds = 2_000;

/**
 * Machine images for an upgrade, of the catalog that it names, else of its policy's. One that was named is needed: without its images a cluster would be taken to a version that its machines cannot
 * run. Throws StalledError where it is not there, WaitingError while what it says now has not been looked at; the default one may be missing.
 */
export function imageCatalogs({ get, releasesOf, policy }: ImageCatalogOptions): OperatorContext["imageCatalog"] {
  return ({ catalog, policyName }) => {
    const name = catalog ?? catalogOf(policyName === undefined ? undefined : policy(policyName));
    const object = get(name);
    if (object === undefined) {
      if (name === defaultCatalog) return undefined;
      throw new StalledError(
        "CatalogMissing",
        `There is no ReleaseCatalog ${name}, which tells the machine images of this upgrade.`,
        "Make it again, or name another in spec.catalogRef.",
      );
    }
    if (!isCurrent(object))
      throw new WaitingError("CatalogNotRead", `ReleaseCatalog ${name} has not been read as it is now.`, notReadMilliseconds);
    return catalogImages(object, releasesOf(name) ?? []);
  };
}

function catalogOf(policy: KubernetesObject | undefined): string {
  const read = policy && readUpgradePolicy(policy);
  return read?.kind === "read" ? read.value.catalog : defaultCatalog;
}
