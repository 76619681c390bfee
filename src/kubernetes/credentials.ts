import type { KubeConfig } from "@kubernetes/client-node";
import type { Agent, RequestOptions } from "node:https";
import type { Clock } from "../clock.ts";
import { CredentialsError } from "./errors.ts";
import { parseKubeconfig, readKubeconfig, type Kubeconfig } from "./kubeconfig-files.ts";

export interface CredentialOptions {
  readonly clock: Clock;
  /** `--kubeconfig`; else `$KUBECONFIG`, `~/.kube/config`, the service account of the pod. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** `--as`, `--as-group`. */
  readonly impersonate?: { readonly user: string; readonly groups: readonly string[] };
  readonly environment?: NodeJS.ProcessEnv;
}

/** One API server and how to be somebody there. */
export interface ApiEndpoint {
  readonly server: string;
  /** Namespace of the context; `default` where it names none. */
  readonly namespace: string;
  readonly contextName: string;
  /** What every request needs: agent, certificates, headers. Asks exec plugins and token files again once a minute, or at once after `refresh`. */
  prepare(): Promise<PreparedRequest>;
  /** Forget tokens: the server said 401. */
  refresh(): void;
  /** Closes idle connections. */
  close(): void;
}

export interface PreparedRequest {
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}

const refreshMilliseconds = 60_000;
const maximumSockets = 64;

/** Credentials exactly as kubectl takes them. Rejects with CredentialsError. */
export async function loadEndpoint(options: CredentialOptions): Promise<ApiEndpoint> {
  const environment = options.environment ?? process.env;
  const document = await readKubeconfig(options.kubeconfig, environment);
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  if (document === undefined) {
    if (environment["KUBERNETES_SERVICE_HOST"] === undefined) {
      throw new CredentialsError("No kubeconfig was found: neither --kubeconfig nor $KUBECONFIG names one, ~/.kube/config does not exist, and this is not a pod. Give one with --kubeconfig.");
    }
    config.loadFromCluster();
    return endpointOf(config, document, options);
  }
  const name = options.context ?? document["current-context"] ?? "";
  const known = document.contexts.map((context) => context.name);
  if (!known.includes(name)) {
    const what = name === "" ? "The kubeconfig has no current-context" : `The kubeconfig has no context "${name}"`;
    throw new CredentialsError(`${what}. It has: ${known.join(", ") || "none"}. Choose one with --context.`);
  }
  loadInto(config, document, name);
  return endpointOf(config, document, options);
}

/** The endpoint of a kubeconfig's text, such as the Secret `<cluster>-kubeconfig` holds. */
export async function endpointFromKubeconfig(text: string, clock: Clock): Promise<ApiEndpoint> {
  const document = parseKubeconfig(text, "/kubeconfig of the workload cluster");
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  loadInto(config, document, document["current-context"] ?? document.contexts[0]?.name ?? "");
  return endpointOf(config, document, { clock });
}

function loadInto(config: KubeConfig, document: Kubeconfig, context: string): void {
  try {
    config.loadFromString(JSON.stringify(document));
    config.setCurrentContext(context);
  } catch (error) {
    throw new CredentialsError(`The kubeconfig cannot be used: ${(error as Error).message}`, error);
  }
}

function endpointOf(config: KubeConfig, document: Kubeconfig | undefined, options: CredentialOptions): ApiEndpoint {
  const cluster = config.getCurrentCluster();
  const contextName = config.getCurrentContext();
  if (cluster === null || !cluster.server) {
    throw new CredentialsError(`The context "${contextName}" names a cluster that the kubeconfig does not define, or that has no server.`);
  }
  // The library refuses plain http unless TLS verification is off; kubectl does not care.
  if (cluster.server.startsWith("http:")) (cluster as { skipTLSVerify: boolean }).skipTLSVerify = true;
  const impersonation = impersonationHeaders(document, contextName, options);
  let prepared: { readonly at: number; readonly key: string; readonly request: PreparedRequest } | undefined;

  return {
    server: cluster.server.replace(/\/+$/, ""),
    namespace: config.getContextObject(contextName)?.namespace ?? "default",
    contextName,
    async prepare() {
      const now = options.clock.now();
      if (prepared !== undefined && now - prepared.at < refreshMilliseconds) return prepared.request;
      const request: RequestOptions = { headers: {} };
      await config.applyToHTTPSOptions(request as Parameters<KubeConfig["applyToHTTPSOptions"]>[0]).catch((error: unknown) => {
        throw new CredentialsError(`The credentials of context "${contextName}" cannot be had: ${failure(error, config)}`, error);
      });
      const key = [request.ca, request.cert, request.key, request.servername].map(String).join("\n");
      const headers = { ...(request.headers as Record<string, string>), ...basic(request.auth), ...impersonation };
      // A new certificate needs new connections; a new token does not.
      const agent = prepared !== undefined && prepared.key === key ? prepared.request.agent : keptAlive(request.agent as Agent);
      if (prepared !== undefined && agent !== prepared.request.agent) prepared.request.agent.destroy();
      prepared = { at: now, key, request: { agent, headers } };
      return prepared.request;
    },
    refresh() {
      if (prepared !== undefined) prepared = { ...prepared, at: Number.NEGATIVE_INFINITY };
    },
    close() {
      prepared?.request.agent.destroy();
    },
  };
}

/** The library's agents (also its proxy agents) close every connection; the same agents can keep them. */
function keptAlive(agent: Agent): Agent {
  const settings = agent as Agent & { keepAlive: boolean };
  settings.keepAlive = true;
  settings.maxSockets = maximumSockets;
  settings.options.keepAlive = true;
  settings.options.scheduling = "lifo";
  return agent;
}

function impersonationHeaders(document: Kubeconfig | undefined, contextName: string, options: CredentialOptions): Record<string, string | readonly string[]> {
  if (options.impersonate !== undefined) {
    const { user, groups } = options.impersonate;
    return { "Impersonate-User": user, ...(groups.length === 0 ? {} : { "Impersonate-Group": groups }) };
  }
  const userName = document?.contexts.find(({ name }) => name === contextName)?.context?.user;
  const groups = document?.users.find(({ name }) => name === userName)?.user?.["as-groups"];
  return Array.isArray(groups) && groups.length > 0 ? { "Impersonate-Group": groups.map(String) } : {};
}

function basic(auth: string | null | undefined): Record<string, string> {
  return auth === undefined || auth === null ? {} : { Authorization: `Basic ${Buffer.from(auth).toString("base64")}` };
}

function failure(error: unknown, config: KubeConfig): string {
  const message = error instanceof Error ? error.message.trim() : String(error);
  const command = (config.getCurrentUser() as { exec?: { command?: string } } | null)?.exec?.command;
  if (command === undefined) return message;
  return (error as NodeJS.ErrnoException).code === "ENOENT"
    ? `the credential plugin ${command} is not on the PATH. Install it, or use another context.`
    : `the credential plugin ${command} failed: ${message || "it printed no reason"}`;
}
