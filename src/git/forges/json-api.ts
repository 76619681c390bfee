import { safeParse, type BaseIssue, type BaseSchema } from "valibot";
import { forgeError } from "./classify-answer.ts";
import type { ForgeFetch } from "./forge-http.ts";

type Query = Readonly<Record<string, string | number | boolean>>;

export interface JsonApi {
  /** The answer, if it has the shape of `schema`; else it rejects with an `unknown` ForgeError. */
  ask<T>(
    schema: BaseSchema<unknown, T, BaseIssue<unknown>>,
    method: string,
    path: string,
    more?: { query?: Query; body?: unknown },
  ): Promise<T>;
  /** Where the answer does not matter. */
  tell(method: string, path: string, body?: unknown): Promise<void>;
}

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
  return {
    async ask(schema, method, path, { query = {}, body } = {}) {
      const answer: unknown = await (await send(method, path, query, body)).json();
      const read = safeParse(schema, answer);
      if (read.success) return read.output;
      const [issue] = read.issues;
      const field = issue.path?.map(({ key }) => String(key)).join(".") ?? "the answer";
      throw forgeError("unknown", `${method} ${apiUrl}${path} was answered with another shape than documented: ${field}: ${issue.message}`);
    },
    async tell(method, path, body) {
      await send(method, path, {}, body);
    },
  };
}
