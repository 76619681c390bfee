import { calledOff, type Clock } from "../clock.ts";
import { createClient, type ClientOptions, type KubernetesClient } from "../kubernetes/client.ts";
import { endpointFromKubeconfig } from "../kubernetes/credentials.ts";
import { ApiError, ConnectionError, CredentialsError } from "../kubernetes/errors.ts";
import type { ApiResource } from "../kubernetes/resource.ts";
import type { DisruptionBudget, WorkloadHealth, WorkloadSnapshot } from "../upgrade/cluster-snapshot.ts";
import { valueAt } from "./views/fields.ts";
import { readDisruptionBudget } from "./views/disruption-budget.ts";
import { readNode } from "./views/node.ts";
import { readWorkloadHealth, type WorkloadKind } from "./views/workload-health.ts";
import { readKubeconfigSecret, type KubeconfigReading } from "./workload-kubeconfig.ts";

/** Looks into one workload cluster, as often as it is asked to; keeps its connection between looks. */
export interface WorkloadReader {
  /** Never rejects, but with the signal's reason: what cannot be seen is told in the snapshot. */
  read(signal?: AbortSignal): Promise<WorkloadSnapshot>;
  close(): void;
}

export interface WorkloadReaderOptions {
  readonly clock: Clock;
  /** False: nodes and version only. Default true. */
  readonly workloads?: boolean;
  /** PodDisruptionBudgets too. Default false: it is one more request. */
  readonly budgets?: boolean;
  /** For the whole look. Default 8 000. */
  readonly timeoutMilliseconds?: number;
  /** The kubeconfig is read anew after this long, and as soon as it does not do any more. Default 60 000: an upgrade of many machines is a look for each thing that happens. */
  readonly kubeconfigMilliseconds?: number;
  /** Told each exchange with the workload cluster. */
  readonly onExchange?: ClientOptions["onExchange"];
  /** From the text of the kubeconfig Secret to a client. Default: over the network. */
  readonly connect?: (kubeconfig: string, settings: ClientOptions) => Promise<KubernetesClient>;
}

const SECRETS: ApiResource = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true };
const NODES: ApiResource = { group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false };
const BUDGETS: ApiResource = {
  group: "policy",
  version: "v1",
  plural: "poddisruptionbudgets",
  kind: "PodDisruptionBudget",
  namespaced: true,
};
const WORKLOADS: readonly { readonly kind: WorkloadKind; readonly plural: string }[] = [
  { kind: "Deployment", plural: "deployments" },
  { kind: "StatefulSet", plural: "statefulsets" },
  { kind: "DaemonSet", plural: "daemonsets" },
];

/** `management` is a client of the management cluster, where the Secret `<cluster>-kubeconfig` is. */
export function createWorkloadReader(
  management: KubernetesClient,
  cluster: { readonly namespace: string; readonly name: string },
  options: WorkloadReaderOptions,
): WorkloadReader {
  const { clock, workloads = true, budgets = false, timeoutMilliseconds = 8_000, kubeconfigMilliseconds = 60_000, onExchange } = options;
  const connectTo =
    options.connect ?? (async (kubeconfig, settings) => createClient(await endpointFromKubeconfig(kubeconfig, clock), settings));
  let current: { readonly kubeconfig: string; readonly client: KubernetesClient; readonly readAt: number } | undefined;
  /** The Secret as it was read last: it is the same for months, and parsing it costs more than all else of a look. */
  let known: { readonly data: unknown; readonly reading: KubeconfigReading } | undefined;

  async function connect(signal: AbortSignal): Promise<KubernetesClient | WorkloadSnapshot> {
    const now = clock.now();
    const name = `${cluster.name}-kubeconfig`;
    const what = `Secret ${cluster.namespace}/${name}`;
    let secret;
    try {
      secret = await management.get(SECRETS, name, cluster.namespace, signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404)
        return notRead(`${what} does not exist (yet): nobody can log in to the workload cluster`);
      if (error instanceof ApiError && error.status === 403)
        return notRead(`you may not read ${what}, which holds the way into the workload cluster`);
      throw error;
    }
    const data = valueAt(secret, "data.value");
    if (known === undefined || known.data !== data) known = { data, reading: readKubeconfigSecret(secret, what) };
    const { reading } = known;
    if ("trouble" in reading) return notRead(reading.trouble);
    if (current?.kubeconfig === reading.text) current = { ...current, readAt: now };
    else {
      current?.client.close();
      const settings = { clock, timeoutMilliseconds, tries: 2, ...(onExchange === undefined ? {} : { onExchange }) };
      current = { kubeconfig: reading.text, client: await connectTo(reading.text, settings), readAt: now };
    }
    return current.client;
  }

  async function lookNow(signal: AbortSignal): Promise<WorkloadSnapshot> {
    const lookBy = (way: KubernetesClient | WorkloadSnapshot): WorkloadSnapshot | Promise<WorkloadSnapshot> =>
      "state" in way ? way : look(way, { workloads, budgets }, signal);
    const recent = current !== undefined && clock.now() - current.readAt < kubeconfigMilliseconds ? current.client : undefined;
    if (recent === undefined) return lookBy(await connect(signal));
    try {
      return await look(recent, { workloads, budgets }, signal);
    } catch (error) {
      // The kubeconfig may have been replaced meanwhile.
      const now = await connect(signal);
      if (now === recent) throw error;
      return lookBy(now);
    }
  }

  return {
    async read(signal) {
      const limit = new AbortController();
      const either = signal === undefined ? limit.signal : AbortSignal.any([limit.signal, signal]);
      const stopTimer = new AbortController();
      clock.sleep(timeoutMilliseconds, stopTimer.signal).then(
        () => limit.abort(new Error(`no answer within ${timeoutMilliseconds / 1000} s`)),
        () => undefined,
      );
      try {
        return await lookNow(either);
      } catch (error) {
        if (signal?.aborted === true) throw error;
        return inWords(error, current?.client.endpoint.server);
      } finally {
        stopTimer.abort(calledOff);
      }
    },
    close: () => current?.client.close(),
  };
}

async function look(
  client: KubernetesClient,
  { workloads, budgets }: Required<Pick<WorkloadReaderOptions, "workloads" | "budgets">>,
  signal: AbortSignal,
): Promise<WorkloadSnapshot> {
  const [apiServerVersion, nodes, healths, found] = await Promise.all([
    versionOf(client, signal),
    client.list(NODES, { signal }),
    workloads ? Promise.all(WORKLOADS.map((kind) => readAll(client, kind, signal))) : undefined,
    budgets ? budgetsOf(client, signal) : undefined,
  ]);
  const seen = healths?.filter((list) => list !== undefined);
  return {
    state: "reachable",
    apiServerVersion,
    nodes: nodes.items.map((node) => readNode(node, ignore)).sort((a, b) => (a.name < b.name ? -1 : 1)),
    workloads: seen === undefined || seen.length === 0 ? undefined : seen.flat(),
    ...(found === undefined ? {} : { budgets: found }),
  };
}

/** A server that does not say its version, or not to us, is still read. */
async function versionOf(client: KubernetesClient, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await client.version(signal);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** Undefined where this server has none to show. */
async function budgetsOf(client: KubernetesClient, signal: AbortSignal): Promise<readonly DisruptionBudget[] | undefined> {
  try {
    const { items } = await client.list(BUDGETS, { signal });
    return items.flatMap((item) => readDisruptionBudget(item, ignore) ?? []);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** Undefined for a kind that this server does not have (in-memory workload clusters answer 500 for StatefulSets) or does not show us. */
async function readAll(
  client: KubernetesClient,
  { kind, plural }: (typeof WORKLOADS)[number],
  signal: AbortSignal,
): Promise<readonly WorkloadHealth[] | undefined> {
  try {
    const { items } = await client.list({ group: "apps", version: "v1", plural, kind, namespaced: true }, { signal });
    return items.map((item) => readWorkloadHealth(item, kind, ignore));
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

function inWords(error: unknown, server: string | undefined): WorkloadSnapshot {
  const at = server === undefined ? "" : ` at ${server}`;
  if (error instanceof ApiError && error.status === 403)
    return notRead(`the workload cluster${at} does not let its nodes be read: ${error.message}`);
  if (error instanceof ApiError && error.status === 401)
    return notRead(`the workload cluster${at} does not accept the credentials in its kubeconfig Secret`);
  if (error instanceof ApiError)
    return { state: "unreachable", message: `the API server of the workload cluster${at} is in trouble: ${error.message}` };
  if (error instanceof CredentialsError) return notRead(`the kubeconfig Secret of the workload cluster cannot be used: ${error.message}`);
  const why = error instanceof ConnectionError || error instanceof Error ? error.message : String(error);
  return { state: "unreachable", message: `the API server of the workload cluster${at} does not answer: ${why}` };
}

function notRead(message: string): WorkloadSnapshot {
  return { state: "not-read", message };
}

/** A Node or a workload with an odd field is shown with what can be read of it. */
function ignore(): void {}
