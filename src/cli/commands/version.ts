import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { render } from "../output/structured.ts";
import type { GlobalOptions } from "../global-options.ts";
import { openSession, version as ownVersion } from "../session.ts";
import { outputFormat } from "../output/structured.ts";
import { processTerminal } from "../terminal.ts";

/** Our version; with `--server` the management cluster's too. */
export async function version(options: GlobalOptions & { readonly server?: boolean }): Promise<ExitCode> {
  const terminal = processTerminal(options.color);
  const data: Record<string, string> = { client: ownVersion(), node: process.version };
  if (options.server === true) {
    const session = await openSession(options);
    try {
      data["kubernetes"] = (await session.client.version()) ?? "not told";
      data["clusterApi"] = (await session.discovery.versions("cluster.x-k8s.io")).join(", ") || "not installed";
    } finally {
      session.close();
    }
  }
  const text = (): string =>
    Object.entries(data)
      .map(([key, value]) => `${key}: ${value}`)
      .join("\n");
  terminal.out(await render(outputFormat(options.output), data, text));
  return exitCodes.done;
}
