const [quote, backslash, comma, openBracket, closeBracket, openBrace, closeBrace] = ['"', "\\", ",", "[", "]", "{", "}"].map((character) =>
  character.charCodeAt(0),
);

/**
 * The JSON of a list as it comes: each object of its `items` is parsed alone, and given away to `keep`, whose results stand in the answer in its place. So there is never more of a list in memory than
 * one object and what is kept, where a page of 500 machines is 5 MB of text and several times as much parsed. What is no list is parsed as it is. Rejects with SyntaxError, without quoting the text, which may be a Secret's.
 */
export async function parseList(chunks: AsyncIterable<Buffer>, keep: (item: unknown) => unknown): Promise<unknown> {
  const reader = listReader(keep);
  for await (const chunk of chunks) reader.push(chunk);
  return reader.end();
}

function listReader(keep: (item: unknown) => unknown): { push(chunk: Buffer): void; end(): unknown } {
  const items: unknown[] = [];
  /** Everything but the items. */
  const around: Buffer[] = [];
  /** The item at hand, as far as it came. */
  let begun: Buffer[] = [];
  let [depth, inText, inItems, inItem] = [0, false, false, false];
  /** An escape went past the end of a chunk: so many bytes of the next belong to it. */
  let skipped = 0;
  /** The last text at the list's own level: at a bracket, the field's name. */
  let name: Buffer[] = [];

  function push(chunk: Buffer): void {
    /** What is before it has been put away. */
    let start = 0;
    let at = skipped;
    for (; at < chunk.length; at += 1) {
      if (inText) {
        const end = endOfText(chunk, at);
        if (depth === 1) name.push(Buffer.from(chunk.subarray(at, end)));
        at = end;
        if (at >= chunk.length) break;
        inText = false;
        continue;
      }
      const code = chunk[at];
      if (code === quote) {
        if (inItems && !inItem) throw unreadable();
        inText = true;
        if (depth === 1) name = [];
      } else if (code === openBrace || code === openBracket) {
        depth += 1;
        if (depth === 2 && code === openBracket && Buffer.concat(name).toString() === "items") {
          inItems = true;
          around.push(Buffer.from(chunk.subarray(start, at + 1)));
        } else if (depth === 3 && inItems) {
          inItem = true;
          start = at;
        }
      } else if (code === closeBrace || code === closeBracket) {
        depth -= 1;
        if (depth === 1 && inItems) {
          inItems = false;
          start = at;
        } else if (depth === 2 && inItem) {
          inItem = false;
          begun.push(chunk.subarray(start, at + 1));
          items.push(keep(parse(begun)));
          begun = [];
        }
      } else if (inItems && !inItem && code !== comma && (code ?? 0) > 32) throw unreadable();
    }
    skipped = at - chunk.length;
    // Copies: what the chunk is part of would stay alive.
    if (inItem) begun.push(Buffer.from(chunk.subarray(start)));
    else if (!inItems) around.push(Buffer.from(chunk.subarray(start)));
  }

  function end(): unknown {
    const answer = parse(around);
    // With items it had a field of that name: it is an object.
    return items.length === 0 ? answer : { ...(answer as object), items };
  }

  return { push, end };
}

/** The place of the quote that ends a text; of a text that goes on in the next chunk where it goes on, which may be beyond its first byte. */
function endOfText(chunk: Buffer, from: number): number {
  let at = from;
  for (; at < chunk.length; at += 1) {
    const code = chunk[at];
    if (code === quote) return at;
    if (code === backslash) at += 1;
  }
  return at;
}

function parse(parts: readonly Buffer[]): unknown {
  const [first] = parts;
  const text = (first !== undefined && parts.length === 1 ? first : Buffer.concat(parts)).toString("utf8");
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable();
  }
}

function unreadable(): SyntaxError {
  return new SyntaxError("the answer is no JSON");
}
