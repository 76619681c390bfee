/** Of each reading this many texts are remembered; longer ones are not. */
const mostKnown = 8;
const longestKnown = 100_000;

/** The same reading of a text for those who ask again soon, as an upgrade does at each look. For readings that nobody changes: edits are made to texts. What throws is not kept. */
export function readOnce<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const made = read(text);
    if (text.length > longestKnown) return made;
    const [oldest] = known.keys();
    if (known.size >= mostKnown && oldest !== undefined) known.delete(oldest);
    known.set(text, made);
    return made;
  };
}
