import { describe, expect, it } from "vitest";
import { parseFile } from "./parsed-file.ts";
import { readOnce } from "./read-once.ts";
import { valuesOf } from "./values.ts";

describe("a text that is read again", () => {
  const reading = () => {
    const read: string[] = [];
    const once = readOnce((text) => {
      read.push(text);
      if (text === "broken") throw new Error("cannot be read");
      return { text };
    });
    return { read, once };
  };

  it("is the one that was read before, as long as it is one of the last eight", () => {
    const { read, once } = reading();
    const texts = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const first = texts.map(once);
    expect(texts.map(once).every((each, index) => each === first[index])).toBe(true);
    once("i");
    expect(once("a")).toEqual({ text: "a" });
    expect(read).toEqual([...texts, "i", "a"]);
  });

  it("is read each time when it is long, or cannot be read", () => {
    const { read, once } = reading();
    const long = "x".repeat(100_001);
    once(long);
    once(long);
    for (let time = 0; time < 2; time += 1) expect(() => once("broken")).toThrow("cannot be read");
    expect(read).toEqual([long, long, "broken", "broken"]);
  });

  it("keeps the name of each file that holds it", () => {
    const text = "kind: Cluster\nname: [\n";
    expect(["a.yaml", "b.yaml"].map((file) => parseFile(file, text))).toMatchObject([
      { kind: "refused", refusal: { message: expect.stringMatching(/^a\.yaml:\d/) as string } },
      { kind: "refused", refusal: { message: expect.stringMatching(/^b\.yaml:\d/) as string } },
    ]);
    expect(["a.yaml", "b.yaml"].map((file) => parseFile(file, "kind: Cluster\n"))).toMatchObject([
      { kind: "parsed", parsed: { file: "a.yaml" } },
      { kind: "parsed", parsed: { file: "b.yaml" } },
    ]);
  });

  it("says the same after an edit was worked out from it", () => {
    const text = "a: { b: 1 }\n";
    const [before] = valuesOf(text);
    expect(before).toEqual([{ a: { b: 1 } }]);
    expect(valuesOf(text)[0]).toBe(before);
  });
});
