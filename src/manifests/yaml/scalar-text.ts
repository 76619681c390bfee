import { parse, Scalar } from "yaml";

/** What to put in place of a scalar's source text, or why that cannot be done in its style. */
export type ScalarText = { readonly kind: "text"; readonly text: string } | { readonly kind: "unsupported"; readonly why: string };

/**
 * The source text of `value` in the style that the scalar has now: same quotes; plain only where both YAML 1.1 (which Kubernetes reads) and 1.2 read it back
 * as this very string (`v1.35.2` is one; `1.30`, `1e3`, `on` are not, and get quotes).
 */
export function scalarText(scalar: Scalar, value: string): ScalarText {
  switch (scalar.type) {
    case Scalar.QUOTE_DOUBLE:
      return { kind: "text", text: JSON.stringify(value) };
    case Scalar.QUOTE_SINGLE:
      return { kind: "text", text: `'${value.replaceAll("'", "''")}'` };
    case Scalar.BLOCK_LITERAL:
    case Scalar.BLOCK_FOLDED:
      return { kind: "unsupported", why: "it is written as a block of text (| or >)" };
    default:
      return { kind: "text", text: isPlainSafe(value) ? value : JSON.stringify(value) };
  }
}

/** Whether `value` written without quotes is this very string, in a block and in a flow collection, in YAML 1.1 and 1.2. */
export function isPlainSafe(value: string): boolean {
  if (value === "" || value !== value.trim() || /[\n\r]/.test(value)) return false;
  return ["1.1", "1.2"].every((version) =>
    [`k: ${value}\n`, `{k: ${value}, l: 1}\n`, `- ${value}\n`].every((text) => {
      try {
        const read: unknown = parse(text, { version: version as "1.1" | "1.2", logLevel: "error" });
        const found: unknown = Array.isArray(read) ? read[0] : (read as Record<string, unknown> | null)?.["k"];
        return found === value;
      } catch {
        return false;
      }
    }),
  );
}
