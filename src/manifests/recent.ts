/** What was worked out of texts lately, by key, as long as those texts are no more than `mostCharacters` together. What was asked for longest ago goes first. */
export interface Recent<T> {
  get(key: string): T | undefined;
  /** `characters`: how long the text is. One that is longer than all may be together is not kept. */
  set(key: string, characters: number, value: T): void;
}

export function recent<T>(mostCharacters: number): Recent<T> {
  const known = new Map<string, { readonly characters: number; readonly value: T }>();
  let total = 0;

  const take = (key: string): { readonly characters: number; readonly value: T } | undefined => {
    const found = known.get(key);
    if (found === undefined) return undefined;
    known.delete(key);
    total -= found.characters;
    return found;
  };
  const put = (key: string, entry: { readonly characters: number; readonly value: T }): void => {
    known.set(key, entry);
    total += entry.characters;
  };

  return {
    get(key) {
      const found = take(key);
      if (found !== undefined) put(key, found);
      return found?.value;
    },
    set(key, characters, value) {
      take(key);
      if (characters > mostCharacters) return;
      put(key, { characters, value });
      for (const oldest of known.keys()) {
        if (total <= mostCharacters) break;
        take(oldest);
      }
    },
  };
}
