/**
 * A set of fields as FieldsV1 writes it (KEP-555): `{"f:data": {".": {}, "f:a": {}}}`. A node without children is a member; one with children is a member when it has ".". The sets are
 * worked on in this form: what an operation leaves as it was comes out as the same object, so that "nothing changed" is seen by ===. The empty set is undefined.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

export const leaf: FieldSet = Object.freeze({});

export function isLeaf(set: FieldSet): boolean {
  if (set === leaf) return true;
  for (const _element in set) return false;
  return true;
}

/** Is the field itself in the set, beside what is below it? */
export function isMember(set: FieldSet): boolean {
  return set["."] !== undefined || isLeaf(set);
}

/** A node of children that may be undefined or empty. */
export function nodeOf(member: boolean, children: Readonly<Record<string, FieldSet>> | undefined): FieldSet | undefined {
  if (children === undefined) return member ? leaf : undefined;
  for (const _element in children) return member ? { ".": leaf, ...children } : children;
  return member ? leaf : undefined;
}

export function union(one: FieldSet | undefined, other: FieldSet | undefined): FieldSet | undefined {
  if (one === undefined || one === other) return other;
  if (other === undefined) return one;
  return unionOf(one, other);
}

function unionOf(one: FieldSet, other: FieldSet): FieldSet {
  if (one === other) return one;
  if (isLeaf(other)) return isMember(one) ? one : { ".": leaf, ...one };
  if (isLeaf(one)) return other["."] === undefined ? { ".": leaf, ...other } : other;
  let merged: Record<string, FieldSet> | undefined;
  for (const element in other) {
    const mine = one[element];
    const theirs = other[element]!;
    const both = mine === undefined ? theirs : unionOf(mine, theirs);
    if (both === mine) continue;
    merged ??= { ...one };
    merged[element] = both;
  }
  return merged ?? one;
}

/** Members of `one` that are not members of `other`; what is below a member stays. */
export function difference(one: FieldSet | undefined, other: FieldSet | undefined): FieldSet | undefined {
  if (one === undefined || other === undefined) return one;
  const without = isMember(other);
  if (isLeaf(one)) return without ? undefined : one;
  let left: Record<string, FieldSet> | undefined;
  if (without && one["."] !== undefined) {
    left = { ...one };
    delete left["."];
  }
  for (const element in other) {
    const mine = element === "." ? undefined : one[element];
    if (mine === undefined) continue;
    const rest = difference(mine, other[element]);
    if (rest === mine) continue;
    left ??= { ...one };
    if (rest === undefined) delete left[element];
    else left[element] = rest;
  }
  if (left === undefined) return one;
  const member = left["."] !== undefined;
  if (!member) return isLeaf(left) ? undefined : left;
  for (const element in left) if (element !== ".") return left;
  return leaf;
}

export function intersection(one: FieldSet | undefined, other: FieldSet | undefined): FieldSet | undefined {
  if (one === undefined || other === undefined) return undefined;
  const children: Record<string, FieldSet> = {};
  for (const element in one) {
    const both = element === "." ? undefined : intersection(one[element], other[element]);
    if (both !== undefined) children[element] = both;
  }
  return nodeOf(isMember(one) && isMember(other), children);
}

export function sameSet(one: FieldSet | undefined, other: FieldSet | undefined): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined) return false;
  let count = 0;
  for (const element in one) {
    if (!sameSet(one[element], other[element])) return false;
    count += 1;
  }
  for (const _element in other) count -= 1;
  return count === 0;
}

/** The elements of every member, outermost first; at each level the members before what is below them, as structured-merge-diff lists conflicts. */
export function paths(set: FieldSet, prefix: readonly string[] = []): readonly (readonly string[])[] {
  const children = Object.keys(set)
    .filter((element) => element !== ".")
    .sort(compareElements);
  return [
    ...children.filter((element) => isMember(set[element]!)).map((element) => [...prefix, element]),
    ...children.filter((element) => !isLeaf(set[element]!)).flatMap((element) => paths(set[element]!, [...prefix, element])),
  ];
}

/** Fields, then keys, then values; numbers in keys by size. */
export function compareElements(one: string, other: string): number {
  if (one[0] === other[0] && (one[0] === "k" || one[0] === "v")) {
    const [left, right] = [fieldsOf(one), fieldsOf(other)];
    for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
      const order = compareValues(left[index]![0], right[index]![0]) || compareValues(left[index]![1], right[index]![1]);
      if (order !== 0) return order;
    }
    return left.length - right.length;
  }
  return compareValues(one, other);
}

/** The elements of lists that were told apart last: in ten thousand objects they are the same few conditions, owners and containers. */
const knownFields = new Map<string, readonly (readonly [string, unknown])[]>();
const mostKnownFields = 4_096;

function fieldsOf(element: string): readonly (readonly [string, unknown])[] {
  const known = knownFields.get(element);
  if (known !== undefined) return known;
  const parsed: unknown = JSON.parse(element.slice(2));
  const fields: readonly (readonly [string, unknown])[] =
    typeof parsed === "object" && parsed !== null ? Object.entries(parsed) : [["", parsed]];
  if (knownFields.size >= mostKnownFields) knownFields.clear();
  knownFields.set(element, fields);
  return fields;
}

function compareValues(one: unknown, other: unknown): number {
  if (one === other) return 0;
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one) < String(other) ? -1 : 1;
}
