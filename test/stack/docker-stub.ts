import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What the in-memory provider asks Docker for (capacity of machine templates), answered without Docker. */
export async function startDockerStub(): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    if (path.endsWith("/_ping")) response.setHeader("Api-Version", "1.51").end("OK");
    else if (path.endsWith("/info")) response.setHeader("content-type", "application/json").end('{"MemTotal":25769803776,"NCPU":2}');
    else response.writeHead(404).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return { url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
