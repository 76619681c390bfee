import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a test's server says: a status, headers and a body; or a function that answers as it likes, or never. */
export type Reply =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer }
  | ((response: ServerResponse) => void);

export interface AnsweringServer {
  readonly url: string;
  readonly host: string;
  readonly seen: SeenRequest[];
  close(): Promise<void>;
}

/** A real HTTP server on this machine that answers by a function of the request, and remembers what it was asked. */
export async function answeringServer(answer: (request: SeenRequest, url: string) => Reply): Promise<AnsweringServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => undefined);
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      const one = { method, path, headers, body: Buffer.concat(chunks).toString("utf8") };
      seen.push(one);
      const reply = answer(one, url);
      if (typeof reply === "function") {
        reply(response);
        return;
      }
      response.writeHead(reply.status ?? 200, reply.headers);
      response.end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, host, seen, close };
}

/** The same for one test, which closes it at its end. */
export async function serve(answer: (request: SeenRequest, url: string) => Reply): Promise<AnsweringServer> {
  const server = await answeringServer(answer);
  onTestFinished(() => server.close());
  return server;
}
