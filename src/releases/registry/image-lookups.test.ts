import { describe, expect, it } from "vitest";
import type { SendHttp } from "../../http/send-http.ts";
import { imageLookups } from "./image-lookups.ts";

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
  const lookups = imageLookups({ send, clock: { now: () => now, sleep: () => Promise.resolve() } });
  const images = (...tags: readonly string[]): readonly string[] => tags.map((tag) => `registry.test/node:${tag}`);
  const kind = (tag: string): string | undefined => lookups.of(`registry.test/node:${tag}`)?.kind;
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
