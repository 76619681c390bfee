import { describe, expect, it } from "vitest";
import { memoryFiles } from "./memory-files.ts";
import { onceForEach, oncePerState } from "./once-for-each.ts";

describe("what is asked once", () => {
  it("for each key is made once, also for those who ask before it is there", async () => {
    const made: string[] = [];
    const ask = onceForEach((key: string) => {
      made.push(key);
      return Promise.resolve(`${key}!`);
    });
    expect(await Promise.all([ask("a"), ask("a"), ask("b")])).toEqual(["a!", "a!", "b!"]);
    expect(await ask("a")).toBe("a!");
    expect(made).toEqual(["a", "b"]);
  });

  it("is asked again after a failure, of which all are told who asked", async () => {
    let fails = true;
    const ask = onceForEach(() => (fails ? Promise.reject(new Error("no answer")) : Promise.resolve(1)));
    expect(await Promise.allSettled([ask("a"), ask("a")])).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);
    fails = false;
    expect(await ask("a")).toBe(1);
  });

  it("for each state of a repository is not taken from another that reads the same", async () => {
    const listed: string[] = [];
    const ask = oncePerState(async (files) => listed.push(...(await files.list())));
    const [one, other] = [memoryFiles({ a: "" }), memoryFiles({ a: "" })];
    await Promise.all([ask(one), ask(one), ask(other)]);
    await ask(one);
    expect(listed).toEqual(["a", "a"]);
  });
});
