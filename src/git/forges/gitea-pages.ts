import type { HttpResponse } from "gitea-js";

/** What is asked for at once. A server may give less on a page (`[api] MAX_RESPONSE_ITEMS`), and gives 30 where nothing is asked for. */
export const pageSize = 50;
const mostPages = 20;

/**
 * A whole list, page after page: `X-Total-Count` tells when it is whole, and a server that does not send it is asked until a page is empty. (`total_count` of a combined
 * status counts its page.)
 */
export async function allPages<T, Item>(
  ask: (page: { readonly page: number; readonly limit: number }) => Promise<HttpResponse<T>>,
  itemsOf: (answer: HttpResponse<T>) => readonly Item[],
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const answer = await ask({ page, limit: pageSize });
    const found = itemsOf(answer);
    items.push(...found);
    const total = Number(answer.headers.get("x-total-count") ?? Infinity);
    if (found.length === 0 || items.length >= total) break;
  }
  return items;
}
