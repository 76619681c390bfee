import { describe, expect, it } from "vitest";
import { UsageError } from "../failure.ts";
import { outputFormat, outputFormats, render } from "./structured.ts";

const data = { name: "demo", version: undefined, machines: [{ version: "v1.35.2" }, { version: "1.10" }] };
const text = (): string => "for people";

describe("outputFormat", () => {
  it.each(outputFormats)("%s", (format) => {
    expect(outputFormat(format)).toBe(format);
  });

  it.each(["xml", "JSON", ""])("%j is a usage error that names those that there are", (format) => {
    expect(() => outputFormat(format)).toThrow(new UsageError(`-o ${format} is not known. Use one of: table, wide, json, yaml.`));
  });
});

describe("render", () => {
  it.each(["table", "wide"] as const)("%s is for people", async (format) => {
    expect(await render(format, data, text)).toBe("for people");
  });

  it("json has two blanks, and leaves out what is undefined", async () => {
    expect(await render("json", data, text)).toBe(`{
  "name": "demo",
  "machines": [
    {
      "version": "v1.35.2"
    },
    {
      "version": "1.10"
    }
  ]
}`);
  });

  it("yaml quotes what would be read as a number, and leaves out what is undefined", async () => {
    expect(await render("yaml", data, text)).toBe('name: demo\nmachines:\n  - version: v1.35.2\n  - version: "1.10"\n');
  });

  it("yaml writes an object that is there twice twice, without an alias", async () => {
    const one = { a: 1 };
    expect(await render("yaml", { x: one, y: one }, text)).toBe("x:\n  a: 1\ny:\n  a: 1\n");
  });
});
