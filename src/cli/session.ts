import { readClusterSnapshot } from "../cluster-api/read-cluster.ts";
import { createWorkloadReader, type WorkloadReader } from "../cluster-api/workload.ts";
import { systemClock, type Clock } from "../clock.ts";
import { createClient, type ClientOptions, type KubernetesClient } from "../kubernetes/client.ts";
import { loadEndpoint } from "../kubernetes/credentials.ts";
import { createDiscovery, type Discovery } from "../kubernetes/discovery.ts";
import type { Refusal } from "../refusal.ts";
import type { ClusterSnapshot } from "../upgrade/cluster-snapshot.ts";
import { sameClusterCommand } from "./command-line.ts";
import type { GlobalOptions } from "./global-options.ts";
import { outputFormat, type OutputFormat } from "./output/structured.ts";
import { processTerminal, type Terminal } from "./terminal.ts";
import { parseDuration } from "./duration.ts";

/** Everything that a command works with. */
export interface Session {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly client: KubernetesClient;
  readonly discovery: Discovery;
  readonly namespace: string;
  readonly format: OutputFormat;
  workload(cluster: string): WorkloadReader;
  /** A command to be typed next, about a cluster of this namespace. */
  readonly commandHere: (command: string, cluster: string) => string;
  /** One look at a cluster, or why there is none. Its workloads are read too, unless nobody asks for them. */
  look(cluster: string, what?: { readonly workloads: boolean }): Promise<ClusterSnapshot | Refusal>;
  close(): void;
}

/** The management cluster that the options name. Reads the credentials; rejects with CredentialsError or UsageError. Sends nothing yet. */
export async function connect(
  options: GlobalOptions,
  clock: Clock,
  telling: Pick<ClientOptions, "onExchange"> = {},
): Promise<KubernetesClient> {
  const endpoint = await loadEndpoint({
    clock,
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    ...(options.context === undefined ? {} : { context: options.context }),
    ...(options.as === undefined ? {} : { impersonate: { user: options.as, groups: options.asGroup ?? [] } }),
  });
  const timeoutMilliseconds = parseDuration(options.requestTimeout, "--request-timeout") * 1000;
  return createClient(endpoint, { clock, timeoutMilliseconds, userAgent: userAgent(), ...telling });
}

/** As `connect`. */
export async function openSession(options: GlobalOptions): Promise<Session> {
  const clock = systemClock;
  const format = outputFormat(options.output);
  const client = await connect(options, clock);
  const discovery = createDiscovery(client);
  const namespace = options.namespace ?? client.endpoint.namespace;
  const workload = (name: string, workloads = true): WorkloadReader =>
    createWorkloadReader(client, { namespace, name }, { clock, workloads });
  return {
    terminal: processTerminal(options.color),
    clock,
    client,
    discovery,
    namespace,
    format,
    workload: (name) => workload(name),
    commandHere: (command, cluster) => sameClusterCommand([command, cluster, "-n", namespace], options),
    async look(name, { workloads } = { workloads: true }) {
      const reader = workload(name, workloads);
      try {
        const result = await readClusterSnapshot(client, { namespace, name }, { clock, workload: reader, discovery });
        return "kind" in result ? notReadable(result) : result;
      } finally {
        reader.close();
      }
    },
    close: () => client.close(),
  };
}

function notReadable(result: Exclude<Awaited<ReturnType<typeof readClusterSnapshot>>, ClusterSnapshot>): Refusal {
  if (result.kind === "not-found") {
    const meant =
      result.similar.length === 0
        ? "See `capi-gitops status -A` for the clusters that there are."
        : `Did you mean ${result.similar.join(" or ")}? Give the namespace with -n.`;
    return { reason: "ClusterNotFound", message: result.message, remedy: meant };
  }
  const { what, message, kind } = result.gap;
  const remedy =
    kind === "forbidden"
      ? "Ask for the rights in docs/cli.md, or use another context."
      : "Check that this is the management cluster, and that Cluster API runs on it.";
  return { reason: "ClusterUnreadable", message: `${what}: ${message}`, remedy };
}

export function isRefusal(value: object): value is Refusal {
  return "remedy" in value;
}

export function userAgent(): string {
  return `capi-gitops/${version()}`;
}

/** Set when the command is built. */
declare const __VERSION__: string | undefined;
export function version(): string {
  return typeof __VERSION__ === "string" ? __VERSION__ : "0.0.0-dev";
}
