/**
 * Puts the items that a patch names in the order of the patch, and the others, in their live order, between them: each before the first that stood behind it
 * (https://github.com/kubernetes/design-proposals-archive/blob/main/cli/preserve-order-in-strategic-merge-patch.md).
 */
export function withOrder(
  items: readonly unknown[],
  order: readonly unknown[],
  live: readonly unknown[],
  keyOf: (item: unknown) => unknown,
): readonly unknown[] {
  const wanted = order.map(keyOf);
  const places = live.map(keyOf);
  const place = (item: unknown): number => places.indexOf(keyOf(item));
  const named = items
    .filter((item) => wanted.includes(keyOf(item)))
    .sort((one, other) => wanted.indexOf(keyOf(one)) - wanted.indexOf(keyOf(other)));
  const others = items.filter((item) => !wanted.includes(keyOf(item))).sort((one, other) => place(one) - place(other));
  const sorted: unknown[] = [];
  for (const item of named) {
    const here = place(item);
    // An item that is new among the named ones has no place that others could stand before.
    const next = others.findIndex((other) => place(other) < 0 || place(other) >= here);
    sorted.push(...others.splice(0, next < 0 ? others.length : next), item);
  }
  return [...sorted, ...others];
}
