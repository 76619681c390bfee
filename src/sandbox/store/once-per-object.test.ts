import { expect, it } from "vitest";
import { oncePerObject } from "./once-per-object.ts";

it("makes what is made of an object once, also where that is nothing", () => {
  const asked: string[] = [];
  const nameOf = oncePerObject(({ name }: { readonly name?: string }) => {
    asked.push(name ?? "none");
    return name;
  });
  const [one, other, without] = [{ name: "a" }, { name: "a" }, {}];
  expect([one, other, without, one, without].map(nameOf)).toEqual(["a", "a", undefined, "a", undefined]);
  expect(asked).toEqual(["a", "a", "none"]);
});
