import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "./metrics.ts";

export interface MetricsServerOptions {
  readonly metrics: Pick<Metrics, "text">;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Why the process should be started anew; undefined: it need not. */
  readonly unhealthy: () => string | undefined;
  /** Why it cannot work yet; undefined: it can. A replica that waits to lead is ready. */
  readonly unready: () => string | undefined;
}

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** `/metrics` for Prometheus, `/healthz` and `/readyz` for the kubelet. Plain HTTP, for reading only; who may reach it is a network policy's business. Rejects when the port is taken. */
export async function startMetricsServer({ metrics, host, port, unhealthy, unready }: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      say(response, 405, "Only GET and HEAD.\n", { Allow: "GET, HEAD" });
      return;
    }
    switch (request.url?.split("?")[0]) {
      case "/metrics":
        metrics.text().then(
          ({ contentType, body }) => say(response, 200, body, { "Content-Type": contentType }),
          () => say(response, 500, "The metrics cannot be collected.\n"),
        );
        return;
      case "/healthz":
        tell(response, unhealthy());
        return;
      case "/readyz":
        tell(response, unready());
        return;
      default:
        say(response, 404, "There are /metrics, /healthz and /readyz.\n");
    }
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const { address, family, port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${bound}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function tell(response: ServerResponse, why: string | undefined): void {
  say(response, why === undefined ? 200 : 503, why === undefined ? "ok\n" : `${why}\n`);
}

function say(response: ServerResponse, status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", ...headers });
  response.end(body);
}
