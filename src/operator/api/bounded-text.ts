/** Limits of the CRDs, so that a status is never refused for its size. `limit` counts characters as an API server does: code points. */
export function clipped(text: string, limit: number): string {
  // No text has more code points than code units.
  if (text.length <= limit) return text;
  const characters = Array.from(text);
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join("")}…`;
}

/** Epoch milliseconds as an API server writes times: whole seconds, UTC. */
export function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** Entries that are undefined are left out: server-side apply takes what is missing as what is to go. */
export function defined<T extends object>(fields: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  // Exactly the entries of that type are left.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}
