import { describe, expect, it } from "vitest";
import { namespacedName, rememberedPair, rememberedText } from "./remembered-texts.ts";

describe("texts that are remembered", () => {
  it("are made once", () => {
    const asked: string[] = [];
    const upper = rememberedText((text) => {
      asked.push(text);
      return text.toUpperCase();
    });
    expect(["a", "b", "a"].map(upper)).toEqual(["A", "B", "A"]);
    expect(asked).toEqual(["a", "b"]);
  });

  it("are told apart by both of their parts, in their order", () => {
    const asked: string[] = [];
    const joined = rememberedPair((one, other) => {
      asked.push(`${one} ${other}`);
      return `${one}-${other}`;
    });
    const pairs = [
      ["a", "b"],
      ["b", "a"],
      ["a", "a"],
      ["a", "b"],
    ] as const;
    expect(pairs.map(([one, other]) => joined(one, other))).toEqual(["a-b", "b-a", "a-a", "a-b"]);
    expect(asked).toEqual(["a b", "b a", "a a"]);
  });

  it("stay right when there are more than are kept", () => {
    const numbers = Array.from({ length: 100_000 }, (_, index) => String(index % 40_000));
    const marked = rememberedText((text) => `<${text}>`);
    expect(numbers.every((number) => marked(number) === `<${number}>`)).toBe(true);
    expect(numbers.every((number) => namespacedName("fleet", number) === `fleet/${number}`)).toBe(true);
  });
});
