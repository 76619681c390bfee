import { afterEach, describe, expect, it } from "vitest";
import { httpClient } from "../../http/http-client.ts";
import { answeringServer, type AnsweringServer, type Reply, type SeenRequest } from "../../http/testing/answering-server.ts";
import type { SourceAnswer } from "../release-source.ts";
import { imageExists, type ImageExistence } from "./image-existence.ts";
import type { ImageReference } from "./image-reference.ts";
import { nextPage, registryTags } from "./registry-tags.ts";
import { registryClient } from "./registry-client.ts";
import type { RegistryLogins } from "./registry-login.ts";

const clock = { now: () => 5 };
const send = httpClient({ environment: {}, userAgent: "test" });
let registry: AnsweringServer | undefined;

interface Login {
  readonly username: string;
  readonly password: string;
}
const loginsOf = (login: Login | undefined): RegistryLogins | undefined =>
  login && { from: "Secret a/b", of: () => [{ kind: "password", ...login }] };
afterEach(async () => {
  await registry?.close();
  registry = undefined;
});

/** A registry of this machine that keeps to the OCI Distribution Specification and Docker's token authentication, two tags a page. */
async function serveRegistry(
  tags: readonly string[],
  settings: { login?: Login; basic?: boolean; anonymous?: boolean } = {},
): Promise<void> {
  const { login, basic = false, anonymous = login === undefined } = settings;
  const wanted = login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
  let tokens = 0;
  registry = await answeringServer(({ method, path, headers }, url): Reply => {
    const { pathname, searchParams } = new URL(path, url);
    if (pathname === "/token") {
      if (!anonymous && headers.authorization !== wanted) return { status: 401 };
      tokens += 1;
      return { body: JSON.stringify({ token: `t${tokens}-${searchParams.get("scope")}`, expires_in: 300 }) };
    }
    // Each token is good for three requests.
    const good = basic ? headers.authorization === wanted : headers.authorization === `Bearer t${tokens}-repository:kindest/node:pull`;
    const used = registry?.seen.filter((one) => one.headers.authorization === headers.authorization).length ?? 0;
    if (!good || (!basic && used > 3)) {
      const bearer = `Bearer realm="${url}/token",service="registry.test",scope="repository:kindest/node:pull"`;
      return { status: 401, headers: { "WWW-Authenticate": basic ? "Basic realm=registry" : bearer } };
    }
    if (pathname === "/v2/kindest/node/tags/list") {
      const start = tags.indexOf(searchParams.get("last") ?? "") + 1;
      const page = tags.slice(start, start + 2);
      const link = start + 2 < tags.length ? { Link: `</v2/kindest/node/tags/list?last=${page.at(-1)}&n=2>; rel="next"` } : {};
      return { headers: link, body: JSON.stringify({ name: "kindest/node", tags: page }) };
    }
    const tag = /^\/v2\/kindest\/node\/manifests\/(.+)$/.exec(pathname)?.[1];
    if (
      tag !== undefined &&
      tags.includes(tag) &&
      method === "HEAD" &&
      (headers.accept ?? "").includes("application/vnd.oci.image.index.v1+json")
    )
      return { headers: { "Docker-Content-Digest": `sha256:${"a".repeat(64)}` } };
    return { status: 404 };
  });
}

function listTags(login?: Login, pattern = "kindest/node:v{version}"): Promise<SourceAnswer> {
  return registryTags({
    name: "kind",
    pattern: `${registry?.host}/${pattern}`,
    templateKind: "DockerMachineTemplate",
    send,
    clock,
    logins: loginsOf(login),
  }).fetch({});
}

const login = { username: "robot", password: "SECRET" };
const images = (answer: SourceAnswer): readonly string[] =>
  answer.kind === "releases"
    ? answer.releases.map(({ version, images }) => `${version} ${images.map((one) => `${one.templateKind} ${one.image}`).join()}`)
    : [answer.kind];

describe("tags of a registry", () => {
  it("are read over pages, with a token that is fetched, kept and renewed", async () => {
    await serveRegistry(["latest", "v1.33.1", "v1.34.0", "v1.34.0-amd64x", "v1.34.1", "v1.35.0-rc.1", "v1.35.0", "v1.35.1"]);
    const host = registry?.host;
    expect(images(await listTags())).toEqual([
      `v1.33.1 DockerMachineTemplate ${host}/kindest/node:v1.33.1`,
      `v1.34.0 DockerMachineTemplate ${host}/kindest/node:v1.34.0`,
      `v1.34.1 DockerMachineTemplate ${host}/kindest/node:v1.34.1`,
      `v1.35.0-rc.1 DockerMachineTemplate ${host}/kindest/node:v1.35.0-rc.1`,
      `v1.35.0 DockerMachineTemplate ${host}/kindest/node:v1.35.0`,
      `v1.35.1 DockerMachineTemplate ${host}/kindest/node:v1.35.1`,
    ]);
    const asked = registry?.seen.map(({ path, headers }) => `${path.split("?")[0]} ${headers.authorization ?? "-"}`);
    expect(asked?.slice(0, 3)).toEqual([
      "/v2/kindest/node/tags/list -",
      "/token -",
      "/v2/kindest/node/tags/list Bearer t1-repository:kindest/node:pull",
    ]);
    expect(asked?.filter((line) => line.startsWith("/token"))).toHaveLength(2);
  });

  it.each([
    ["a token for a login", {}],
    ["the login itself", { basic: true }],
  ])("are shown for %s only", async (_, settings) => {
    await serveRegistry(["v1.35.0"], { login, ...settings });
    expect(await listTags(login)).toMatchObject({ kind: "releases", releases: [{ version: "v1.35.0" }] });
    expect(await listTags()).toMatchObject({
      kind: "failed",
      failure: { reason: "RegistryLoginNeeded", remedy: expect.stringContaining("Name a Secret in credentialsSecretRef") },
    });
    const refused = await listTags({ username: "robot", password: "PLAIN" });
    expect(refused).toMatchObject({
      kind: "failed",
      failure: { reason: "RegistryLoginRefused", message: expect.stringContaining("does not take the login of Secret a/b") },
    });
    expect(JSON.stringify(refused)).not.toMatch(/PLAIN|robot|Basic/);
  });

  it("a login that is not taken is not tried over and over", async () => {
    await serveRegistry(["v1.35.0"], { login, basic: true });
    const pattern = `${registry?.host}/kindest/node:v{version}`;
    const source = registryTags({
      name: "kind",
      pattern,
      templateKind: "A",
      send,
      clock,
      logins: loginsOf({ username: "robot", password: "wrong" }),
    });
    await source.fetch({});
    await source.fetch({});
    expect(registry?.seen.map(({ headers }) => headers.authorization !== undefined)).toEqual([false, true, true]);
  });

  const serve = async (answer: (request: SeenRequest, url: string) => Reply): Promise<void> => {
    registry = await answeringServer(answer);
  };
  it.each([
    ["no list", { body: "{" }, "ReleaseSourceUnreadable"],
    ["another thing", { body: '{"tags":{}}' }, "ReleaseSourceUnreadable"],
    ["no tags", { body: '{"name":"kindest/node","tags":null}' }, "ReleaseSourceEmpty"],
    ["no versions", { body: '{"tags":["latest"]}' }, "ReleaseSourceEmpty"],
    ["no repository", { status: 404 }, "ReleaseSourceRejected"],
  ] satisfies [string, Reply, string][])("that are %s", async (_, reply, reason) => {
    await serve(() => reply);
    expect(await listTags()).toMatchObject({ kind: "failed", failure: { reason } });
  });

  it("without end are given up", async () => {
    let page = 0;
    await serve(() => ({ body: '{"tags":["v1.35.0"]}', headers: { Link: `</v2/kindest/node/tags/list?page=${++page}>; rel="next"` } }));
    expect(await listTags()).toMatchObject({ kind: "failed", failure: { reason: "ReleaseSourceUnreadable" } });
    expect(page).toBe(50);
  });

  it("without a kind of template are versions only", async () => {
    await serve(() => ({ body: '{"tags":["v1.35.0"]}' }));
    const answer = await registryTags({ name: "kind", pattern: `${registry?.host}/kindest/node:{version}`, send, clock }).fetch({});
    expect(answer).toMatchObject({ kind: "releases", releases: [{ version: "v1.35.0", images: [] }] });
  });

  it("need a pattern that can be read", async () => {
    await serve(() => ({ body: '{"tags":["v1.35.0"]}' }));
    expect(await listTags(undefined, "kindest/node:latest")).toMatchObject({
      kind: "failed",
      failure: { reason: "ReleaseSourceUnreadable" },
    });
    expect(registry?.seen).toEqual([]);
  });

  it.each([
    ['</v2/a/tags/list?last=b>; rel="next"', "https://r.test/v2/a/tags/list?last=b"],
    ["<https://r.test/v2/x>; rel=next", "https://r.test/v2/x"],
    ['</first>; rel="prev", </second>; rel="next"', "https://r.test/second"],
    ['<https://evil.test/v2/x>; rel="next"', undefined],
    ['<http://r.test/v2/x>; rel="next"', undefined],
    ['</v2/a>; rel="next"', undefined],
    ['</v2/b>; rel="prev"', undefined],
    ["", undefined],
    [undefined, undefined],
  ])("the next page by Link %j", (link, expected) => {
    expect(nextPage(link, "https://r.test/v2/a")).toBe(expected);
  });
});

describe("whether an image exists", () => {
  const client =
    (login?: Login) =>
    (image: ImageReference): ReturnType<typeof registryClient> =>
      registryClient({ image, logins: loginsOf(login), send, clock });
  const probe = (tag: string, of?: Login): Promise<ImageExistence> =>
    imageExists({ image: `${registry?.host}/kindest/node:${tag}`, client: client(of) });

  it("is asked of its manifest", async () => {
    await serveRegistry(["v1.35.0"]);
    expect(await probe("v1.35.0")).toEqual({ kind: "exists", digest: `sha256:${"a".repeat(64)}` });
    expect(await probe("v1.35.1")).toMatchObject({
      kind: "missing",
      refusal: { reason: "ImageMissing", message: expect.stringContaining("kindest/node:v1.35.1") },
    });
  });

  it("is not known where the registry does not say", async () => {
    await serveRegistry(["v1.35.0"], { login });
    expect(await probe("v1.35.0")).toMatchObject({ kind: "unknown", why: expect.stringContaining("401") });
    expect(await probe("v1.35.0", login)).toMatchObject({ kind: "exists" });
    await registry?.close();
    expect(await probe("v1.35.0")).toMatchObject({ kind: "unknown", why: expect.stringContaining("ECONNREFUSED") });
  });

  it("is not known of what is in no registry", async () => {
    expect(await imageExists({ image: "Ubuntu 22.04 v1.35", client: client() })).toMatchObject({ kind: "unknown" });
  });
});
