import { createServer } from "node:net";

/** A port of 127.0.0.1 that is free right now, outside the in-memory provider's fixed range (20000–30000). */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await listen(0);
    if (port < 19_000 || port > 30_000) return port;
  }
}

/**
 * The in-memory provider has two things without a flag: its debug server on :19000, and a range from 20000 for workload API servers.
 * Rejects when they are taken, most likely by another stack.
 */
export async function requireFixedPorts(): Promise<void> {
  for (const port of [19_000, 20_000]) {
    await listen(port).catch((error: unknown) => {
      throw new Error(
        `Port ${port} is taken; the in-memory infrastructure provider has no flag to use another. Most likely another stack is running: ` +
          `stop it (or reuse it with CAPI_GITOPS_STACK), then run this again.`,
        { cause: error },
      );
    });
  }
}

function listen(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}
