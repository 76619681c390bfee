import { array, number } from "valibot";
import { expect, it } from "vitest";
import { jsonApi } from "./json-api.ts";

/** A server with so many items, that says which page is next, or nothing of it. */
function server(has: number, saysNext: boolean) {
  const asked: string[] = [];
  const api = jsonApi("https://gitlab.example/api/v4", (input) => {
    const url = input instanceof Request ? input.url : String(input);
    asked.push(new URL(url).search);
    const query = new URL(url).searchParams;
    const [page, size] = [Number(query.get("page")), Number(query.get("per_page"))];
    const items = Array.from({ length: has }, (_, at) => at).slice((page - 1) * size, page * size);
    const headers = saysNext ? { "x-next-page": page * size < has ? String(page + 1) : "" } : {};
    return Promise.resolve(Response.json(items, { headers }));
  });
  return { asked, all: () => api.askAll(array(number()), "/statuses") };
}

it.each([
  [0, true, 1],
  [100, true, 1],
  [101, true, 2],
  [250, false, 3],
  [200, false, 3],
  [0, false, 1],
])("of %d items, the next page named: %s, all are read by %d requests", async (has, saysNext, requests) => {
  const { asked, all } = server(has, saysNext);
  expect(await all()).toHaveLength(has);
  expect(asked).toEqual(Array.from({ length: requests }, (_, at) => `?page=${at + 1}&per_page=100`));
});

it("a list that does not end is read for fifty pages", async () => {
  const { asked, all } = server(1_000_000, true);
  expect(await all()).toHaveLength(5_000);
  expect(asked).toHaveLength(50);
});

it("a page that is no list is told as such", async () => {
  const api = jsonApi("https://gitlab.example/api/v4", () => Promise.resolve(Response.json({ message: "hello" })));
  await expect(api.askAll(array(number()), "/statuses")).rejects.toThrow(
    "GET https://gitlab.example/api/v4/statuses was answered with another shape",
  );
});
