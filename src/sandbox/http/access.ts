import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { ApiRequest } from "../api/api-request.ts";
import { ApiStatusError } from "../api/api-status-error.ts";
import { parseRequestPath } from "../api/request-path.ts";

const anonymous = "system:anonymous";
/** What everybody may ask (role system:public-info-viewer). */
const open = /^\/(healthz|livez|readyz|version)\/?$/;

/** Who asks: by bearer token or client certificate, or nobody. Throws 401 for credentials that are not known. `Impersonate-User` makes a known user another. */
export function userOf(incoming: IncomingMessage, tokens: ReadonlyMap<string, string>): string {
  const { authorization, "impersonate-user": impersonated } = incoming.headers;
  const user = byToken(authorization, tokens) ?? byCertificate(incoming.socket as TLSSocket) ?? anonymous;
  return typeof impersonated === "string" && user !== anonymous ? impersonated : user;
}

function byToken(authorization: string | undefined, tokens: ReadonlyMap<string, string>): string | undefined {
  const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1];
  if (token === undefined) return undefined;
  const user = tokens.get(token);
  if (user === undefined) throw unauthorized();
  return user;
}

function byCertificate(socket: TLSSocket): string | undefined {
  const subject = socket.getPeerCertificate().subject as { readonly CN?: unknown } | undefined;
  if (subject === undefined) return undefined;
  if (!socket.authorized) throw unauthorized();
  return String(subject.CN);
}

function unauthorized(): ApiStatusError {
  return new ApiStatusError(401, "Unauthorized", "Unauthorized");
}

/** Known users may do everything, nobody next to nothing: throws 403 in the words of Kubernetes' authorization. */
export function refuseAnonymous({ user, method, path, query }: ApiRequest): void {
  if (user !== anonymous || open.test(path)) return;
  const asked = parseRequestPath(path);
  if (asked?.kind !== "objects") {
    throw new ApiStatusError(
      403,
      "Forbidden",
      `forbidden: User "${anonymous}" cannot ${method.toLowerCase()} path ${JSON.stringify(path)}`,
      {},
    );
  }
  const { group, plural, name, namespace, subresource } = asked;
  const watches = ["true", "1"].includes(query.get("watch") ?? "");
  const verb = verbOf(method, name !== undefined, watches);
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  const what = `${group === "" ? plural : `${plural}.${group}`}${name === undefined ? "" : ` ${JSON.stringify(name)}`}`;
  const where = namespace === undefined ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  throw new ApiStatusError(
    403,
    "Forbidden",
    `${what} is forbidden: User "${anonymous}" cannot ${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)} ${where}`,
    { name: name ?? "", group, kind: plural },
  );
}

function verbOf(method: string, named: boolean, watches: boolean): string {
  switch (method) {
    case "GET":
      return named ? "get" : watches ? "watch" : "list";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "DELETE":
      return named ? "delete" : "deletecollection";
    default:
      return method.toLowerCase();
  }
}
