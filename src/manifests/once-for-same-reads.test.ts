import { describe, expect, it } from "vitest";
import { memoryFiles, overlayFiles } from "./memory-files.ts";
import { onceForSameReads } from "./once-for-same-reads.ts";
import type { FileReader } from "./repository-files.ts";
import { repositoryStates } from "./testing/states.ts";

/** Reads `<name>.list`, and all files that it names. */
function following() {
  const made: string[] = [];
  const ask = onceForSameReads(
    (name: string) => name,
    async (files: FileReader, name) => {
      made.push(name);
      const texts: string[] = [];
      for (const path of ((await files.read(`${name}.list`)) ?? "").split(" ")) texts.push((await files.read(path)) ?? "none");
      return texts.join("+");
    },
  );
  return { ask, made };
}

const files = { "a.list": "x y", "b.list": "y z", x: "1", y: "2", z: "3" };

describe("what is made of files", () => {
  it.each<[string, Readonly<Record<string, string>>, readonly string[], readonly string[]]>([
    ["nothing", files, ["1+2", "2+3"], []],
    ["a file that none reads", { ...files, other: "!" }, ["1+2", "2+3"], []],
    ["a file that one reads", { ...files, x: "9" }, ["9+2", "2+3"], ["a"]],
    ["a file that both read", { ...files, y: "9" }, ["1+9", "9+3"], ["a", "b"]],
    ["what decides which files are read", { ...files, "a.list": "z" }, ["3", "2+3"], ["a"]],
    ["a file is gone", { "a.list": "x y", "b.list": "y z", x: "1", y: "2" }, ["1+2", "2+none"], ["b"]],
  ])("is made anew where it was changed: %s", async (_, after, expected, madeAnew) => {
    const state = repositoryStates();
    const { ask, made } = following();
    await ask(state(files), ["a", "b"]);
    made.length = 0;
    expect(await ask(state(after), ["a", "b"])).toEqual(expected);
    expect(made).toEqual(madeAnew);
  });

  it("is made anew when a file appears where one was looked for", async () => {
    const state = repositoryStates();
    const { ask, made } = following();
    expect(await ask(state({ "a.list": "x y", x: "1" }), ["a"])).toEqual(["1+none"]);
    expect(await ask(state({ "a.list": "x y", x: "1", y: "2" }), ["a"])).toEqual(["1+2"]);
    expect(made).toEqual(["a", "a"]);
  });

  it("is remembered of two states that take turns, and not of a third", async () => {
    const state = repositoryStates();
    const { ask, made } = following();
    const [one, two, three] = ["1", "2", "3"].map((x) => state({ ...files, x }));
    for (const files of [one!, two!, one!, two!]) await ask(files, ["a"]);
    expect(made).toHaveLength(2);
    for (const files of [three!, two!, one!]) await ask(files, ["a"]);
    expect(made).toHaveLength(4);
  });

  it("of an edit that is not committed holds for the commit", async () => {
    const state = repositoryStates();
    const { ask, made } = following();
    const edit = overlayFiles(
      state(files),
      new Map([
        ["x", "9"],
        ["y", null],
      ]),
    );
    expect(await ask(edit, ["a"])).toEqual(["9+none"]);
    expect(await ask(state({ "a.list": "x y", x: "9" }), ["a"])).toEqual(["9+none"]);
    expect(made).toEqual(["a"]);
  });

  it("is not taken from a state for another while it is being made", async () => {
    const state = repositoryStates();
    const { ask } = following();
    const answers = await Promise.all(["1", "2", "3"].map((y) => ask(state({ ...files, y }), ["a", "b"])));
    expect(answers).toEqual([
      ["1+1", "1+3"],
      ["1+2", "2+3"],
      ["1+3", "3+3"],
    ]);
  });

  it("is another for another repository, and for files of which nothing tells that they are the same", async () => {
    const { ask, made } = following();
    for (const state of [repositoryStates()(files), repositoryStates()(files), memoryFiles(files), memoryFiles(files)])
      expect(await ask(state, ["a"])).toEqual(["1+2"]);
    expect(made).toHaveLength(4);
  });

  it("is not remembered when it failed", async () => {
    const state = repositoryStates();
    let fails = true;
    const ask = onceForSameReads(
      (name: string) => name,
      async (files: FileReader, name) => {
        if (fails) throw new Error("no answer");
        return (await files.read(name)) ?? "";
      },
    );
    await expect(ask(state(files), ["x"])).rejects.toThrow("no answer");
    fails = false;
    expect(await ask(state(files), ["x"])).toEqual(["1"]);
  });

  it("is forgotten when many have had no use for it, and not before", async () => {
    const state = repositoryStates();
    const { ask, made } = following();
    await ask(state(files), ["a", "b"]);
    for (let time = 0; time < 99; time += 1) await ask(state(files), ["b"]);
    await ask(state(files), ["a"]);
    expect(made).toEqual(["a", "b"]);
    for (let time = 0; time < 101; time += 1) await ask(state(files), ["b"]);
    await ask(state(files), ["a"]);
    expect(made).toEqual(["a", "b", "a"]);
  });

  it("is remembered only where it may be", async () => {
    const state = repositoryStates();
    const made: string[] = [];
    const ask = onceForSameReads(
      (name: string) => name,
      async (files: FileReader, name) => {
        made.push(name);
        return (await files.read(name)) ?? "";
      },
      { isKept: (text) => text !== "2", together: 1 },
    );
    for (let time = 0; time < 2; time += 1) expect(await ask(state(files), ["x", "y", "z"])).toEqual(["1", "2", "3"]);
    expect(made).toEqual(["x", "y", "z", "y"]);
  });

  it("comes in the order of what was asked for, however many", async () => {
    const names = Array.from({ length: 100 }, (_, index) => `n${index}`);
    const { ask } = following();
    const many = Object.fromEntries(names.flatMap((name) => [[`${name}.list`, name] as const, [name, `text of ${name}`] as const]));
    expect(await ask(repositoryStates()(many), names)).toEqual(names.map((name) => `text of ${name}`));
  });
});
