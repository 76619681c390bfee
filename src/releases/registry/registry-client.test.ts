import { describe, expect, it } from "vitest";
import { httpClient } from "../../http/http-client.ts";
import { serve, type AnsweringServer, type Reply, type SeenRequest } from "../../http/testing/answering-server.ts";
import { parseImageReference } from "./image-reference.ts";
import { registryClient, type AskRegistry } from "./registry-client.ts";
import type { RegistryLogin, RegistryLogins } from "./registry-login.ts";

const send = httpClient({ environment: {}, userAgent: "test" });

const password = (username: string): RegistryLogin => ({ kind: "password", username, password: `SECRET-${username}` });
const basicOf = (username: string): string => `Basic ${Buffer.from(`${username}:SECRET-${username}`).toString("base64")}`;
const secret = (...logins: readonly RegistryLogin[]): RegistryLogins => ({
  from: "Secret a/b",
  of: () => logins,
  places: ["ghcr.io", "*.azurecr.io"],
});

/** A client of `team/node` in that registry, and a clock. */
function clientOf(
  registry: AnsweringServer,
  logins?: RegistryLogins,
): { readonly tags: () => ReturnType<AskRegistry>; readonly pass: (seconds: number) => void } {
  let now = 0;
  const image = parseImageReference(`${registry.host}/team/node`);
  if (image === undefined) throw new Error("no image");
  const ask = registryClient({ image, logins, send, clock: { now: () => now } });
  return { tags: () => ask({ method: "GET", url: `${registry.url}/v2/team/node/tags/list` }), pass: (seconds) => (now += seconds * 1_000) };
}

const bearer = (realm: string, more = ""): Reply => ({
  status: 401,
  headers: { "WWW-Authenticate": `Bearer realm="${realm}",service="r",scope="repository:team/node:pull"${more}` },
});

/** A token server by what it is shown, and a registry that takes its tokens `T1`, `T2`, … while they are the newest. */
async function registryWithTokens(tokenOf: (request: SeenRequest) => Reply | undefined, fields: object = { expires_in: 300 }) {
  let tokens = 0;
  const server = await serve((request) => {
    const refused = tokenOf(request);
    if (refused !== undefined) return refused;
    tokens += 1;
    return { body: JSON.stringify({ token: `T${tokens}`, ...fields }) };
  });
  const registry = await serve(({ headers }) =>
    headers.authorization === `Bearer T${tokens}` ? { body: '{"tags":[]}' } : bearer(`${server.url}/token`),
  );
  return { server, registry };
}

const unless =
  (authorization: string) =>
  ({ headers }: SeenRequest): Reply | undefined =>
    headers.authorization === authorization ? undefined : { status: 401 };
const status = (answer: Awaited<ReturnType<AskRegistry>>): number | string => ("refusal" in answer ? answer.refusal.reason : answer.status);

describe("a token", () => {
  it("is asked for with the login, of which the registry itself is shown nothing", async () => {
    const { server, registry } = await registryWithTokens(unless(basicOf("me")));
    expect(status(await clientOf(registry, secret(password("me"))).tags())).toBe(200);
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /token?service=r&scope=repository%3Ateam%2Fnode%3Apull",
    ]);
    expect(registry.seen.map(({ headers }) => headers.authorization)).toEqual([undefined, "Bearer T1"]);
  });

  it("is asked for by a refresh grant with an identity token, which stands in no address", async () => {
    const { server, registry } = await registryWithTokens(({ method, body }) =>
      method === "POST" && new URLSearchParams(body).get("refresh_token") === "SECRET+/=" ? undefined : { status: 400 },
    );
    expect(status(await clientOf(registry, secret({ kind: "identity-token", token: "SECRET+/=" })).tags())).toBe(200);
    expect(server.seen[0]).toMatchObject({ path: "/token", headers: { "content-type": "application/x-www-form-urlencoded" } });
    expect(server.seen[0]?.headers).not.toHaveProperty("authorization");
    // The fields of Distribution's "Oauth2 Token Authentication".
    expect(Object.fromEntries(new URLSearchParams(server.seen[0]?.body))).toEqual({
      grant_type: "refresh_token",
      service: "r",
      client_id: "clusterapi-gitops",
      scope: "repository:team/node:pull",
      refresh_token: "SECRET+/=",
    });
  });

  it("is kept until it ends, and asked for anew then, before the registry has to say so", async () => {
    const { server, registry } = await registryWithTokens(() => undefined);
    const { tags, pass } = clientOf(registry);
    for (const seconds of [0, 100, 190]) {
      pass(seconds);
      expect(status(await tags())).toBe(200);
    }
    expect(server.seen).toHaveLength(1);
    pass(6);
    expect(status(await tags())).toBe(200);
    expect(server.seen).toHaveLength(2);
    // One that has ended is not shown any more.
    expect(registry.seen.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      "Bearer T1",
      "Bearer T1",
      "Bearer T1",
      undefined,
      "Bearer T2",
    ]);
  });

  it("of which nobody says how long it lives lives a minute", async () => {
    const { server, registry } = await registryWithTokens(() => undefined, {});
    const { tags, pass } = clientOf(registry);
    await tags();
    pass(50);
    await tags();
    expect(server.seen).toHaveLength(1);
    pass(10);
    await tags();
    expect(server.seen).toHaveLength(2);
  });

  it("that is taken back is renewed", async () => {
    const { server, registry } = await registryWithTokens(() => undefined);
    const { tags } = clientOf(registry);
    await tags();
    // Somebody else's is the newest now.
    await clientOf(registry).tags();
    expect(status(await tags())).toBe(200);
    expect(server.seen).toHaveLength(3);
  });

  it("for several scopes names each", async () => {
    const server = await serve(() => ({ body: '{"access_token":"T"}' }));
    const registry = await serve(({ headers }) =>
      headers.authorization === "Bearer T"
        ? {}
        : {
            status: 401,
            headers: { "WWW-Authenticate": `Bearer realm="${server.url}/t?a=b",scope="repository:a:pull repository:b:pull"` },
          },
    );
    expect(status(await clientOf(registry).tags())).toBe(200);
    expect(server.seen[0]?.path).toBe("/t?a=b&scope=repository%3Aa%3Apull&scope=repository%3Ab%3Apull");
  });

  it.each([
    ["is broken", { status: 503 }, /token server http:\/\/127\.0\.0\.1:\d+ answers with HTTP status 503/],
    ["is asked too often", { status: 429 }, /HTTP status 429/],
    ["sends on", { status: 302, headers: { Location: "http://127.0.0.1:1/" } }, /HTTP status 302/],
    ["gives none", { body: "{}" }, /answers without a token/],
    ["speaks of something else", { body: "<html>SECRET" }, /answers without a token/],
    ["gives one that is no header", { body: '{"token":"SECRET\\nX: y"}' }, /answers without a token/],
  ] satisfies [string, Reply, RegExp][])("cannot be had where its server %s: that is no matter of the login", async (_, reply, message) => {
    const { registry } = await registryWithTokens(() => reply);
    const asked = clientOf(registry, secret(password("me"))).tags();
    await expect(asked).rejects.toThrow(message);
    await expect(asked).rejects.not.toThrow(/SECRET|U0VDUkVU/);
  });
});

describe("a login", () => {
  it("goes to the registry only where that asks for it", async () => {
    const registry = await serve(({ headers }) =>
      headers.authorization === basicOf("me") ? {} : { status: 401, headers: { "WWW-Authenticate": 'Basic realm="r"' } },
    );
    const { tags } = clientOf(registry, secret(password("me")));
    expect([status(await tags()), status(await tags())]).toEqual([200, 200]);
    expect(registry.seen.map(({ headers }) => headers.authorization !== undefined)).toEqual([false, true, true]);
  });

  it("of another host is never asked for by a redirect: neither login nor token goes there, nor to a realm that it names", async () => {
    const thief = await serve((_, url) => bearer(`${url}/token`, ', Basic realm="r"'));
    const { server } = await registryWithTokens(unless(basicOf("me")));
    const leads = await serve(({ headers }) =>
      headers.authorization === "Bearer T1"
        ? { status: 307, headers: { Location: `${thief.url}/v2/team/node/tags/list` } }
        : bearer(`${server.url}/token`),
    );
    const answer = await clientOf(leads, secret(password("me"))).tags();
    expect(answer).toMatchObject({
      refusal: { reason: "RegistryLoginRefused", message: expect.stringContaining(`sends on to ${thief.url}`) },
    });
    const at = await clientOf(await serve(() => ({ status: 307, headers: { Location: thief.url } })), secret(password("me"))).tags();
    expect(at).toMatchObject({ refusal: { message: expect.stringContaining(`sends on to ${thief.url}`) } });
    expect(thief.seen).toHaveLength(2);
    expect(thief.seen.map(({ path, headers }) => [path.includes("token"), headers.authorization])).toEqual([
      [false, undefined],
      [false, undefined],
    ]);
  });

  it.each([
    ["in the clear", "http://auth.test/token"],
    ["with a login of its own", "https://x:SECRET@auth.test/token"],
    ["of another scheme", "ftp://auth.test/token"],
  ])("goes to no token server %s", async (_, realm) => {
    const registry = await serve(() => bearer(realm));
    const answer = await clientOf(registry, secret(password("me"))).tags();
    expect(answer).toMatchObject({
      kind: "refused",
      refusal: { reason: "RegistryRealmUntrusted", message: expect.stringContaining("auth.test") },
    });
    expect(JSON.stringify(answer)).not.toContain("SECRET");
    expect(registry.seen).toHaveLength(1);
  });

  it("that is refused is followed by the next of the same Secret; the one that was taken is the first from then on", async () => {
    const { server, registry } = await registryWithTokens(unless(basicOf("second")));
    const { tags, pass } = clientOf(registry, secret(password("first"), password("second"), password("third")));
    expect(status(await tags())).toBe(200);
    pass(300);
    expect(status(await tags())).toBe(200);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(["first", "second", "second"].map(basicOf));
  });
});

describe("who is not let in is told what was seen and what to do", () => {
  const named = secret(password("me"));
  const tokens = (tokenOf: (request: SeenRequest) => Reply | undefined, after: Reply) => async (): Promise<AnsweringServer> => {
    const { server } = await registryWithTokens(tokenOf);
    return serve(({ headers }) => (headers.authorization === undefined ? bearer(`${server.url}/token`) : after));
  };
  it.each<[string, () => Promise<AnsweringServer>, RegistryLogins | undefined, string, RegExp, RegExp]>([
    [
      "no Secret",
      tokens(() => ({ status: 403 }), {}),
      undefined,
      "RegistryLoginNeeded",
      /^127\.0\.0\.1:\d+ shows 127\.0\.0\.1:\d+\/team\/node to nobody without a login \(HTTP status 403\), and no Secret is named/,
      /credentialsSecretRef/,
    ],
    [
      "no Secret, and a token for everybody that is good for nothing",
      tokens(() => undefined, { status: 401 }),
      undefined,
      "RegistryLoginNeeded",
      /HTTP status 401/,
      /credentialsSecretRef/,
    ],
    [
      "a Secret without an entry",
      tokens(() => ({ status: 401 }), {}),
      { from: "Secret a/b", of: () => [], places: ["ghcr.io", "*.azurecr.io", "c", "d", "e", "f", "g"] },
      "RegistryLoginMissing",
      /^Secret a\/b has no login for 127\.0\.0\.1:\d+\/team\/node: its entries are for ghcr\.io, \*\.azurecr\.io, c, d, e, and 2 more\./,
      /^Add an entry for 127\.0\.0\.1:\d+ to its \.dockerconfigjson/,
    ],
    [
      "a login that the token server refuses",
      tokens(() => ({ status: 401 }), {}),
      named,
      "RegistryLoginRefused",
      /^Its token server http:\/\/127\.0\.0\.1:\d+ does not take the login of Secret a\/b for 127\.0\.0\.1:\d+\/team\/node \(HTTP status 401\)/,
      /Renew it in the Secret/,
    ],
    [
      "an identity token that has run out",
      tokens(() => ({ status: 400, body: '{"error":"invalid_grant"}' }), {}),
      secret({ kind: "identity-token", token: "SECRET" }),
      "RegistryLoginRefused",
      /HTTP status 400/,
      /Renew it/,
    ],
    [
      "a token that may not read it",
      tokens(() => undefined, { status: 403 }),
      named,
      "RegistryLoginRefused",
      /^127\.0\.0\.1:\d+ does not take the login of Secret a\/b .*\(HTTP status 403\): it is wrong, has run out, or may not read that repository/,
      /right to pull/,
    ],
    [
      "a registry that names no way in",
      () => serve(() => ({ status: 401 })),
      named,
      "RegistryLoginRefused",
      /\(HTTP status 401\) and names no way to log in/,
      /Renew it/,
    ],
    [
      "an identity token for a registry that wants a password",
      () => serve(() => ({ status: 401, headers: { "WWW-Authenticate": 'Basic realm="r"' } })),
      secret({ kind: "identity-token", token: "SECRET" }),
      "RegistryLoginRefused",
      /does not take the login/,
      /Renew it/,
    ],
  ])("%s", async (_, start, logins, reason, message, remedy) => {
    const answer = await clientOf(await start(), logins).tags();
    if (!("refusal" in answer)) throw new Error(`it was answered with ${answer.status}`);
    expect(answer.refusal).toMatchObject({ reason, message: expect.stringMatching(message), remedy: expect.stringMatching(remedy) });
    expect(JSON.stringify(answer)).not.toMatch(/SECRET|U0VDUkVU|Bearer|Basic/);
  });

  it("without an entry it is asked without a login first: what is shown to everybody needs none", async () => {
    const { registry } = await registryWithTokens(() => undefined);
    expect(status(await clientOf(registry, secret()).tags())).toBe(200);
  });

  it.each([404, 429, 500])("another answer is the answer: %i", async (code) => {
    const registry = await serve(() => ({ status: code }));
    expect(status(await clientOf(registry, named).tags())).toBe(code);
  });
});
