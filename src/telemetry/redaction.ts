/** Takes secrets out of what people will see. */
export interface Redaction {
  text(text: string): string;
  /** A copy that JSON can carry, with secrets taken out: by the names of fields, by the look of texts, and those that were told of. */
  value(value: unknown): unknown;
}

const taken = "[redacted]";
const secretField =
  /pass(word|phrase)|token|secret|authorization|cookie|credential|kubeconfig|(private|api|signing|access).?key|hmac|webhook/i;
/** Where a secret is, not what it is; and counts. */
const harmlessField = /(name|ref|namespace|kind|count)$/i;

const looksSecret: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]+@/gi, `$1${taken}@`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${taken}`],
  [/(https:\/\/hooks\.slack(?:-gov)?\.com\/)[^\s"'<>]+/gi, `$1${taken}`],
  [/\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,})/g, taken],
  [/\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+/g, taken],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, taken],
];

const deepest = 6;
const longest = 8192;
const mostItems = 100;

/** `secrets`: those that are known, read anew each time, since they change. They are found as they are, percent-encoded and in base64. */
export function redaction(secrets: () => readonly string[] = () => []): Redaction {
  const text = (text: string): string => {
    let rest = text;
    for (const secret of secrets()) {
      if (secret.length < 4) continue;
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")]) rest = rest.replaceAll(form, taken);
    }
    for (const [pattern, replacement] of looksSecret) rest = rest.replace(pattern, replacement);
    return rest.length > longest ? `${rest.slice(0, longest)}…` : rest;
  };
  const walk = (value: unknown, depth: number): unknown => {
    if (typeof value === "string") return text(value);
    if (typeof value === "bigint") return String(value);
    if (typeof value !== "object" || value === null) return typeof value === "function" || typeof value === "symbol" ? undefined : value;
    if (depth > deepest) return "[deeper]";
    if (value instanceof Error) return walkError(value, depth);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[no date]" : value.toISOString();
    if (ArrayBuffer.isView(value)) return "[binary]";
    if (value instanceof Map || value instanceof Set) return walk([...value], depth);
    if (Array.isArray(value)) return value.slice(0, mostItems).map((item) => walk(item, depth + 1));
    const entries = Object.entries(value).slice(0, mostItems);
    return Object.fromEntries(entries.map(([key, item]) => [key, isSecretField(key, item) ? taken : walk(item, depth + 1)]));
  };
  const walkError = (error: Error, depth: number): unknown => {
    const code = "code" in error ? { code: walk(error.code, depth + 1) } : {};
    const cause = error.cause === undefined ? {} : { cause: walk(error.cause, depth + 1) };
    return { type: error.name, message: text(error.message), ...code, stack: text(error.stack ?? ""), ...cause };
  };
  return { text, value: (value) => walk(value, 0) };
}

function isSecretField(key: string, value: unknown): boolean {
  return (
    secretField.test(key) &&
    !harmlessField.test(key) &&
    typeof value !== "boolean" &&
    typeof value !== "number" &&
    value !== undefined &&
    value !== null
  );
}
