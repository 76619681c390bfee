/**
 * Which of a repository's blobs name what: each word and the ids of the blobs that hold it. An id is the hash of the content, so what is noted of a blob stays right
 * in whatever commits it occurs; nothing is ever taken out. A word is a run of letters, digits, `_`, `.` and `-`, as long as the name of an object may be.
 */
export interface WordIndex {
  has(id: string): boolean;
  /** Blobs that were noted. */
  readonly size: number;
  add(id: string, content: Buffer): void;
  blobsWith(word: string): readonly string[];
}

export function wordIndex(): WordIndex {
  const noted = new Set<string>();
  const blobs = new Map<string, string[]>();

  return {
    has: (id) => noted.has(id),
    get size() {
      return noted.size;
    },
    add(id, content) {
      if (noted.has(id)) return;
      noted.add(id);
      // Bytes beyond ASCII are in no word, as whatever encoding they are: UTF-8 need not be decoded.
      for (const word of new Set(content.toString("latin1").match(/[\w.-]+/g))) {
        if (!isWord(word)) continue;
        const known = blobs.get(word);
        if (known === undefined) blobs.set(ownText(word), [id]);
        else known.push(id);
      }
    },
    blobsWith: (word) => blobs.get(word) ?? [],
  };
}

/** DNS-1123 subdomain: no name of an object is longer. */
const longestName = 253;

export function isWord(text: string): boolean {
  return /^[\w.-]*\w[\w.-]*$/.test(text) && text.length <= longestName;
}

/** V8 cuts a word out of a text by pointing into it: the whole file would stay in memory for one word. */
function ownText(word: string): string {
  return Buffer.from(word, "latin1").toString("latin1");
}
