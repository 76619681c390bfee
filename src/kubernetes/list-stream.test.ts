import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseList } from "./list-stream.ts";

async function* bytes(chunks: readonly (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk as string));
}

/** What was given to `keep` stands in the answer as `{ kept }`. */
function read(chunks: readonly (string | Buffer)[]): Promise<unknown> {
  return parseList(bytes(chunks), (kept) => ({ kept }));
}

describe("parseList", () => {
  it.each<[string, readonly string[], unknown]>([
    [
      "items before the metadata, as kube-apiserver gives lists of custom resources",
      ['{"apiVersion":"v1","items":[{"a":1},{"b":2}],"kind":"List","metadata":{"resourceVersion":"7","continue":"x"}}'],
      {
        apiVersion: "v1",
        kind: "List",
        metadata: { resourceVersion: "7", continue: "x" },
        items: [{ kept: { a: 1 } }, { kept: { b: 2 } }],
      },
    ],
    [
      "items after it",
      ['{"metadata":{"resourceVersion":"7"},"items":[{}]}\n'],
      { metadata: { resourceVersion: "7" }, items: [{ kept: {} }] },
    ],
    ["no items", ['{"items":[]}'], { items: [] }],
    ["null for items", ['{"items":null,"kind":"List"}'], { items: null, kind: "List" }],
    [
      "items further in are no items of the list",
      ['{"data":{"items":[{"a":1}]},"more":[{"items":[{}]}]}'],
      { data: { items: [{ a: 1 }] }, more: [{ items: [{}] }] },
    ],
    ["items within an item", ['{"items":[{"items":[{"items":[]}]}]}'], { items: [{ kept: { items: [{ items: [] }] } }] }],
    ["a text that reads as the field's name", ['{"kind":"items","other":[{"a":1}]}'], { kind: "items", other: [{ a: 1 }] }],
    ["a longer name", ['{"items-of-something-else":[{"a":1}]}'], { "items-of-something-else": [{ a: 1 }] }],
    ["indented", ['{\n "items": [\n  {\n   "a": [1, 2]\n  },\n  {}\n ]\n}'], { items: [{ kept: { a: [1, 2] } }, { kept: {} }] }],
    [
      "brackets and quotes in texts",
      ['{"items":[{"a":"}]\\"}\\\\"},{"b":"[{"}]}'],
      { items: [{ kept: { a: '}]"}\\' } }, { kept: { b: "[{" } }] },
    ],
    ["an escape between chunks", ['{"items":[{"a":"\\', '"}"}]}'], { items: [{ kept: { a: '"}' } }] }],
    ["no list", ['{"kind":"APIGroupList"}'], { kind: "APIGroupList" }],
    ["nothing", [], undefined],
  ])("%s", async (_, chunks, expected) => {
    expect(await read(chunks)).toEqual(expected);
    // The same, a byte at a time.
    const whole = Buffer.from(chunks.join(""));
    expect(await read(Array.from(whole, (_byte, index) => whole.subarray(index, index + 1)))).toEqual(expected);
  });

  it.each([
    "s3cret",
    "<html>s3cret</html>",
    '{"items":[{"a":"s3cret"}',
    '{"items":[{"a":"s3cret"},',
    '{"items":[{"a":s3cret}]}',
    '{"items":["s3cret"]}',
    '{"items":[7,{"a":"s3cret"}]}',
    '{"items":[{"a":"s3cret"}]}}',
  ])("%s is refused without being quoted", async (text) => {
    const error = await read([text]).catch((reason: unknown) => reason as Error);
    expect(error).toBeInstanceOf(SyntaxError);
    expect(String(error)).not.toContain("s3cret");
  });

  it("gives each item away before the next one comes", async () => {
    const events: string[] = [];
    const source = (async function* () {
      for (const text of ['{"items":[{"n":1}', ',{"n":2},{"n":', "3}]}"]) {
        events.push(`chunk ${text}`);
        yield await Promise.resolve(Buffer.from(text));
      }
    })();
    await parseList(source, (item) => events.push(`item ${JSON.stringify(item)}`));
    expect(events).toEqual([
      'chunk {"items":[{"n":1}',
      'item {"n":1}',
      'chunk ,{"n":2},{"n":',
      'item {"n":2}',
      "chunk 3}]}",
      'item {"n":3}',
    ]);
  });

  it("reads what JSON.parse reads, cut anywhere", async () => {
    const json = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ stringUnit: "grapheme" }), { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(
        fc.array(json),
        fc.record({ before: json, after: json, indent: fc.constantFrom(0, 1) }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        async (items, { before, after, indent }, sizes) => {
          const whole = Buffer.from(JSON.stringify({ before, items, after }, null, indent));
          const chunks: Buffer[] = [];
          for (let at = 0, turn = 0; at < whole.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            chunks.push(whole.subarray(at, at + size));
            at += size;
          }
          const plain = JSON.parse(whole.toString()) as { readonly items: readonly unknown[] };
          expect(await read(chunks)).toEqual({ ...plain, items: plain.items.map((kept) => ({ kept })) });
        },
      ),
      { numRuns: 100 },
    );
  });
});
