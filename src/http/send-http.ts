/** One HTTP exchange with a server outside of the cluster: a feed, a registry, a forge, somebody's webhook. */
export interface HttpCall {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** May hold a secret (a webhook): no error repeats more of it than scheme, host and port. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange, redirects and body included. */
  readonly timeoutMilliseconds: number;
  /** Of the body, decompressed; more is the error `too-large`. */
  readonly maximumBytes: number;
  /** How many redirects are followed; 0 hands a redirect back as it is. */
  readonly redirects: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; of a header that was sent twice, the values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Where the answer came from, after redirects. */
  readonly url: string;
}

/** Rejects with HttpError when there is no whole answer, with the signal's reason when it was aborted. Every status is an answer. */
export type SendHttp = (call: HttpCall) => Promise<HttpAnswer>;

export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly kind: "unreachable" | "timeout" | "too-large" | "redirect" | "url";
  constructor(kind: HttpError["kind"], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}
