import { compareElements, leaf, type FieldSet } from "./field-set.ts";

/** Equal sets become one frozen object, in the order in which the API server writes them: ten thousand Machines own the same few dozen sets of fields. */
export interface InternedSets {
  intern(set: FieldSet): FieldSet;
}

/** Sets with uids or names of their own in them never come again; then the table is emptied, at the price of some duplicates. */
const limit = 50_000;

export function createInternedSets(): InternedSets {
  const numbers = new WeakMap<FieldSet, number>();
  const sets = new Map<string, FieldSet>();
  let count = 0;

  function intern(set: FieldSet): FieldSet {
    if (numbers.has(set)) return set;
    const elements = Object.keys(set);
    if (!isInOrder(elements)) elements.sort(compareElements);
    if (elements.length === 0) return leaf;
    const node: Record<string, FieldSet> = {};
    let text = "";
    for (const element of elements) {
      const child = intern(set[element]!);
      node[element] = child;
      text += `${element}\n${numbers.get(child)}\n`;
    }
    const known = sets.get(text);
    if (known !== undefined) return known;
    if (sets.size >= limit) sets.clear();
    Object.freeze(node);
    numbers.set(node, (count += 1));
    sets.set(text, node);
    return node;
  }

  numbers.set(leaf, 0);
  return { intern };
}

/** Mostly they are: what a set was made from had been sorted. */
function isInOrder(elements: readonly string[]): boolean {
  for (let index = 1; index < elements.length; index += 1) if (compareElements(elements[index - 1]!, elements[index]!) > 0) return false;
  return true;
}
