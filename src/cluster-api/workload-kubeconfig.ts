import { parse } from "yaml";
import { asRecord, asText, valueAt, type RawObject } from "./views/fields.ts";

export type KubeconfigReading = { readonly text: string } | { readonly trouble: string };

/**
 * What a kubeconfig may ask of whoever uses it: to run programs, and to read (and send away) files of this machine. The kubeconfigs that Cluster API
 * makes hold all that they need in themselves, so one from a Secret that asks for more is not used: who may write the Secret must not thereby act here.
 */
const ASKS_TOO_MUCH: ReadonlySet<string> = new Set([
  "exec",
  "auth-provider",
  "tokenFile",
  "token-file",
  "client-certificate",
  "client-key",
  "certificate-authority",
]);

/** The kubeconfig in the Secret `<cluster>-kubeconfig` (type `cluster.x-k8s.io/secret`, key `value`). The text is a secret: it is never part of a message. */
export function readKubeconfigSecret(secret: RawObject, what: string): KubeconfigReading {
  const encoded = asText(valueAt(secret, "data.value"));
  if (encoded === undefined) return { trouble: `${what} has no key "value"` };
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const document = parsed(text);
  if (document === undefined) return { trouble: `${what} holds no kubeconfig` };
  const key = [...settings(document, "clusters", "cluster"), ...settings(document, "users", "user")].find((name) =>
    ASKS_TOO_MUCH.has(name),
  );
  return key === undefined
    ? { text }
    : { trouble: `the kubeconfig in ${what} uses "${key}", which is not done with a kubeconfig out of a Secret` };
}

function parsed(text: string): RawObject | undefined {
  try {
    return asRecord(parse(text));
  } catch {
    // The parser's message quotes the text.
    return undefined;
  }
}

function settings(document: RawObject, list: string, entry: string): readonly string[] {
  const entries = document[list];
  return Array.isArray(entries) ? entries.flatMap((item: unknown) => Object.keys(asRecord(asRecord(item)?.[entry]) ?? {})) : [];
}
