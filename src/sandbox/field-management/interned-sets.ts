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
    const node: Record<string, FieldSet> = {};
    let text = "";
    for (const element in set) {
      const child = intern(set[element]!);
      node[element] = child;
      text += `${element}\n${numbers.get(child)}\n`;
    }
    if (text === "") return leaf;
    let known = sets.get(text);
    if (known === undefined) {
      known = inOrder(node);
      if (sets.size >= limit) sets.clear();
      sets.set(text, known);
    }
    return known;
  }

  /** Equal sets whose elements came in another order are one object as well. */
  function inOrder(node: FieldSet): FieldSet {
    const elements = Object.keys(node);
    if (!isInOrder(elements)) return intern(Object.fromEntries(elements.sort(compareElements).map((element) => [element, node[element]!])));
    Object.freeze(node);
    numbers.set(node, (count += 1));
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
