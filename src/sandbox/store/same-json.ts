type Fields = Readonly<Record<string, unknown>>;

/** Are two values of JSON the same? A field that is undefined is none; the order of fields does not matter. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    for (let index = 0; index < one.length; index += 1)
      if (one[index] !== other[index] && !sameJson(one[index], other[index])) return false;
    return true;
  }
  const [left, right] = [one as Fields, other as Fields];
  for (const key in left) if (left[key] !== right[key] && !sameJson(left[key], right[key])) return false;
  for (const key in right) if (right[key] !== undefined && left[key] === undefined) return false;
  return true;
}

/**
 * `after`, where every part that says the same as that of `before` is that very part; `before` itself when nothing differs. What a write leaves alone is then told by ===, costs no memory a second
 * time, and is not looked at again by schemas, field management and watchers. Neither is changed.
 */
export function sharingParts<T>(before: unknown, after: T): T {
  // What is put in its place says the same.
  return shared(before, after) as T;
}

function shared(before: unknown, after: unknown): unknown {
  if (before === after || typeof before !== "object" || typeof after !== "object" || before === null || after === null) return after;
  if (Array.isArray(after)) return Array.isArray(before) ? sharedList(before, after) : after;
  return Array.isArray(before) ? after : sharedFields(before as Fields, after as Fields);
}

function sharedList(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  let isSame = before.length === after.length;
  let mixed: unknown[] | undefined;
  for (let index = 0; index < after.length; index += 1) {
    const item = after[index];
    if (item === before[index]) continue;
    const part = shared(before[index], item);
    if (part !== before[index]) isSame = false;
    if (part !== item) (mixed ??= [...after])[index] = part;
  }
  return isSame ? before : (mixed ?? after);
}

function sharedFields(before: Fields, after: Fields): Fields {
  let isSame = true;
  let mixed: Record<string, unknown> | undefined;
  for (const field in after) {
    const value = after[field];
    const old = before[field];
    if (value === old) continue;
    const part = shared(old, value);
    if (part !== old) isSame = false;
    if (part !== value) (mixed ??= { ...after })[field] = part;
  }
  if (isSame) {
    for (const field in before) {
      if (before[field] === undefined || after[field] !== undefined) continue;
      isSame = false;
      break;
    }
  }
  return isSame ? before : (mixed ?? after);
}
