import { fallback, number, object, optional, safeParse, string } from "valibot";
import { HttpError, type HttpAnswer, type SendHttp } from "../../http/send-http.ts";
import { feedLimits } from "../feeds/http-feed.ts";
import { tokenServer, type Challenge } from "./challenge.ts";
import { basicAuthorization, type RegistryLogin } from "./registry-login.ts";

/** What a token server said. */
export type TokenAnswer =
  | { readonly kind: "token"; readonly authorization: string; readonly lifeSeconds: number }
  | { readonly kind: "refused"; readonly server: string; readonly status: number }
  | { readonly kind: "untrusted"; readonly server: string };

export interface TokenRequest {
  readonly challenge: Challenge & { readonly scheme: "bearer" };
  /** URL that the challenge came from. */
  readonly registry: string;
  readonly login: RegistryLogin | undefined;
  readonly send: SendHttp;
  readonly signal: AbortSignal | undefined;
}

const Token = object({
  token: fallback(optional(string()), undefined),
  access_token: fallback(optional(string()), undefined),
  expires_in: fallback(optional(number()), undefined),
});

/** Where the token server does not say how long: "When omitted, this defaults to 60 seconds". */
const defaultLifeSeconds = 60;

/**
 * A token for what the challenge names (Distribution's "Token Authentication Specification" and "Oauth2 Token Authentication"). Redirects are not followed: the login is for this server. Rejects with
 * HttpError where it gives no answer that can be used, which passes by itself.
 */
export async function registryToken({ challenge, registry, login, send, signal }: TokenRequest): Promise<TokenAnswer> {
  const at = tokenServer(challenge.realm, registry);
  if (at.kind === "untrusted") return { kind: "untrusted", server: at.shown };
  const server = at.url.origin;
  const answer = await (login?.kind === "identity-token" ? refresh(at.url, login.token) : get(at.url));
  if ([400, 401, 403].includes(answer.status)) return { kind: "refused", server, status: answer.status };
  if (answer.status !== 200)
    throw new HttpError("unreachable", `The token server ${server} answers with HTTP status ${answer.status}. Look at that server.`);
  const token = safeParse(Token, jsonOrNothing(answer.body));
  const text = token.success ? (token.output.token ?? token.output.access_token) : undefined;
  // A token with a line break would be refused by Node with an error that repeats it.
  if (!token.success || text === undefined || !/^[\x21-\x7e]+$/.test(text))
    throw new HttpError("unreachable", `The token server ${server} answers without a token. Is the registry's realm right?`);
  return { kind: "token", authorization: `Bearer ${text}`, lifeSeconds: token.output.expires_in ?? defaultLifeSeconds };

  function get(url: URL): Promise<HttpAnswer> {
    const asked = new URL(url);
    const service = challenge.parameters.get("service");
    if (service !== undefined) asked.searchParams.set("service", service);
    for (const scope of scopesOf(challenge)) asked.searchParams.append("scope", scope);
    const basic = basicAuthorization(login);
    return send({
      method: "GET",
      url: asked.href,
      headers: basic === undefined ? {} : { Authorization: basic },
      redirects: 0,
      signal,
      ...feedLimits,
    });
  }

  function refresh(url: URL, refreshToken: string): Promise<HttpAnswer> {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      service: challenge.parameters.get("service") ?? "",
      client_id: "clusterapi-gitops",
      scope: scopesOf(challenge).join(" "),
      refresh_token: refreshToken,
    });
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    return send({ method: "POST", url: url.href, headers, body: form.toString(), redirects: 0, signal, ...feedLimits });
  }
}

/** "Should be specified multiple times if there is more than one". */
function scopesOf({ parameters }: TokenRequest["challenge"]): readonly string[] {
  return (parameters.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
