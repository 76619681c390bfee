/** What a registry wants to see, from `WWW-Authenticate` (RFC 9110 11.6.1; Docker's token authentication). */
export type Challenge =
  { readonly scheme: "basic" } | { readonly scheme: "bearer"; readonly realm: string; readonly parameters: ReadonlyMap<string, string> };

/** A scheme begins a challenge (a word that no `=` follows), a parameter goes on with it. */
const PART = /([a-z0-9_.~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([a-z0-9_.~-]+)/gi;

/**
 * `Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:kindest/node:pull"`. Where several are offered, in one header or joined, a token goes before the
 * login itself. Undefined: none that is known.
 */
export function parseChallenge(header: string): Challenge | undefined {
  const offered: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  for (const [, name = "", quoted, plain, scheme] of header.matchAll(PART))
    if (scheme !== undefined) offered.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else offered.at(-1)?.parameters.set(name.toLowerCase(), quoted === undefined ? (plain ?? "") : quoted.replace(/\\(.)/g, "$1"));
  for (const { scheme, parameters } of offered) {
    const realm = parameters.get("realm");
    if (scheme === "bearer" && realm !== undefined) return { scheme, realm, parameters };
  }
  return offered.some(({ scheme }) => scheme === "basic") ? { scheme: "basic" } : undefined;
}

/** Where the token is asked for. `shown` is what of the realm may be told to people. */
export type TokenServer = { readonly kind: "trusted"; readonly url: URL } | { readonly kind: "untrusted"; readonly shown: string };

const loopback = /^(localhost|127\.\d+\.\d+\.\d+)$/;

/**
 * The realm names any server, and gets the credentials: only one that is reached by https, as Docker does; on this machine also without, where the registry itself is here. One that is written with
 * a login of its own is none.
 */
export function tokenServer(realm: string, registry: string): TokenServer {
  if (!URL.canParse(realm)) return { kind: "untrusted", shown: "what is no address" };
  const url = new URL(realm);
  const here = [url, new URL(registry)].every(({ protocol, hostname }) => protocol === "http:" && loopback.test(hostname));
  const plain = url.username === "" && url.password === "";
  return plain && (url.protocol === "https:" || here)
    ? { kind: "trusted", url }
    : { kind: "untrusted", shown: `${url.protocol}//${url.host}` };
}
