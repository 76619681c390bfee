import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonObjects } from "./json-stream.ts";

async function read(chunks: readonly (string | Buffer)[]): Promise<unknown[]> {
  const objects: unknown[] = [];
  const source = (async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk as string);
  })();
  for await (const object of jsonObjects(source)) objects.push(object);
  return objects;
}

describe("jsonObjects", () => {
  it.each<[string, readonly string[], readonly unknown[]]>([
    ["one a line", ['{"a":1}\n{"b":2}\n'], [{ a: 1 }, { b: 2 }]],
    ["none", ["", "\n\n"], []],
    ["over many lines", ['{\n "a": {\n  "b": 1\n }\n}{\n}\n'], [{ a: { b: 1 } }, {}]],
    ["braces and quotes in texts", ['{"a":"}{\\"}\\\\"}{"b":"{"}'], [{ a: '}{"}\\' }, { b: "{" }]],
    ["half an object at the end", ['{"a":1}\n{"b":'], [{ a: 1 }]],
    ["half a text at the end", ['{"a":1}\n{"b":"}'], [{ a: 1 }]],
    ["an escape between chunks", ['{"a":"\\', '"}"}'], [{ a: '"}' }]],
    ["an escaped backslash between chunks", ['{"a":"\\', '\\"}{"b":1}'], [{ a: "\\" }, { b: 1 }]],
  ])("%s", async (_, chunks, objects) => {
    expect(await read(chunks)).toEqual(objects);
  });

  it.each(["s3cret", "{s3cret}", '{"a":1} s3cret', "[]", "}"])("%s is refused without being quoted", async (text) => {
    const error = await read([text]).catch((reason: unknown) => reason as Error);
    expect(error).toBeInstanceOf(SyntaxError);
    expect(String(error)).not.toContain("s3cret");
  });

  it("any objects, indented or not, cut anywhere", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ stringUnit: "grapheme" }), { noNullPrototype: true }),
            fc.constantFrom(0, 1),
            fc.constantFrom("", "\n", "\r\n  "),
          ),
        ),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        async (objects, sizes) => {
          const bytes = Buffer.from(objects.map(([value, indent, gap]) => JSON.stringify(value, null, indent) + gap).join(""));
          const chunks: Buffer[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          expect(await read(chunks)).toEqual(objects.map(([value]) => JSON.parse(JSON.stringify(value)) as unknown));
        },
      ),
      { numRuns: 300 },
    );
  });
});
