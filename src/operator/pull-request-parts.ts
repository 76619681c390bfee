import { decodeId, encodeId } from "./pull-request-marker.ts";

/**
 * The text of a pull request for several changes: a part for each, by the change's id, between comments that people do not see. Each writer knows its own part and leaves the others as they
 * are, so that nothing but the pull request itself has to remember them.
 */
export type Parts = ReadonlyMap<string, string>;

const pattern = /<!-- capi-gitops part: (\S+) -->\n([^]*?)\n<!-- capi-gitops end of part -->/g;

export function readParts(body: string): Parts {
  return new Map([...body.replaceAll("\r\n", "\n").matchAll(pattern)].map(([, id = "", text = ""]) => [decodeId(id), text]));
}

/** The parts in the order of their ids, each shortened to its share of `longest` characters. */
export function joinParts(parts: Parts, longest: number): string {
  const share = Math.floor(longest / Math.max(1, parts.size));
  return [...parts]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([id, text]) => {
      const [begin, end] = [`<!-- capi-gitops part: ${encodeId(id)} -->`, "<!-- capi-gitops end of part -->"];
      return `${begin}\n${shortened(text, Math.max(0, share - begin.length - end.length - 4))}\n${end}`;
    })
    .join("\n\n");
}

const more = "… and more; see `capi-gitops plan`.";

/** Whole lines, so that no markup is cut in two. What was shortened before is not shortened again. */
function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const room = Math.max(0, longest - more.length - 2);
  const cut = text.slice(0, room);
  return `${cut.slice(0, Math.max(0, cut.lastIndexOf("\n"))).trimEnd()}\n\n${more}`;
}
