import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseChallenge, tokenServer } from "./challenge.ts";
import { parseImageReference, repositoryName } from "./image-reference.ts";
import { imageOfVersion, parseTagPattern, versionOfTag } from "./tag-pattern.ts";

const hub = "https://registry-1.docker.io";

describe("image references, by Docker's rules", () => {
  it.each([
    ["kindest/node:v1.35.2", hub, "kindest/node", "v1.35.2"],
    ["docker.io/kindest/node:v1.35.2", hub, "kindest/node", "v1.35.2"],
    ["nginx", hub, "library/nginx", undefined],
    ["nginx:1", hub, "library/nginx", "1"],
    ["ghcr.io/org/team/image:v1", "https://ghcr.io", "org/team/image", "v1"],
    ["registry.test:5000/image:v1", "https://registry.test:5000", "image", "v1"],
    ["registry.test:5000/image", "https://registry.test:5000", "image", undefined],
    ["localhost/image:v1", "http://localhost", "image", "v1"],
    ["127.0.0.1:5000/a/b:v1", "http://127.0.0.1:5000", "a/b", "v1"],
    [`ghcr.io/a/b:v1@sha256:${"a".repeat(64)}`, "https://ghcr.io", "a/b", `sha256:${"a".repeat(64)}`],
  ])("%s", (text, registry, repository, reference) => {
    expect(parseImageReference(text)).toEqual({ registry, repository, reference });
  });
  it.each(["", "UPPER/case", "a b", "a/b:", "a/b:-x", "a//b", "a/b@sha256:short", "https://ghcr.io/a", "a/b:v1.35+x", "ghcr.io/../x"])(
    "%j is none",
    (text) => {
      expect(parseImageReference(text)).toBeUndefined();
    },
  );
});

describe("tags and versions", () => {
  it.each([
    ["kindest/node:v{version}", "v1.35.2", "v1.35.2"],
    ["kindest/node:v{version}", "v1.35.0-rc.1", "v1.35.0-rc.1"],
    ["a/b:{version}", "v1.35.2", "v1.35.2"],
    ["a/b:node-{version}", "node-v1.35.2", "v1.35.2"],
    ["a/b:ubuntu-22.04-v{version}-amd64", "ubuntu-22.04-v1.35.2-amd64", "v1.35.2"],
    ["rancher/rke2-runtime:v{version-build}", "v1.35.2-rke2r1", "v1.35.2+rke2r1"],
    ["rancher/k3s:v{version-build}", "v1.35.0-rc2-k3s1", "v1.35.0-rc2+k3s1"],
    ["rancher/k3s:v{version-build}", "v1.35.0-rc.2", "v1.35.0-rc.2"],
    ["a/b:v{version_build}", "v1.35.2_vmware.1", "v1.35.2+vmware.1"],
    ["a/b:v{version_build}", "v1.35.2", "v1.35.2"],
    ["localhost:5000/a/b:v{version}", "v1.35.2", "v1.35.2"],
  ])("%s: the tag %s is %s, and back", (text, tag, version) => {
    const pattern = parseTagPattern(text);
    expect(pattern).toBeDefined();
    if (pattern === undefined) return;
    expect(versionOfTag(pattern, tag)).toBe(version);
    expect(imageOfVersion(pattern, version)).toBe(`${text.slice(0, text.lastIndexOf(":"))}:${tag}`);
  });

  it.each(["latest", "v1.35", "v1.35.2-amd64", "v1.35.2-k3s1", "1.35.2", "v1.35.2_1", "xv1.35.2", "v", ""])(
    "the tag %j of kindest/node is no version",
    (tag) => {
      const pattern = parseTagPattern("kindest/node:v{version}");
      expect(pattern && versionOfTag(pattern, tag)).toBeUndefined();
      expect(pattern).toBeDefined();
    },
  );

  it("an architecture is no build", () => {
    const pattern = parseTagPattern("rancher/k3s:v{version-build}");
    expect(pattern && versionOfTag(pattern, "v1.35.2-k3s1")).toBe("v1.35.2+k3s1");
    expect(pattern && versionOfTag(pattern, "v1.35.2-k3s1-amd64")).toBeUndefined();
  });

  it("an image never has a +, also where the pattern does not say what stands for it", () => {
    const pattern = parseTagPattern("a/b:v{version}");
    expect(pattern && imageOfVersion(pattern, "v1.35.2+k3s1")).toBe("a/b:v1.35.2-k3s1");
  });

  it.each([
    "kindest/node",
    "kindest/node:v1.35.2",
    "kindest/node:v{patch}",
    "{version}",
    "a/b:v{version}{version}",
    "a/b:x:v{version}",
    "Not/Good:v{version}",
  ])("%j is no pattern", (text) => {
    expect(parseTagPattern(text)).toBeUndefined();
  });

  it("every version with a plain build comes back from its own tag", () => {
    const part = fc.integer({ min: 0, max: 60 });
    const build = fc.option(
      fc.stringMatching(/^[a-z][a-z0-9]{1,6}$/).filter((text) => !/^(alpha|beta|rc)\d*$/.test(text)),
      { nil: undefined },
    );
    fc.assert(
      fc.property(part, part, part, build, fc.constantFrom("{version-build}", "{version_build}"), (major, minor, patch, build, place) => {
        const version = `v${major}.${minor}.${patch}${build === undefined ? "" : `+${build}`}`;
        const pattern = parseTagPattern(`a/b:v${place}`);
        const tag = pattern && imageOfVersion(pattern, version).slice("a/b:".length);
        expect(pattern && versionOfTag(pattern, tag ?? "")).toBe(version);
      }),
    );
  });
});

describe("how configurations name a repository", () => {
  it.each([
    ["nginx", "docker.io/library/nginx"],
    ["index.docker.io/kindest/node:v1", "docker.io/kindest/node"],
    ["registry.test:5000/a/b:v1", "registry.test:5000/a/b"],
    ["registry.test:443/a", "registry.test:443/a"],
    ["127.0.0.1:5000/a", "127.0.0.1:5000/a"],
  ])("%s is %s", (text, expected) => {
    const reference = parseImageReference(text);
    expect(reference && repositoryName(reference)).toBe(expected);
  });
});

describe("what a registry demands", () => {
  const bearer = (parameters: Readonly<Record<string, string>>): object => ({
    scheme: "bearer",
    realm: parameters["realm"],
    parameters: new Map(Object.entries(parameters)),
  });
  const ofDocker = { realm: "https://auth.docker.io/token", service: "registry.docker.io", scope: "repository:kindest/node:pull" };
  it.each([
    // Docker Hub, Harbor, Gitea, Amazon ECR, Artifactory: as they answer.
    ['Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:kindest/node:pull"', bearer(ofDocker)],
    [
      'Bearer realm="https://harbor.test/service/token",service="harbor-registry",scope="repository:mirror/node:pull"',
      bearer({ realm: "https://harbor.test/service/token", service: "harbor-registry", scope: "repository:mirror/node:pull" }),
    ],
    [
      'Bearer realm="https://gitea.test/v2/token",service="container_registry",scope="*", Basic realm="Gitea Container Registry"',
      bearer({ realm: "https://gitea.test/v2/token", service: "container_registry", scope: "*" }),
    ],
    ['Basic realm="https://1.dkr.ecr.eu-west-1.amazonaws.com/",service="ecr.amazonaws.com"', { scheme: "basic" }],
    ['Basic realm="Artifactory Realm"', { scheme: "basic" }],
    // Several, in any order; the realm of one is not that of the other.
    ['Basic realm="all of it", Bearer realm="https://a.test/t",service="s"', bearer({ realm: "https://a.test/t", service: "s" })],
    ['Bearer realm="https://a.test/t",service="s", Basic realm="all of it"', bearer({ realm: "https://a.test/t", service: "s" })],
    ['Negotiate, Bearer realm="https://a.test/t"', bearer({ realm: "https://a.test/t" })],
    ['Bearer service="x", Basic realm="all of it"', { scheme: "basic" }],
    // Spaces, no quotes, quoted quotes, and what only looks like another scheme.
    ["bearer realm = https://a.test/t , SERVICE=s", bearer({ realm: "https://a.test/t", service: "s" })],
    [
      String.raw`Bearer realm="https://a.test/t",service="a \"b\", Basic realm=x"`,
      bearer({ realm: "https://a.test/t", service: 'a "b", Basic realm=x' }),
    ],
    ["Negotiate", undefined],
    ['Bearer service="x"', undefined],
    ['realm="https://a.test/t"', undefined],
    ["", undefined],
  ])("%s", (header, expected) => {
    expect(parseChallenge(header)).toEqual(expected);
  });

  it.each([
    ["https://auth.test/token", "https://registry.test", true],
    ["https://auth.test/token", "http://127.0.0.1:2", true],
    ["http://127.0.0.1:1/t", "http://127.0.0.1:2", true],
    ["http://localhost:1/t", "http://127.0.0.1:2", true],
    ["http://registry.test/t", "https://registry.test", false],
    ["http://127.0.0.1:1/t", "https://registry.test", false],
    ["http://auth.test/t", "http://127.0.0.1:2", false],
    ["http://127.0.0.1.evil.test/t", "http://127.0.0.1:2", false],
    ["https://me:SECRET@auth.test/t", "https://registry.test", false],
    ["ftp://auth.test/t", "https://registry.test", false],
    ["file:///etc/passwd", "https://registry.test", false],
    ["nowhere", "https://registry.test", false],
  ])("the token server %s of %s is trusted: %s", (realm, registry, trusted) => {
    const server = tokenServer(realm, registry);
    expect(server.kind).toBe(trusted ? "trusted" : "untrusted");
    expect(JSON.stringify(trusted ? "" : server)).not.toContain("SECRET");
  });
});
