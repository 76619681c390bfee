import { describe, expect, it } from "vitest";
import { loginsFor, parseDockerConfig, type DockerConfig } from "./docker-config.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const configOf = (auths: object): DockerConfig | string => parseDockerConfig(JSON.stringify({ auths }));

function usersFor(repository: string, ...places: readonly string[]): readonly string[] {
  const config = configOf(Object.fromEntries(places.map((place) => [place, { auth: base64(`${place}:p`.replace("https://", "")) }])));
  if (typeof config === "string") throw new Error(config);
  return loginsFor(config, repository).map((login) => (login.kind === "password" ? login.username : login.kind));
}

describe("the entries of a config.json that are for a repository", () => {
  // The examples of kubernetes.io/docs/concepts/containers/images, "Interpretation of config.json".
  it.each([
    ["*.kubernetes.io", "kubernetes.io/a", false],
    ["*.kubernetes.io", "abc.kubernetes.io/a", true],
    ["*.*.kubernetes.io", "abc.kubernetes.io/a", false],
    ["*.*.kubernetes.io", "abc.def.kubernetes.io/a", true],
    ["prefix.*.io", "prefix.kubernetes.io/a", true],
    ["*-good.kubernetes.io", "prefix-good.kubernetes.io/a", true],
    ["my-registry.example/images", "my-registry.example/images", true],
    ["my-registry.example/images", "my-registry.example/images/my-image", true],
    ["my-registry.example/images", "my-registry.example/other", false],
    ["*.my-registry.example/images", "sub.my-registry.example/images/my-image", true],
    ["*.my-registry.example/images", "a.sub.my-registry.example/images/my-image", false],
    ["*.my-registry.example/images", "a.b.sub.my-registry.example/images/my-image", false],
    // Those of the kubelet's CredentialProviderResponse.
    ["123456789.dkr.ecr.us-east-1.amazonaws.com", "123456789.dkr.ecr.us-east-1.amazonaws.com/node", true],
    ["*.azurecr.io", "acme.azurecr.io/node", true],
    ["registry.io:8080/path", "registry.io:8080/path/node", true],
    ["registry.io:8080/path", "registry.io/path/node", false],
    ["registry.io", "registry.io:8080/path/node", false],
    ["app*.k8s.io", "apps.k8s.io/a", true],
    ["app*.k8s.io", "ap.k8s.io/a", false],
    ["k8s.*", "k8s.io/a", true],
    ["*.io", "sub.k8s.io/a", false],
    // A host is a host, not what a name begins with, ends with or holds.
    ["registry.example", "registry.example.evil.test/a", false],
    ["registry.example", "evil-registry.example/a", false],
    ["*", "registry.example/a", false],
    ["a*b*c.test", "a1b2c.test/x", true],
    ["a*b*c.test", "abc.test/x", true],
    ["a*b*c.test", "ac.test/x", false],
    ["a*bc*c.test", "abc.test/x", false],
    ["a*a.test", "a.test/x", false],
    // A dot is a dot.
    ["a.b.test", "axb.test/x", false],
    ["Registry.Example", "registry.example/a", true],
    // How `docker login` writes them.
    ["https://registry.example", "registry.example/a", true],
    ["https://registry.example/v2/", "registry.example/a", true],
    ["https://registry.example/v2/team", "registry.example/team/a", true],
    ["http://127.0.0.1:5000/", "127.0.0.1:5000/a", true],
    ["https://index.docker.io/v1/", "docker.io/kindest/node", true],
    ["index.docker.io", "docker.io/library/nginx", true],
    ["docker.io", "docker.io/kindest/node", true],
    ["https://index.docker.io/v1/", "ghcr.io/kindest/node", false],
  ])("%s, %s: %s", (place, repository, fits) => {
    expect(usersFor(repository, place)).toHaveLength(fits ? 1 : 0);
  });

  it("come in the kubelet's order: what is longer first, a name before a glob", () => {
    const places = ["my.example/images", "other.example", "my.example/images/sub", "*.example/images", "my.example"];
    expect(usersFor("my.example/images/sub/node", ...places)).toEqual([
      "my.example/images/sub",
      "my.example/images",
      "my.example",
      "*.example/images",
    ]);
  });

  it("of Docker Hub are the old name's only where there is none of its own", () => {
    expect(usersFor("docker.io/kindest/node", "https://index.docker.io/v1/", "docker.io/kindest")).toEqual(["docker.io/kindest"]);
  });
});

describe("an entry", () => {
  it.each([
    [
      "as kubectl and docker write it",
      { auth: base64("u:p:with:colons"), username: "x" },
      { kind: "password", username: "u", password: "p:with:colons" },
    ],
    ["without auth", { username: "u", password: "ü " }, { kind: "password", username: "u", password: "ü " }],
    ["of UTF-8", { auth: base64("u:pä") }, { kind: "password", username: "u", password: "pä" }],
    ["padded", { auth: base64("u:p\0\0") }, { kind: "password", username: "u", password: "p" }],
    ["of Azure, with a refresh token", { auth: base64("0000:"), identitytoken: "T" }, { kind: "identity-token", token: "T" }],
    [
      "with what else there may be",
      { auth: base64("u:p"), email: "a@b", identitytoken: "" },
      { kind: "password", username: "u", password: "p" },
    ],
  ])("%s", (_, entry, expected) => {
    expect(configOf({ "r.test": entry })).toEqual({ entries: [{ place: "r.test", login: expected }] });
  });

  it.each([
    ["no JSON", "{SECRET", "is no JSON object with `auths`"],
    ["a text", '"SECRET"', "is no JSON object with `auths`"],
    ["a list", "[]", "has no entry under `auths`"],
    ["only helpers", '{"credsStore":"desktop"}', "has no entry under `auths`"],
    ["nothing", '{"auths":{}}', "has no entry under `auths`"],
    ["auths of another kind", '{"auths":"SECRET"}', "has no entry under `auths`"],
    ["a login in the address", '{"auths":{"https://me:SECRET@r.test":{}}}', "has an entry for r.test without auth"],
    ["an entry of a helper", '{"auths":{"https://r.test/v2/":{}},"credsStore":"desktop"}', "has an entry for r.test without auth"],
    ["a text", '{"auths":{"r.test":"SECRET"}}', "has an entry for r.test that is no object"],
    ["auth without a colon", `{"auths":{"r.test":{"auth":"${base64("SECRET")}"}}}`, "not user:password in base64"],
    ["auth without a user", `{"auths":{"r.test":{"auth":"${base64(":SECRET")}"}}}`, "not user:password in base64"],
  ])("that is none is told without its values: %s", (_, content, expected) => {
    const said = parseDockerConfig(content);
    expect(said).toEqual(expect.stringContaining(expected));
    expect(said).not.toMatch(/SECRET|U0VDUkVU/);
  });
});
