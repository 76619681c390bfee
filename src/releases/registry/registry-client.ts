import type { Clock } from "../../clock.ts";
import type { HttpAnswer, SendHttp } from "../../http/send-http.ts";
import type { Refusal } from "../../refusal.ts";
import { feedLimits } from "../feeds/http-feed.ts";
import { parseChallenge } from "./challenge.ts";
import { repositoryName, type ImageReference } from "./image-reference.ts";
import { accessRefused, type Attempt } from "./registry-access.ts";
import { basicAuthorization, type RegistryLogin, type RegistryLogins } from "./registry-login.ts";
import { registryToken } from "./registry-token.ts";

export interface RegistryRequest {
  readonly method: "GET" | "HEAD";
  /** With the registry's base. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface RegistryRefusal {
  readonly kind: "refused";
  readonly refusal: Refusal;
}

/** Asks for one repository, with what its registry demands: nothing, a token that it names the place of, or a name and a password. Refused: it wants a login that it was not given. */
export type AskRegistry = (request: RegistryRequest) => Promise<HttpAnswer | RegistryRefusal>;

export interface RegistryClientOptions {
  readonly image: ImageReference;
  /** Undefined: nobody named a Secret. */
  readonly logins?: RegistryLogins | undefined;
  readonly send: SendHttp;
  readonly clock: Pick<Clock, "now">;
}

/** How long before its end a token is not used any more, in milliseconds: the request is under way for some of it. */
const marginMilliseconds = 5_000;

/**
 * Rejects with HttpError. A login is shown to the registry itself and to the token server that it names (challenge.ts), after the registry has asked for it, and to nobody that these send on to. A
 * token is kept until it ends, and renewed where it is not taken any more. Where a Secret has several logins for the repository, the next is tried when one is refused, as by the kubelet.
 */
export function registryClient({ image, logins, send, clock }: RegistryClientOptions): AskRegistry {
  const own = logins?.of(repositoryName(image)) ?? [];
  const registry = new URL(image.registry).origin;
  const sessions = (own.length === 0 ? [undefined] : own).map((login) => session(login));
  return async (request) => {
    let attempt: Attempt = { status: 401, why: { kind: "nothing-offered" } };
    // The one that was taken last is tried first.
    for (const one of sessions.slice()) {
      const result = await one(request);
      if (!("why" in result)) {
        sessions.splice(sessions.indexOf(one), 1);
        sessions.unshift(one);
        return result;
      }
      attempt = result;
    }
    return { kind: "refused", refusal: accessRefused({ image, logins, tried: own.length > 0, attempt }) };
  };

  function session(login: RegistryLogin | undefined): (request: RegistryRequest) => Promise<HttpAnswer | Attempt> {
    let held: { readonly authorization: string; readonly endsAt: number } | undefined;

    return async ({ method, url, headers, signal }) => {
      if (held !== undefined && held.endsAt <= clock.now()) held = undefined;
      const shown = held?.authorization;
      const ask = (): Promise<HttpAnswer> => {
        const authorization = held === undefined ? {} : { Authorization: held.authorization };
        return send({ method, url, headers: { ...headers, ...authorization }, redirects: 5, signal, ...feedLimits });
      };
      const answer = await ask();
      const refused = refusedBy(answer);
      // Whoever it sends on to has no right to name a place for the login.
      if (refused?.status !== 401 || refused.why.kind === "sent-on") return refused ?? answer;
      const challenge = parseChallenge(answer.headers["www-authenticate"] ?? "");
      if (challenge === undefined) return { status: 401, why: { kind: "nothing-offered" } };
      if (challenge.scheme === "basic") {
        const authorization = basicAuthorization(login);
        if (authorization === undefined || authorization === shown) return refused;
        held = { authorization, endsAt: Infinity };
      } else {
        const token = await registryToken({ challenge, registry: answer.url, login, send, signal });
        if (token.kind !== "token") return { status: token.kind === "refused" ? token.status : 401, why: token };
        held = { authorization: token.authorization, endsAt: clock.now() + token.lifeSeconds * 1_000 - marginMilliseconds };
      }
      const again = await ask();
      return refusedBy(again) ?? again;
    };
  }

  function refusedBy({ status, url }: HttpAnswer): Attempt | undefined {
    if (status !== 401 && status !== 403) return undefined;
    const { origin } = new URL(url);
    return { status, why: origin === registry ? { kind: "forbidden" } : { kind: "sent-on", to: origin } };
  }
}
