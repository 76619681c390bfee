/** The credentials cannot be read or used; nothing was sent. The message says what was seen and what to do; it holds no secret. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
  }
}

/** The API server answered with an error (`Status` object or plain text). */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** `NotFound`, `Forbidden`, `Conflict`, `Invalid`…; empty where the server gives none. */
  readonly reason: string;
  readonly causes: readonly { readonly field?: string; readonly message?: string; readonly reason?: string }[];
  readonly retryAfterSeconds: number | undefined;
  readonly request: string;
  constructor(request: string, status: number, body: string, retryAfterSeconds?: number) {
    const parsed = statusObject(body);
    super(`${request}: ${parsed?.message ?? (body.trim().slice(0, 300) || `HTTP status ${status}`)}`);
    this.status = status;
    this.reason = parsed?.reason ?? "";
    this.causes = parsed?.details?.causes ?? [];
    this.retryAfterSeconds = parsed?.details?.retryAfterSeconds ?? retryAfterSeconds;
    this.request = request;
  }
}

/** No answer: the server could not be reached, or stopped answering. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly kind: "refused" | "timeout" | "tls" | "dns" | "reset";
  constructor(kind: ConnectionError["kind"], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

interface StatusBody {
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly retryAfterSeconds?: number; readonly causes?: ApiError["causes"] };
}

function statusObject(body: string): StatusBody | undefined {
  if (!body.startsWith("{")) return undefined;
  try {
    return JSON.parse(body) as StatusBody;
  } catch {
    return undefined;
  }
}

/** Classifies what a socket reports. */
export function connectionError(request: string, server: string, error: NodeJS.ErrnoException): ConnectionError {
  const code = error.code ?? "";
  const say = (kind: ConnectionError["kind"], text: string): ConnectionError => new ConnectionError(kind, `${request}: ${text}`, error);
  if (code === "ECONNREFUSED")
    return say("refused", `${server} refuses connections. Is the API server running, and is this the right context?`);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return say("dns", `the name of ${server} cannot be resolved (${code}). Check the server in the kubeconfig, and the network.`);
  if (code === "ETIMEDOUT") return say("timeout", `${server} did not answer in time. Check the network and the server.`);
  if (code === "CERT_HAS_EXPIRED") return say("tls", `the certificate of ${server} has expired. The API server needs a new one.`);
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|DEPTH_ZERO|EPROTO/.test(code)) {
    return say(
      "tls",
      `the TLS connection to ${server} failed (${code}: ${error.message.split("\n")[0]}). Check certificate-authority and the client certificate in the kubeconfig.`,
    );
  }
  const proxyStatus = /^Bad response: (\d+)$/.exec(error.message)?.[1];
  if (proxyStatus !== undefined)
    return say(
      "refused",
      `the proxy does not connect to ${server}: it answers with status ${proxyStatus}. Check proxy-url in the kubeconfig, or $HTTPS_PROXY.`,
    );
  return say("reset", `the connection to ${server} was lost (${code || error.message}).`);
}
