/** A page of a list. */
interface Page<Item> {
  readonly items: readonly Item[];
  /** By what the forge says of the list, of which so many items are there now. */
  readonly isWhole: (count: number) => boolean;
}

/** A list page after page, from the first one on, until it is whole, or a page is empty; never more than `mostPages`. */
export async function wholeList<Item>(mostPages: number, ask: (page: number) => Promise<Page<Item>>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const { items, isWhole } = await ask(page);
    all.push(...items);
    if (items.length === 0 || isWhole(all.length)) break;
  }
  return all;
}
