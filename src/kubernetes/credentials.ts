import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Agent, RequestOptions } from "node:https";
import { isatty } from "node:tty";
import type { Clock } from "../clock.ts";
import { keptAlive, retire } from "./agents.ts";
import { execSource, tokenFileSource, type CredentialSource } from "./credential-sources.ts";
import { CredentialsError } from "./errors.ts";
import { impersonationHeaders, type Headers, type Impersonation } from "./impersonation.ts";
import { inClusterKubeconfig } from "./in-cluster.ts";
import { isSettings, kubeconfigPaths, parseKubeconfig, readKubeconfig, type Kubeconfig } from "./kubeconfig-files.ts";
import { libraryConfig, type Chosen } from "./library-config.ts";

export interface CredentialOptions {
  readonly clock: Clock;
  /** `--kubeconfig`; else `$KUBECONFIG`, `~/.kube/config`, the service account of the pod. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** `--as`, `--as-group`. */
  readonly impersonate?: Impersonation;
  readonly environment?: NodeJS.ProcessEnv;
  /** Where a pod finds its service account. */
  readonly serviceAccountFolder?: string;
}

/** One API server and how to be somebody there. */
export interface ApiEndpoint {
  readonly server: string;
  /** Namespace of the context; `default` where it names none. */
  readonly namespace: string;
  readonly contextName: string;
  /** What every request needs. Files are read again once a minute, plugins asked again when what they gave expires. Rejects with CredentialsError. */
  prepare(): Promise<PreparedRequest>;
  /** The server said 401 to these: the next `prepare` makes others. */
  refresh(failed: PreparedRequest): void;
  /** Ends all connections. */
  close(): void;
}

export interface PreparedRequest {
  readonly agent: Agent;
  readonly headers: Headers;
}

type Settings = Readonly<Record<string, unknown>>;

const rereadMilliseconds = 60_000;

/** Credentials exactly as kubectl takes them. Rejects with CredentialsError. */
export async function loadEndpoint(options: CredentialOptions): Promise<ApiEndpoint> {
  const environment = options.environment ?? process.env;
  const kubeconfig = await readKubeconfig(options.kubeconfig, environment);
  if (kubeconfig !== undefined) return endpointOf(kubeconfig, options);
  const inCluster = await inClusterKubeconfig(environment, options.serviceAccountFolder);
  if (inCluster !== undefined) return endpointOf(inCluster, options);
  const paths = kubeconfigPaths(undefined, environment).join(", ");
  throw new CredentialsError(
    `There is no kubeconfig (looked for ${paths}), and this is not a pod with a service account. Name one with --kubeconfig or $KUBECONFIG.`,
  );
}

/** The endpoint of a kubeconfig's text, such as the Secret `<cluster>-kubeconfig` holds. Rejects with CredentialsError; the text is in no message. */
export async function endpointFromKubeconfig(
  text: string,
  clock: Clock,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ApiEndpoint> {
  const kubeconfig = parseKubeconfig(text, "The kubeconfig of the workload cluster", "/");
  const currentContext = kubeconfig.currentContext || ([...kubeconfig.contexts.keys()][0] ?? "");
  return endpointOf({ ...kubeconfig, currentContext }, { clock, environment });
}

async function endpointOf(kubeconfig: Kubeconfig, options: CredentialOptions): Promise<ApiEndpoint> {
  const { clock } = options;
  const chosen = choose(kubeconfig, options);
  const { contextName, user, server } = chosen;
  const source = await sourceOf(chosen, options);
  const config = await libraryConfig(chosen, source, options.environment ?? process.env);
  const impersonation = impersonationHeaders(user, options.impersonate);
  let current: (PreparedRequest & { readonly until: number; readonly identity: string }) | undefined;
  let pending: Promise<PreparedRequest> | undefined;

  async function make(): Promise<PreparedRequest> {
    const request: RequestOptions = { headers: {} };
    await config.applyToHTTPSOptions(request as Parameters<typeof config.applyToHTTPSOptions>[0]).catch((error: unknown) => {
      if (error instanceof CredentialsError) throw error;
      throw new CredentialsError(`The credentials of context "${contextName}" cannot be had: ${(error as Error).message}`, error);
    });
    const now = clock.now();
    refuseExpired(request.cert, now, contextName);
    const identity = [request.ca, request.cert, request.key].map(String).join("\n");
    // A new certificate needs new connections; a new token does not.
    const agent = current?.identity === identity ? current.agent : keptAlive(request.agent as Agent);
    if (current !== undefined && current.agent !== agent) retire(current.agent);
    const expiresAt = source?.expiresAt() ?? Number.POSITIVE_INFINITY;
    const headers = { ...(request.headers as Record<string, string>), ...basic(request.auth), ...impersonation };
    current = { agent, headers, identity, until: Math.min(now + rereadMilliseconds, expiresAt) };
    return current;
  }

  return {
    server: server.replace(/\/+$/, ""),
    namespace: textOf(chosen.context["namespace"]) ?? "default",
    contextName,
    prepare() {
      if (current !== undefined && clock.now() < current.until) return Promise.resolve(current);
      pending ??= make().finally(() => (pending = undefined));
      return pending;
    },
    refresh(failed) {
      // Of many requests that were refused together, only the first may throw away what there is.
      if (current === undefined || current !== failed) return;
      source?.forget();
      current = { ...current, until: Number.NEGATIVE_INFINITY };
    },
    close: () => current?.agent.destroy(),
  };
}

function choose({ contexts, clusters, users, currentContext }: Kubeconfig, options: CredentialOptions): Chosen {
  const contextName = options.context ?? currentContext;
  const context = contexts.get(contextName);
  if (context === undefined) {
    const what = contextName === "" ? "The kubeconfig has no current-context" : `The kubeconfig has no context "${contextName}"`;
    throw new CredentialsError(`${what}. It has: ${[...contexts.keys()].sort().join(", ") || "none"}. Choose one with --context.`);
  }
  const [clusterName, userName] = [textOf(context["cluster"]) ?? "", textOf(context["user"]) ?? ""];
  const cluster = clusters.get(clusterName);
  const server = textOf(cluster?.["server"]);
  if (cluster === undefined || server === undefined) {
    throw new CredentialsError(
      `The context "${contextName}" names the cluster "${clusterName}", which the kubeconfig does not define, or without a server.`,
    );
  }
  if (!/^https?:\/\//.test(server) || !URL.canParse(server)) {
    throw new CredentialsError(`The server of cluster "${clusterName}" in the kubeconfig is not an http(s) address.`);
  }
  const user = users.get(userName);
  if (user === undefined && userName !== "") {
    throw new CredentialsError(`The context "${contextName}" names the user "${userName}", which the kubeconfig does not define.`);
  }
  return { contextName, context, cluster, user: user ?? {}, server };
}

/** Token files and plugins; what else there is in a kubeconfig does not change, or the library sees to it. */
async function sourceOf(
  { user, cluster, server }: Chosen,
  { clock, environment = process.env }: CredentialOptions,
): Promise<CredentialSource | undefined> {
  const file = textOf(user["tokenFile"]);
  if (file !== undefined) return tokenFileSource(file);
  const { exec } = user;
  if (!isSettings(exec)) return undefined;
  const info = exec["provideClusterInfo"] === true ? await clusterInfo(cluster, server) : {};
  return execSource({ exec, cluster: info, environment, terminal: isatty(0) }, clock);
}

/** `spec.cluster` of an ExecCredential: files are given as data. */
async function clusterInfo(cluster: Settings, server: string): Promise<Settings> {
  const file = textOf(cluster["certificate-authority"]);
  const authority = file === undefined ? cluster["certificate-authority-data"] : await readFile(file, "base64").catch(() => undefined);
  const extensions = Array.isArray(cluster["extensions"]) ? (cluster["extensions"] as readonly unknown[]).filter(isSettings) : [];
  return {
    server,
    "tls-server-name": cluster["tls-server-name"],
    "insecure-skip-tls-verify": cluster["insecure-skip-tls-verify"],
    "certificate-authority-data": authority,
    "proxy-url": cluster["proxy-url"],
    config: extensions.find(({ name }) => name === "client.authentication.k8s.io/exec")?.["extension"],
  };
}

/** The server would only say that the handshake failed. */
function refuseExpired(certificate: RequestOptions["cert"], now: number, contextName: string): void {
  if (certificate === undefined) return;
  let end: number;
  try {
    end = Date.parse(new X509Certificate(certificate as Buffer).validTo);
  } catch {
    return;
  }
  if (now <= end) return;
  throw new CredentialsError(
    `The client certificate of context "${contextName}" expired on ${new Date(end).toISOString().slice(0, 10)}. Get a new kubeconfig.`,
  );
}

function basic(auth: string | null | undefined): Record<string, string> {
  return auth === undefined || auth === null ? {} : { Authorization: `Basic ${Buffer.from(auth).toString("base64")}` };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
