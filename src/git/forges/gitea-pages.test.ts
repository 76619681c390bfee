import type { HttpResponse } from "gitea-js";
import { expect, it } from "vitest";
import { allPages } from "./gitea-pages.ts";

/** A server that gives `atMost` on a page of what it has, and perhaps says how many those are. */
function server(has: number, atMost: number, saysTotal: boolean) {
  const asked: number[] = [];
  const all = Array.from({ length: has }, (_, at) => at);
  const ask = ({ page, limit }: { readonly page: number; readonly limit: number }): Promise<HttpResponse<readonly number[]>> => {
    asked.push(page);
    const size = Math.min(limit, atMost);
    const answer = new Response(null, { headers: saysTotal ? { "x-total-count": String(has) } : {} });
    return Promise.resolve(Object.assign(answer, { data: all.slice((page - 1) * size, page * size), error: undefined }));
  };
  return { asked, all, ask };
}

it.each([
  ["nothing", 0, 50, true, [1]],
  ["one page", 50, 50, true, [1]],
  ["two pages", 51, 50, true, [1, 2]],
  ["a server that gives less than is asked for", 25, 10, true, [1, 2, 3]],
  ["a server that does not say how many there are", 25, 10, false, [1, 2, 3, 4]],
  ["nothing, and nothing said of it", 0, 50, false, [1]],
])("%s", async (_, has, atMost, saysTotal, pages) => {
  const { asked, all, ask } = server(has, atMost, saysTotal);
  expect(await allPages(ask, ({ data }) => data)).toEqual(all);
  expect(asked).toEqual(pages);
});

it("ends where a server counts what it does not give", async () => {
  const { asked, ask } = server(100_000, 50, true);
  expect(await allPages(ask, ({ data }) => data)).toHaveLength(1_000);
  expect(asked).toHaveLength(20);
});
