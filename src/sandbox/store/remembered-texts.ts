const most = 32_768;

/**
 * What is made of a text, or a text of two, over and over again, is made once: one and the same text is found in a map at once, where a new one is put together, hashed and compared letter by
 * letter. So many are kept, then it begins anew.
 */
export function rememberedText<Made extends object | string>(make: (text: string) => Made): (text: string) => Made {
  const known = new Map<string, Made>();
  return (text) => {
    let made = known.get(text);
    if (made === undefined) {
      made = make(text);
      if (known.size >= most) known.clear();
      known.set(text, made);
    }
    return made;
  };
}

export function rememberedPair(make: (one: string, other: string) => string): (one: string, other: string) => string {
  const known = new Map<string, Map<string, string>>();
  let count = 0;
  return (one, other) => {
    const before = known.get(one)?.get(other);
    if (before !== undefined) return before;
    if (count >= most) {
      known.clear();
      count = 0;
    }
    let group = known.get(one);
    if (group === undefined) known.set(one, (group = new Map()));
    const made = make(one, other);
    group.set(other, made);
    count += 1;
    return made;
  };
}

/** `namespace/name`. */
export const namespacedName = rememberedPair((namespace, name) => `${namespace}/${name}`);
