import { describe, expect, it } from "vitest";
import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import { releaseWith } from "../../../releases/release-facts.ts";
import { imageCatalogs } from "./image-catalogs.ts";

const releases = [releaseWith("v1.35.2", { images: [{ templateKind: "AWSMachineTemplate", image: "ami-1" }] })];
const catalog = (generation: number, status?: object): KubernetesObject => ({
  apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
  kind: "ReleaseCatalog",
  metadata: { name: "eu", generation },
  spec: {
    images: [
      { templateKind: "AWSMachineTemplate", image: "{version}", mustExist: true },
      { templateKind: "DockerMachineTemplate", image: "kindest/node:{version}" },
    ],
  },
  ...(status === undefined ? {} : { status }),
});
const policyOf = (name: string): KubernetesObject | undefined =>
  name === "p"
    ? {
        apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
        kind: "UpgradePolicy",
        metadata: { name },
        spec: { clusters: {}, target: { channel: "Patch", catalogRef: { name: "us" } } },
      }
    : undefined;
const of = (object: KubernetesObject | undefined) => imageCatalogs({ get: () => object, releasesOf: () => releases, policy: policyOf });

describe("the catalog that an upgrade takes machine images from", () => {
  it("is told with the kinds that must have one", () => {
    expect(of(catalog(2, { observedGeneration: 2 }))({ catalog: "eu", policyName: "p" })).toEqual({
      name: "ReleaseCatalog eu",
      releases,
      mustExist: ["AWSMachineTemplate"],
    });
  });

  it.each([
    ["that nobody has looked at", catalog(1)],
    ["that was changed since it was looked at", catalog(2, { observedGeneration: 1 })],
  ])("%s is waited for: without it an image might be missing", (_, object) => {
    expect(() => of(object)({ catalog: "eu", policyName: "p" })).toThrow(
      expect.objectContaining({ name: "WaitingError", reason: "CatalogNotRead" }),
    );
  });

  it.each([
    ["its own, before the policy's", { catalog: "eu", policyName: "p" }, "eu"],
    ["its policy's, where it names none", { catalog: undefined, policyName: "p" }, "us"],
    ["the default one, of a policy that is gone", { catalog: undefined, policyName: "gone" }, "default"],
    ["the default one, by hand", { catalog: undefined, policyName: undefined }, "default"],
  ])("is %s", (_, upgrade, name) => {
    const asked: string[] = [];
    const object = catalog(1, { observedGeneration: 1 });
    const get = (each: string): KubernetesObject => (asked.push(each), { ...object, metadata: { ...object.metadata, name: each } });
    expect(imageCatalogs({ get, releasesOf: () => [], policy: policyOf })(upgrade)?.name).toBe(`ReleaseCatalog ${name}`);
    expect(asked).toEqual([name]);
  });

  it("is needed where it was named, and not where nobody named any", () => {
    expect(() => of(undefined)({ catalog: "eu", policyName: "p" })).toThrow(
      expect.objectContaining({ name: "StalledError", reason: "CatalogMissing" }),
    );
    expect(of(undefined)({ catalog: undefined, policyName: undefined })).toBeUndefined();
  });
});
