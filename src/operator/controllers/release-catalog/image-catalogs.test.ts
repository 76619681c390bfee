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
const of = (object: KubernetesObject | undefined) => imageCatalogs({ get: () => object, releasesOf: () => releases });

describe("the catalog that an upgrade takes machine images from", () => {
  it("is told with the kinds that must have one", () => {
    expect(of(catalog(2, { observedGeneration: 2 }))("eu")).toEqual({
      name: "ReleaseCatalog eu",
      releases,
      mustExist: ["AWSMachineTemplate"],
    });
  });

  it.each([
    ["that nobody has looked at", catalog(1)],
    ["that was changed since it was looked at", catalog(2, { observedGeneration: 1 })],
  ])("%s is waited for: without it an image might be missing", (_, object) => {
    expect(() => of(object)("eu")).toThrow(expect.objectContaining({ name: "WaitingError", reason: "CatalogNotRead" }));
  });

  it("is needed where it was named, and not where nobody named any", () => {
    expect(() => of(undefined)("eu")).toThrow(expect.objectContaining({ name: "StalledError", reason: "CatalogMissing" }));
    expect(of(undefined)("default")).toBeUndefined();
  });
});
