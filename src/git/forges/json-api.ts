import { safeParse, type BaseIssue, type BaseSchema } from "valibot";
import { forgeError } from "./classify-answer.ts";
import type { ForgeFetch } from "./forge-http.ts";
import { wholeList } from "./whole-list.ts";

type Query = Readonly<Record<string, string | number | boolean>>;

export interface JsonApi {
  /** The answer, if it has the shape of `schema`; else it rejects with an `unknown` ForgeError. */
  ask<T>(
    schema: BaseSchema<unknown, T, BaseIssue<unknown>>,
    method: string,
    path: string,
    more?: { query?: Query; body?: unknown },
  ): Promise<T>;
  /** A whole list, page after page (`x-next-page`, as GitLab has it; where it is not sent, until a page is not full). */
  askAll<T>(schema: BaseSchema<unknown, readonly T[], BaseIssue<unknown>>, path: string): Promise<readonly T[]>;
  /** Where the answer does not matter. */
  tell(method: string, path: string, body?: unknown): Promise<void>;
}

/** GitLab gives no more on a page. */
const pageSize = 100;
const mostPages = 50;

/** `path` begins with a slash and is encoded by the caller. */
export function jsonApi(apiUrl: string, fetch: ForgeFetch): JsonApi {
  const send = (method: string, path: string, query: Query, body: unknown): Promise<Response> => {
    const pairs = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
    const search = new URLSearchParams(pairs).toString();
    return fetch(`${apiUrl}${path}${search === "" ? "" : `?${search}`}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  };
  async function read<T>(schema: BaseSchema<unknown, T, BaseIssue<unknown>>, what: string, response: Response): Promise<T> {
    const parsed = safeParse(schema, await response.json());
    if (parsed.success) return parsed.output;
    const [issue] = parsed.issues;
    const field = issue.path?.map(({ key }) => String(key)).join(".") ?? "the answer";
    throw forgeError("unknown", `${what} was answered with another shape than documented: ${field}: ${issue.message}`);
  }

  return {
    async ask(schema, method, path, { query = {}, body } = {}) {
      return read(schema, `${method} ${apiUrl}${path}`, await send(method, path, query, body));
    },
    askAll: (schema, path) =>
      wholeList(mostPages, async (page) => {
        const response = await send("GET", path, { page, per_page: pageSize }, undefined);
        const items = await read(schema, `GET ${apiUrl}${path}`, response);
        const next = response.headers.get("x-next-page");
        return { items, isWhole: () => (next === null ? items.length < pageSize : next === "") };
      }),
    async tell(method, path, body) {
      await send(method, path, {}, body);
    },
  };
}
