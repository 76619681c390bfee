import type { HttpResponse } from "gitea-js";
import { wholeList } from "./whole-list.ts";

/** What is asked for at once. A server may give less on a page (`[api] MAX_RESPONSE_ITEMS`), and gives 30 where nothing is asked for. */
export const pageSize = 50;
const mostPages = 20;

/**
 * A whole list, page after page: `X-Total-Count` tells when it is whole, and a server that does not send it is asked until a page is empty. (`total_count` of a combined
 * status counts its page.)
 */
export function allPages<T, Item>(
  ask: (page: { readonly page: number; readonly limit: number }) => Promise<HttpResponse<T>>,
  itemsOf: (answer: HttpResponse<T>) => readonly Item[],
): Promise<readonly Item[]> {
  return wholeList(mostPages, async (page) => {
    const answer = await ask({ page, limit: pageSize });
    const total = Number(answer.headers.get("x-total-count") ?? Infinity);
    return { items: itemsOf(answer), isWhole: (count) => count >= total };
  });
}
