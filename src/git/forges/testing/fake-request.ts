export interface FakeRequest {
  readonly method: string;
  /** Decoded segments below the API's root. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface FakeAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `GET /repos/acme/fleet/pulls/7` against `GET repos * * pulls #`: the parts that the stars stand for, or undefined. */
export function matching({ method, path }: FakeRequest, pattern: string): readonly string[] | undefined {
  const [verb, ...parts] = pattern.split(" ");
  const rest = parts.at(-1) === "**";
  const wanted = rest ? parts.slice(0, -1) : parts;
  if (verb !== method || (rest ? path.length <= wanted.length : path.length !== wanted.length)) return undefined;
  if (!wanted.every((part, at) => part === "*" || (part === "#" ? /^\d+$/.test(path[at] ?? "") : part === path[at]))) return undefined;
  return [...path.filter((_, at) => wanted[at] === "*" || wanted[at] === "#"), ...(rest ? [path.slice(wanted.length).join("/")] : [])];
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
