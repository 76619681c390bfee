import { createHash } from "node:crypto";

const longestName = 63;

/** `<prefix>-<8 hexadecimal digits of the spec's content>`, a DNS label. The order of keys does not matter; the same content has the same name. */
export function templateName(prefix: string, spec: unknown): string {
  const digest = createHash("sha256")
    .update(JSON.stringify(sorted(spec)))
    .digest("hex")
    .slice(0, 8);
  return `${prefix.slice(0, longestName - digest.length - 1).replace(/[-.]+$/, "")}-${digest}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
