import { describe, expect, it } from "vitest";
import type { SendHttp } from "../../../http/send-http.ts";
import { readReleaseCatalog } from "../../api/read-release-catalog.ts";
import { catalogSources, type SourceTools } from "./catalog-sources.ts";

/** A registry that lists these tags of this repository, as the OCI Distribution Specification has it. */
const registry =
  (host: string, repository: string, tags: readonly string[]): SendHttp =>
  ({ url }) => {
    const known = new URL(url).origin === `https://${host}` && new URL(url).pathname === `/v2/${repository}/tags/list`;
    return Promise.resolve({ status: known ? 200 : 404, headers: {}, body: known ? JSON.stringify({ name: repository, tags }) : "", url });
  };

async function releasesOf(registryTags: object, send: SendHttp) {
  const read = readReleaseCatalog({ metadata: { name: "default" }, spec: { sources: [{ name: "tags", registryTags }] } });
  if (read.kind === "refused") throw new Error(read.refusals[0]?.message);
  // Only what asks a registry without credentials is used.
  const tools = { send, clock: { now: () => 0, sleep: () => Promise.resolve() } } as unknown as SourceTools;
  const [source] = catalogSources(read.value, tools);
  const answer = await source!.fetch({});
  if (answer.kind !== "releases") throw new Error(JSON.stringify(answer));
  return answer.releases.map(({ version, images }) => [version, ...images.map(({ templateKind, image }) => `${templateKind} ${image}`)]);
}

/** Tags as the public registries have them. */
describe("tags of a registry as a source of a ReleaseCatalog", () => {
  it.each([
    [
      "kind, as it is said by default",
      { repository: "docker.io/kindest/node", templateKind: "DockerMachineTemplate" },
      ["registry-1.docker.io", "kindest/node"],
      ["latest", "v1.33.4", "v1.34.0", "v1.35.0-alpha.1"],
      [
        ["v1.33.4", "DockerMachineTemplate docker.io/kindest/node:v1.33.4"],
        ["v1.34.0", "DockerMachineTemplate docker.io/kindest/node:v1.34.0"],
        ["v1.35.0-alpha.1", "DockerMachineTemplate docker.io/kindest/node:v1.35.0-alpha.1"],
      ],
    ],
    [
      "RKE2, whose build metadata stands behind a -",
      { repository: "docker.io/rancher/rke2-runtime", tagPattern: "{version-build}" },
      ["registry-1.docker.io", "rancher/rke2-runtime"],
      ["v1.34.1-rke2r1", "v1.34.1-rke2r1-linux-amd64", "v1.34.1-rke2r1-windows-amd64", "v1.34.1-rc1-rke2r1", "dev"],
      [["v1.34.1+rke2r1"], ["v1.34.1-rc1+rke2r1"]],
    ],
    [
      "k3s",
      { repository: "docker.io/rancher/k3s", tagPattern: "{version-build}" },
      ["registry-1.docker.io", "rancher/k3s"],
      ["v1.34.1-k3s1", "v1.34.1-k3s1-amd64", "v1.34.1-rc1-k3s1", "latest"],
      [["v1.34.1+k3s1"], ["v1.34.1-rc1+k3s1"]],
    ],
    [
      "an image of one's own, with what it is built on in front and an architecture behind",
      { repository: "ghcr.io/acme/node", tagPattern: "ubuntu-22.04-{version}-amd64", templateKind: "KubevirtMachineTemplate" },
      ["ghcr.io", "acme/node"],
      ["ubuntu-22.04-v1.34.1-amd64", "ubuntu-22.04-v1.34.1-arm64", "ubuntu-24.04-v1.34.1-amd64"],
      [["v1.34.1", "KubevirtMachineTemplate ghcr.io/acme/node:ubuntu-22.04-v1.34.1-amd64"]],
    ],
    [
      "with a _ for the +",
      { repository: "ghcr.io/acme/node", tagPattern: "{version_build}" },
      ["ghcr.io", "acme/node"],
      ["v1.34.1_vmware.1"],
      [["v1.34.1+vmware.1"]],
    ],
  ] as const)("%s", async (_, source, [host, repository], tags, expected) => {
    expect(await releasesOf(source, registry(host, repository, tags))).toEqual(expected);
  });

  it("where no tag fits the pattern that is told, and no version is taken for another", async () => {
    const send = registry("registry-1.docker.io", "rancher/rke2-runtime", ["v1.34.1-rke2r1", "v1.34.1-rke2r1-linux-amd64"]);
    await expect(releasesOf({ repository: "docker.io/rancher/rke2-runtime" }, send)).rejects.toThrow("ReleaseSourceEmpty");
  });

  it.each(["v1.34", "{version", "{version}:x", "{version+build}", "a b {version}"])("%j is no pattern", async (tagPattern) => {
    const send: SendHttp = () => Promise.reject(new Error("nobody is asked"));
    await expect(releasesOf({ repository: "ghcr.io/acme/node", tagPattern }, send)).rejects.toThrow(
      "does not say where the version stands in a tag",
    );
  });
});
