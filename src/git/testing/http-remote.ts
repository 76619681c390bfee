import { execFileSync, spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** An answer of its own; or none at all, though git may have done what it was asked to (`unanswered`). */
type GateAnswer = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string } | "unheard" | "unanswered";

/** What the server does with a request; undefined lets git answer. */
export type Gate = (request: IncomingMessage) => GateAnswer | undefined;

export interface HttpRemote {
  /** Without user information, e.g. `http://127.0.0.1:40123/remote.git`. */
  readonly url: string;
  readonly requests: readonly { readonly method: string; readonly url: string; readonly authorization: string | undefined }[];
  /** Resolves once nobody waits for an answer any more. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

const backend = join(execFileSync("git", ["--exec-path"], { encoding: "utf8" }).trim(), "git-http-backend");

/** `git http-backend` (the real one) behind node:http, serving the bare repository at `path`. */
export async function httpRemote(path: string, gate: Gate = () => undefined): Promise<HttpRemote> {
  const requests: HttpRemote["requests"][number][] = [];
  const waiting: Promise<unknown>[] = [];
  const server = createServer((request, response) => {
    requests.push({ method: request.method ?? "", url: request.url ?? "", authorization: request.headers.authorization });
    const answer = gate(request);
    if (answer === "unheard" || answer === "unanswered") {
      waiting.push(once(response, "close"));
      if (answer === "unheard") request.resume();
      else waiting.push(once(startBackend(path, request).stdout.resume(), "close"));
      return undefined;
    }
    if (answer === undefined) return serve(path, request, response);
    request.resume();
    return response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/remote.git`,
    requests,
    quiet: async () => void (await Promise.all(waiting)),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Accepts one user and token, as forges do: 401 with a challenge without, `refused` (403 by default) for others. */
export function tokenGate(user: string, token: string, refused = 403): Gate {
  const wanted = `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`;
  return ({ headers: { authorization } }) => {
    if (authorization === wanted) return undefined;
    if (authorization === undefined) return { status: 401, headers: { "www-authenticate": 'Basic realm="forge"' }, body: "who are you?" };
    return {
      status: refused,
      headers: refused === 401 ? { "www-authenticate": 'Basic realm="forge"' } : {},
      body: `not you, ${authorization}`,
    };
  };
}

function startBackend(path: string, request: IncomingMessage): ChildProcessByStdio<Writable, Readable, null> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const child = spawn(backend, [], {
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: dirname(path),
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers["content-type"],
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"],
      REMOTE_USER: "tester",
      REMOTE_ADDR: "127.0.0.1",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(child.stdin);
  child.stdin.on("error", () => undefined);
  return child;
}

function serve(path: string, request: IncomingMessage, response: ServerResponse): void {
  const child = startBackend(path, request);
  let head = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    if (response.headersSent) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) return;
    const lines = head
      .toString("latin1", 0, end)
      .split("\r\n")
      .map((line) => line.split(": ", 2) as [string, string]);
    const status = lines.find(([name]) => name.toLowerCase() === "status")?.[1] ?? "200";
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(lines.filter(([name]) => name.toLowerCase() !== "status")));
    response.write(head.subarray(end + 4));
  });
  child.stdout.on("end", () => response.end());
}
