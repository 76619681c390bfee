import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";

const tls = (name: string): string => readFileSync(new URL(`./tls/${name}`, import.meta.url), "utf8");
export const testCa = tls("ca.crt");
export const testCertificate = tls("tls.crt");
export const testKey = tls("tls.key");

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export interface ScriptedServer {
  readonly url: string;
  /** A kubeconfig for it, with `user` as given. */
  kubeconfig(user?: Readonly<Record<string, unknown>>, cluster?: Readonly<Record<string, unknown>>): string;
  /** `GET /path?query`, in order of arrival. */
  readonly requests: string[];
  readonly connections: () => number;
  /** Breaks every connection. */
  breakConnections(): void;
  close(): Promise<void>;
}

/** A TLS server on a free port that answers as the test says. */
export async function scriptedServer(
  handler: Handler,
  settings: { readonly requestClientCertificate?: boolean } = {},
): Promise<ScriptedServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const mutual = settings.requestClientCertificate === true ? { requestCert: true, rejectUnauthorized: true } : {};
  const server: Server = createServer({ key: testKey, cert: testCertificate, ca: testCa, ...mutual }, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => handler(request, response, Buffer.concat(chunks).toString("utf8")));
  });
  server.on("secureConnection", () => (connections += 1));
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    connections: () => connections,
    breakConnections: () => sockets.forEach((socket) => socket.destroy()),
    kubeconfig: (user = {}, cluster = {}) =>
      JSON.stringify({
        clusters: [
          { name: "c", cluster: { server: url, "certificate-authority-data": Buffer.from(testCa).toString("base64"), ...cluster } },
        ],
        users: [{ name: "u", user }],
        contexts: [{ name: "ctx", context: { cluster: "c", user: "u", namespace: "team" } }],
        "current-context": "ctx",
      }),
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function sendJson(response: ServerResponse, body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** A `Status` object as kube-apiserver sends it. */
export function statusObject(code: number, reason: string, message = reason): Readonly<Record<string, unknown>> {
  return { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message };
}
