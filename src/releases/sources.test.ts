import { describe, expect, it } from "vitest";
import { httpClient } from "../http/http-client.ts";
import { serve, type Reply } from "../http/testing/answering-server.ts";
import { channelRedirect } from "./channel-redirect.ts";
import { httpFeed } from "./feeds/http-feed.ts";
import { gitFile, type ReadGitFile } from "./git-file.ts";
import { inlineReleases } from "./inline.ts";
import { releaseWith } from "./release-facts.ts";

const now = Date.UTC(2026, 7, 22);
const clock = { now: () => now };
const send = httpClient({ environment: {}, userAgent: "test" });

describe("a feed over HTTP", () => {
  const feed = (url: string, more: { authorization?: string } = {}): ReturnType<typeof httpFeed> =>
    httpFeed({ name: "stable", url, format: "StableText", send, clock, ...more });

  it("gives its releases, its etag and the time", async () => {
    const { url, seen } = await serve(() => ({ body: "v1.36.4", headers: { ETag: 'W/"abc"' } }));
    expect(await feed(url).fetch({})).toEqual({ kind: "releases", releases: [releaseWith("v1.36.4")], etag: 'W/"abc"', fetchedAt: now });
    expect(seen[0]?.headers).toMatchObject({ accept: "text/plain" });
    expect(seen[0]?.headers).not.toHaveProperty("if-none-match");
  });

  it("is not sent again when it is unchanged", async () => {
    const { url } = await serve(({ headers }) => (headers["if-none-match"] === 'W/"abc"' ? { status: 304 } : { body: "v1.36.4" }));
    expect(await feed(url).fetch({ etag: 'W/"abc"' })).toEqual({ kind: "unchanged", fetchedAt: now });
  });

  it("is found behind a redirect, as dl.k8s.io is", async () => {
    const { url } = await serve(({ path }) => (path === "/cdn" ? { body: "v1.36.4" } : { status: 302, headers: { Location: "/cdn" } }));
    expect(await feed(`${url}/release/stable.txt`).fetch({})).toMatchObject({ kind: "releases" });
  });

  it("is shown the token of its Secret, which no message repeats", async () => {
    const { url, seen } = await serve(() => ({ status: 403 }));
    const answer = await feed(`${url}/x?token=QUERYSECRET`, { authorization: "Bearer SECRET" }).fetch({});
    expect(seen[0]?.headers.authorization).toBe("Bearer SECRET");
    expect(answer).toMatchObject({ kind: "failed", failure: { reason: "ReleaseSourceRejected" } });
    expect(JSON.stringify(answer)).not.toContain("SECRET");
  });

  it.each([
    ["nothing there", { status: 404 }, "ReleaseSourceRejected", "Check the address"],
    ["asked too often", { status: 429 }, "ReleaseSourceRejected", "Look less often"],
    ["GitHub's way to say so", { status: 403, headers: { "X-RateLimit-Remaining": "0" } }, "ReleaseSourceRejected", "Look less often"],
    ["no access", { status: 403 }, "ReleaseSourceRejected", "Give credentials"],
    ["a broken server", { status: 500 }, "ReleaseSourceRejected", "It is asked again"],
    ["a page of words", { body: "<html>maintenance</html>" }, "ReleaseSourceEmpty", "right address"],
    ["an empty body", { body: "" }, "ReleaseSourceEmpty", "right address"],
    ["too much", { body: "v1.36.4\n".repeat(700_000) }, "ReleaseSourceUnreachable", "asked again"],
    [
      "half an answer",
      (response) => response.writeHead(200, { "Content-Length": "10" }).end("v1"),
      "ReleaseSourceUnreachable",
      "asked again",
    ],
  ] satisfies [string, Reply, string, string][])("that fails is a value: %s", async (_, reply, reason, remedy) => {
    const { url } = await serve(() => reply);
    const answer = await feed(url).fetch({});
    expect(answer).toMatchObject({ kind: "failed", failure: { reason, remedy: expect.stringContaining(remedy) } });
  });

  it("of another format is told without its words", async () => {
    const { url } = await serve(() => ({ body: "WORDS" }));
    const answer = await httpFeed({ name: "a", url, format: "EndOfLifeDateV1", send, clock }).fetch({});
    expect(answer).toMatchObject({
      kind: "failed",
      failure: { reason: "ReleaseSourceUnreadable", message: expect.stringContaining("EndOfLifeDateV1") },
    });
    expect(JSON.stringify(answer)).not.toContain("WORDS");
  });

  it("ends with the signal's reason", async () => {
    const stop = new AbortController();
    const { url } = await serve(() => () => stop.abort(new Error("over")));
    await expect(feed(url).fetch({ signal: stop.signal })).rejects.toThrow("over");
  });
});

describe("a channel server", () => {
  it.each([
    ["https://github.com/rancher/rke2/releases/tag/v1.35.2%2Brke2r1", "v1.35.2+rke2r1"],
    ["https://github.com/k3s-io/k3s/releases/tag/v1.35.2+k3s1", "v1.35.2+k3s1"],
    ["/releases/v1.35.2", "v1.35.2"],
  ])("redirects to %s", async (location, version) => {
    const { url, seen } = await serve(() => ({ status: 302, headers: { Location: location } }));
    expect(await channelRedirect({ name: "a", url, send, clock }).fetch({})).toMatchObject({ kind: "releases", releases: [{ version }] });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ["a page", { body: "v1.35.2" }, "ReleaseSourceUnreadable"],
    ["a redirect to no version", { status: 302, headers: { Location: "/channels/stable" } }, "ReleaseSourceEmpty"],
    ["a broken escape", { status: 302, headers: { Location: "/v1.35.2%2" } }, "ReleaseSourceEmpty"],
    ["no such channel", { status: 404 }, "ReleaseSourceRejected"],
  ] satisfies [string, Reply, string][])("that gives %s", async (_, reply, reason) => {
    const { url } = await serve(() => reply);
    expect(await channelRedirect({ name: "a", url, send, clock }).fetch({})).toMatchObject({ kind: "failed", failure: { reason } });
  });
});

describe("a file in Git", () => {
  const source = (read: ReadGitFile): ReturnType<typeof gitFile> => gitFile({ name: "ours", label: "catalog.yaml of fleet", read, clock });

  it("is read at a revision, which is its etag", async () => {
    const ours = source(async () => ({ text: "releases: [{version: v1.35.2}]", revision: "c0ffee" }));
    expect(await ours.fetch({})).toEqual({ kind: "releases", releases: [releaseWith("v1.35.2")], etag: "c0ffee", fetchedAt: now });
    expect(await ours.fetch({ etag: "c0ffee" })).toEqual({ kind: "unchanged", fetchedAt: now });
    expect(await ours.fetch({ etag: "0ld" })).toMatchObject({ kind: "releases" });
  });

  it.each([
    ["releases: [{version: v1.35.2}, {version: v1.35}]", "ReleaseSourceUnreadable", "1 of its entries"],
    ["a: {", "ReleaseSourceUnreadable", "catalog.yaml of fleet at c0ffee"],
    ["other: 1", "ReleaseSourceUnreadable", "no list `releases`"],
    ["releases: []", "ReleaseSourceEmpty", "catalog.yaml of fleet"],
  ])("with a mistake is told: %s", async (text, reason, message) => {
    const answer = await source(async () => ({ text, revision: "c0ffee" })).fetch({});
    expect(answer).toMatchObject({ kind: "failed", failure: { reason, message: expect.stringContaining(message) } });
  });

  it("that cannot be read says so in the words of Git", async () => {
    const refusal = { reason: "NoSuchBranch", message: "no branch", remedy: "make one" };
    expect(await source(async () => ({ refusal })).fetch({})).toEqual({ kind: "failed", failure: refusal });
  });
});

it("entries of the object itself are always there, also none", async () => {
  expect(await inlineReleases("inline", [], clock).fetch({})).toEqual({ kind: "releases", releases: [], etag: undefined, fetchedAt: now });
});
