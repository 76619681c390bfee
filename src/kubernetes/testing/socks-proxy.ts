import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface SocksProxy {
  readonly url: string;
  /** How many connections were led on. */
  readonly tunnels: () => number;
  close(): Promise<void>;
}

/** A SOCKS5 proxy without authentication (RFC 1928) that leads everything to `port` of this machine, whatever address was asked for. */
export async function socksProxy(port: number): Promise<SocksProxy> {
  let tunnels = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on("error", () => undefined);
    client.once("data", () => {
      client.write(Buffer.from([5, 0]));
      client.once("data", () => {
        const upstream = connect(port, "127.0.0.1", () => {
          tunnels += 1;
          client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
          upstream.pipe(client).pipe(upstream);
        });
        upstream.on("error", () => client.destroy());
        sockets.add(upstream);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `socks5://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels: () => tunnels,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
