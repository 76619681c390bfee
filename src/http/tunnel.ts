import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { Socket } from "node:net";
import { HttpError } from "./send-http.ts";

/** A TLS connection to `server` through an HTTP proxy (CONNECT, RFC 9110 9.3.6). Not yet shaken hands: its errors are those of the request that uses it. */
export async function tunnel(proxy: URL, server: URL, tls: ConnectionOptions, signal: AbortSignal): Promise<TLSSocket> {
  const target = `${server.hostname}:${server.port || "443"}`;
  const socket = await new Promise<Socket>((resolve, reject) => {
    const request = (proxy.protocol === "https:" ? httpsRequest : httpRequest)(proxy, {
      method: "CONNECT",
      path: target,
      agent: false,
      signal,
      headers: { Host: target, ...proxyAuthorization(proxy) },
    });
    request.on("connect", (response, socket: Socket) => {
      if (response.statusCode === 200) {
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(
        new HttpError(
          "unreachable",
          `The proxy ${proxy.origin} answers ${response.statusCode} to the wish for a tunnel to ${target}. Let it through there, or name the host in $NO_PROXY.`,
        ),
      );
    });
    request.on("error", reject);
    request.end();
  });
  const bare = server.hostname.replace(/^\[|\]$/g, "");
  return connect({ ...tls, socket, ...(/^[\d.]+$|:/.test(bare) ? {} : { servername: bare }) });
}

export function proxyAuthorization(proxy: URL): Readonly<Record<string, string>> {
  if (proxy.username === "") return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { "Proxy-Authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}
