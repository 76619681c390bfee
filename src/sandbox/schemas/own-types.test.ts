import { describe, expect, it } from "vitest";
import { ownBundle } from "../../../scripts/bundle-own-crds.ts";
import { packedBundle } from "../../../scripts/schema-table.ts";
import { ownTypes } from "./custom-types.ts";
import { ownCrds } from "./own-crds.ts";
import { unpackBundle } from "./schema-bundle.ts";

describe("our own kinds", () => {
  it("are those of config/crd (else: npm run generate)", () => {
    // Compared unpacked: the packed bytes are those of this Node's brotli.
    const [kept, made] = [ownCrds, packedBundle(ownBundle())].map((text) => unpackBundle<unknown>(text));
    expect(kept?.definitions).toEqual(made?.definitions);
    const schemas = ownBundle().nodes.map((_, number) => [kept?.schema(number), made?.schema(number)]);
    for (const [one, other] of schemas) expect(one).toEqual(other);
    expect(schemas.length).toBeGreaterThan(100);
  });

  it.each([
    ["UpgradePolicy", "upgradepolicies", false, ["upol"]],
    ["ClusterUpgrade", "clusterupgrades", true, ["cup"]],
    ["ReleaseCatalog", "releasecatalogs", false, ["rcat"]],
  ])("%s is served as %s", (kind, plural, namespaced, shortNames) => {
    expect(ownTypes().find((type) => type.kind === kind)).toMatchObject({
      group: "upgrades.clusterapi-gitops.io",
      plural,
      namespaced,
      shortNames,
      categories: ["clusterapi-gitops"],
      hasStatus: true,
      storageVersion: "v1alpha1",
    });
  });
});
