/** `waiting-for-window` → `WaitingForWindow`: words of the domain as the API writes them. */
export function apiWord(word: string): string {
  return word
    .split("-")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
}

/** The word of the domain that the API writes so; undefined when there is none. */
export function domainWord<T extends string>(text: string | undefined, words: readonly T[]): T | undefined {
  return words.find((word) => apiWord(word) === text);
}
