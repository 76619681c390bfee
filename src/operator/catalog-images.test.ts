import { describe, expect, it } from "vitest";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { Discovery } from "../kubernetes/discovery.ts";
import { ApiError } from "../kubernetes/errors.ts";
import type { ApiResource, KubernetesObject } from "../kubernetes/resource.ts";
import { releaseCatalogs } from "./api/kinds.ts";
import { readCatalogImages } from "./catalog-images.ts";

const AMI = { templateKind: "AWSMachineTemplate", image: "ami-1" };

function catalog(name: string, spec: object, status?: object): KubernetesObject {
  return {
    apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
    kind: "ReleaseCatalog",
    metadata: { name, generation: 2 },
    spec,
    ...(status === undefined ? {} : { status }),
  };
}

const inline = { releases: [{ version: "v1.35.2", images: [AMI] }] };
const feed = { sources: [{ name: "feed", feed: { format: "Releases", url: "https://example.com/releases.yaml" } }] };

/** An API server with these catalogs, or one that answers so. */
function read(name: string | undefined, answer: readonly KubernetesObject[] | number, served = true) {
  const client: Pick<KubernetesClient, "get"> = {
    get: (_: ApiResource, wanted: string) => {
      if (typeof answer === "number") return Promise.reject(new ApiError("GET", answer, "no"));
      const object = answer.find(({ metadata }) => metadata.name === wanted);
      return object === undefined ? Promise.reject(new ApiError("GET", 404, "no")) : Promise.resolve(object);
    },
  };
  const discovery: Pick<Discovery, "resource"> = { resource: () => Promise.resolve(served ? releaseCatalogs : undefined) };
  // Nothing else of them is asked.
  return readCatalogImages(client as KubernetesClient, discovery as Discovery, name);
}

describe("machine images for an upgrade by hand", () => {
  it("are those of the catalog that is named, as its operator has read it", async () => {
    const status = { observedGeneration: 2, releases: [{ version: "v1.36.0", images: [{ ...AMI, image: "ami-9" }] }] };
    expect(await read("eu", [catalog("eu", { ...inline, ...feed }, status), catalog("default", inline)])).toMatchObject({
      name: "ReleaseCatalog eu",
      releases: [{ version: "v1.36.0", images: [{ ...AMI, image: "ami-9" }] }],
      mustExist: [],
    });
  });

  it("are those of the default one, where none is named", async () => {
    expect(await read(undefined, [catalog("default", inline)])).toMatchObject({ name: "ReleaseCatalog default" });
  });

  it("are what the catalog itself lists and its rules make of that, where no operator runs", async () => {
    const images = [{ templateKind: "DockerMachineTemplate", image: "kindest/node:{version}" }];
    expect(await read("eu", [catalog("eu", { ...inline, images })])).toMatchObject({
      releases: [{ version: "v1.35.2", images: [AMI, { templateKind: "DockerMachineTemplate", image: "kindest/node:v1.35.2" }] }],
    });
  });

  it("are missing where a rule wants them seen and nobody has looked", async () => {
    const images = [{ templateKind: "DockerMachineTemplate", image: "kindest/node:{version}", mustExist: true }];
    expect(await read("eu", [catalog("eu", { ...inline, images })])).toMatchObject({
      releases: [{ missingImages: [{ templateKind: "DockerMachineTemplate", why: "kindest/node:v1.35.2 has not been looked for yet" }] }],
      mustExist: ["DockerMachineTemplate"],
    });
  });

  it.each<readonly [what: string, answer: readonly KubernetesObject[] | number, served: boolean]>([
    ["is not there", [], true],
    ["may not be read", 403, true],
    ["cannot be, as the kinds are not installed", [], false],
  ])("are none where the default one %s", async (_, answer, served) => {
    expect(await read(undefined, answer, served)).toBeUndefined();
  });

  it.each<readonly [what: string, reason: string, answer: readonly KubernetesObject[], served: boolean]>([
    ["that is not there", "CatalogMissing", [], true],
    ["of a kind that is not installed", "CatalogMissing", [], false],
    ["whose sources nobody has read", "CatalogNotRead", [catalog("eu", feed)], true],
    ["that was changed since they were read", "CatalogNotRead", [catalog("eu", feed, { observedGeneration: 1 })], true],
    ["that cannot be understood", "InvalidReleaseCatalog", [catalog("eu", { releases: [{ version: "latest" }] })], true],
  ])("are refused of a named one %s", async (_, reason, answer, served) => {
    expect(await read("eu", answer, served)).toMatchObject({ reason, message: expect.stringContaining("ReleaseCatalog eu") });
  });

  it("that may not be read, or whose server fails, fail as what the server said", async () => {
    await expect(read("eu", 403)).rejects.toMatchObject({ status: 403 });
    await expect(read(undefined, 500)).rejects.toMatchObject({ status: 500 });
  });
});
