import { describe, expect, it } from "vitest";
import type { SendHttp } from "../../http/send-http.ts";
import type { Refusal } from "../../refusal.ts";
import { imageLookups, type ImageToFind } from "./image-lookups.ts";
import type { RegistryLogins } from "./registry-login.ts";

const MINUTE = 60_000;

/** A registry, by what it answers for a tag, and what it was asked. */
function world(statuses: Record<string, number>) {
  let now = 1_000;
  const asked: string[] = [];
  const send: SendHttp = ({ url }) => {
    const tag = url.slice(url.lastIndexOf("/") + 1);
    asked.push(tag);
    return Promise.resolve({ status: statuses[tag] ?? 404, headers: {}, body: "", url });
  };
  const lookups = imageLookups({
    send,
    clock: { now: () => now, sleep: () => Promise.resolve() },
    loginsOf: () => Promise.reject(new Error("nobody named a Secret")),
  });
  const images = (...tags: readonly string[]): readonly ImageToFind[] => tags.map((tag) => ({ image: `registry.test/node:${tag}` }));
  const kind = (tag: string): string | undefined => lookups.of({ image: `registry.test/node:${tag}` })?.kind;
  return { lookups, images, kind, asked, pass: (milliseconds: number) => (now += milliseconds), statuses };
}

describe("images that are looked for", () => {
  it("are asked for once, and again when it is time: soon where there is none, seldom where there is", async () => {
    const { lookups, images, kind, asked, pass, statuses } = world({ a: 200, c: 503 });
    const all = images("a", "b", "c");
    expect([lookups.dueAt(all), lookups.dueAt([]), kind("a")]).toEqual([0, undefined, undefined]);
    await lookups.look(all);
    expect([kind("a"), kind("b"), kind("c")]).toEqual(["exists", "missing", "unknown"]);
    expect(lookups.of(all[1]!)).toEqual({ kind: "missing", why: "registry.test/node:b is not in its registry" });
    expect(lookups.dueAt(all)).toBe(1_000 + 5 * MINUTE);
    asked.length = 0;
    await lookups.look(all);
    expect(asked).toEqual([]);
    statuses["b"] = 200;
    pass(10 * MINUTE);
    await lookups.look(all);
    expect([asked.toSorted(), kind("b")]).toEqual([["b", "c"], "exists"]);
  });

  it("are not gone because a registry does not answer, and gone when it says so", async () => {
    const { lookups, images, kind, pass, statuses } = world({ a: 200 });
    await lookups.look(images("a"));
    statuses["a"] = 500;
    pass(24 * 60 * MINUTE);
    await lookups.look(images("a"));
    expect(kind("a")).toBe("exists");
    statuses["a"] = 404;
    pass(5 * MINUTE);
    await lookups.look(images("a"));
    expect(kind("a")).toBe("missing");
  });

  it("are asked for in portions, the first ones first", async () => {
    const { lookups, images, asked } = world({});
    const tags = Array.from({ length: 50 }, (_, index) => `t${index}`);
    await lookups.look(images(...tags));
    expect(asked.toSorted()).toEqual(tags.slice(0, 40).toSorted());
    expect(lookups.dueAt(images(...tags))).toBe(0);
    await lookups.look(images(...tags));
    expect(asked).toHaveLength(50);
  });
});

describe("images of a private registry", () => {
  const password = (secret: string): RegistryLogins => ({
    from: `Secret a/${secret}`,
    of: () => [{ kind: "password", username: secret, password: "p" }],
  });
  /** It lets in who comes with the token of the login `good`, and counts what it is asked. */
  function privateWorld(loginsOf: (secret: string) => RegistryLogins | Refusal) {
    let now = 1_000;
    const asked: string[] = [];
    const send: SendHttp = ({ url, headers = {} }) => {
      const { pathname, origin } = new URL(url);
      asked.push(`${pathname} ${headers["Authorization"] ?? "-"}`);
      const answer = (status: number, body = "", more = {}) => Promise.resolve({ status, headers: more, body, url });
      if (pathname === "/token")
        return headers["Authorization"] === `Basic ${Buffer.from("good:p").toString("base64")}`
          ? answer(200, '{"token":"T"}')
          : answer(401);
      if (headers["Authorization"] === "Bearer T") return answer(pathname.endsWith("/b") ? 404 : 200);
      return answer(401, "", { "www-authenticate": `Bearer realm="${origin}/token",service="r",scope="repository:node:pull"` });
    };
    const read: string[] = [];
    const lookups = imageLookups({
      send,
      clock: { now: () => now, sleep: () => Promise.resolve() },
      loginsOf: async (secret) => (read.push(secret), loginsOf(secret)),
    });
    return { lookups, asked, read, pass: (milliseconds: number) => (now += milliseconds) };
  }
  const node = (tag: string, secret?: string): ImageToFind => ({
    image: `registry.test/node:${tag}`,
    ...(secret === undefined ? {} : { secret }),
  });

  it("are seen with the login of their Secret, which is read once a look; what one login sees nobody else does", async () => {
    const { lookups, read } = privateWorld(password);
    const wanted = [node("a", "good"), node("b", "good"), node("a", "bad"), node("a")];
    await lookups.look(wanted);
    expect(wanted.map((one) => lookups.of(one)?.kind)).toEqual(["exists", "missing", "unknown", "unknown"]);
    expect(lookups.of(node("a", "bad"))).toMatchObject({
      why: expect.stringContaining("Its token server https://registry.test does not take the login of Secret a/bad"),
    });
    expect(lookups.of(node("a"))).toMatchObject({ why: expect.stringContaining("no Secret is named") });
    expect(read.toSorted()).toEqual(["bad", "good"]);
  });

  it("of one repository share a token", async () => {
    const { lookups, asked } = privateWorld(password);
    const wanted = Array.from({ length: 20 }, (_, index) => node(`t${index}`, "good"));
    await lookups.look(wanted);
    expect(wanted.every((one) => lookups.of(one)?.kind === "exists")).toBe(true);
    // At most one for each of those that ask at the same time.
    expect(asked.filter((line) => line.startsWith("/token")).length).toBeLessThanOrEqual(4);
  });

  it("are not known where their Secret cannot be used, nobody is asked, and what was seen before stays", async () => {
    let gone = false;
    const refusal = { reason: "SecretMissing", message: "There is no Secret a/good.", remedy: "Make it." };
    const { lookups, asked, pass } = privateWorld((secret) => (gone ? refusal : password(secret)));
    await lookups.look([node("a", "good")]);
    gone = true;
    asked.length = 0;
    pass(24 * 60 * MINUTE);
    await lookups.look([node("a", "good"), node("c", "good")]);
    expect(asked).toEqual([]);
    expect([lookups.of(node("a", "good")), lookups.of(node("c", "good"))]).toEqual([
      { kind: "exists" },
      { kind: "unknown", why: "There is no Secret a/good." },
    ]);
    gone = false;
    pass(5 * MINUTE);
    await lookups.look([node("c", "good")]);
    expect(lookups.of(node("c", "good"))).toEqual({ kind: "exists" });
  });
});
