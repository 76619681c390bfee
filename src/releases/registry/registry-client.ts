import { fallback, object, optional, safeParse, string } from "valibot";
import { HttpError, type HttpAnswer, type SendHttp } from "../../http/send-http.ts";
import { feedLimits } from "../feeds/http-feed.ts";
import { parseChallenge, tokenUrl, type Challenge } from "./challenge.ts";

export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

export interface RegistryRequest {
  readonly method: "GET" | "HEAD";
  /** With the registry's base. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Asks one registry, with what it demands: nothing, a token that it names the place of, or a name and a password. */
export type AskRegistry = (request: RegistryRequest) => Promise<HttpAnswer>;

const Token = object({ token: fallback(optional(string()), undefined), access_token: fallback(optional(string()), undefined) });

/** Rejects with HttpError; a registry that will not be asked is an answer with status 401. The token is kept, and renewed once it is not taken any more. */
export function registryClient(send: SendHttp, credentials?: RegistryCredentials): AskRegistry {
  let authorization: string | undefined;
  return async ({ method, url, headers, signal }) => {
    const ask = (): Promise<HttpAnswer> =>
      send({
        method,
        url,
        headers: { ...headers, ...(authorization === undefined ? {} : { Authorization: authorization }) },
        redirects: 5,
        signal,
        ...feedLimits,
      });
    const answer = await ask();
    const challenge = answer.status === 401 ? parseChallenge(answer.headers["www-authenticate"] ?? "") : undefined;
    if (challenge === undefined) return answer;
    const next = await authorizationFor(challenge, url, send, credentials, signal);
    if (next === undefined || next === authorization) return answer;
    authorization = next;
    return ask();
  };
}

async function authorizationFor(
  challenge: Challenge,
  url: string,
  send: SendHttp,
  credentials: RegistryCredentials | undefined,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const basic = credentials && `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
  if (challenge.scheme === "basic") return basic;
  const at = tokenUrl(challenge, url);
  if (at === undefined)
    throw new HttpError(
      "url",
      `${new URL(url).origin} sends to a token server that is not reached by https; it is not asked. Ask the registry's operator.`,
    );
  const answer = await send({
    method: "GET",
    url: at,
    headers: basic === undefined ? {} : { Authorization: basic },
    redirects: 0,
    signal,
    ...feedLimits,
  });
  if (answer.status !== 200) return undefined;
  const token = safeParse(Token, jsonOrNothing(answer.body));
  const text = token.success ? (token.output.token ?? token.output.access_token) : undefined;
  // A token with a line break would be refused by Node with an error that repeats it.
  return text === undefined || !/^[\x21-\x7e]+$/.test(text) ? undefined : `Bearer ${text}`;
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
