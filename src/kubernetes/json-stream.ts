import { StringDecoder } from "node:string_decoder";

const [quote, backslash, openBrace, closeBrace] = ['"', "\\", "{", "}"].map((character) => character.charCodeAt(0));

/**
 * The JSON objects of a byte stream. They may follow each other with any white space between, and fill one line (kube-apiserver) or many (the
 * in-memory provider's workload API); characters may be split between chunks. An object that is not complete at the end is dropped. Throws
 * SyntaxError at anything else, without quoting it.
 */
export async function* jsonObjects(chunks: AsyncIterable<Buffer>): AsyncGenerator {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let [position, depth, inText] = [0, 0, false];
  for await (const chunk of chunks) {
    rest += decoder.write(chunk);
    let start = 0;
    for (; position < rest.length; position += 1) {
      const code = rest.charCodeAt(position);
      if (inText) {
        if (code === backslash) position += 1;
        else if (code === quote) inText = false;
      } else if (code === openBrace) depth += 1;
      else if (code === closeBrace && depth > 0) {
        depth -= 1;
        if (depth > 0) continue;
        yield parse(rest.slice(start, position + 1));
        start = position + 1;
      } else if (depth === 0) {
        if (code > 32) throw new SyntaxError("the stream holds something that is no JSON object");
        start = position + 1;
      } else if (code === quote) inText = true;
    }
    rest = rest.slice(start);
    // An escape may have gone past the end: then the first character of the next chunk is skipped.
    position -= start;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may be a Secret's.
    throw new SyntaxError("the stream holds an event that is no JSON");
  }
}
