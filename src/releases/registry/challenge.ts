/** What a registry wants to see, from `WWW-Authenticate` (RFC 9110 11.6.1; Docker's token authentication). */
export type Challenge =
  { readonly scheme: "basic" } | { readonly scheme: "bearer"; readonly realm: string; readonly parameters: ReadonlyMap<string, string> };

/** `Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:kindest/node:pull"`. Undefined: none that is known. */
export function parseChallenge(header: string): Challenge | undefined {
  const match = /^\s*(bearer|basic)\b(.*)$/is.exec(header);
  if (match?.[1]?.toLowerCase() === "basic") return { scheme: "basic" };
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, plain] of (match?.[2] ?? "").matchAll(/([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi))
    parameters.set(name.toLowerCase(), quoted === undefined ? (plain ?? "") : quoted.replace(/\\(.)/g, "$1"));
  const realm = parameters.get("realm");
  return match === null || realm === undefined ? undefined : { scheme: "bearer", realm, parameters };
}

/** Where the token is asked for. Undefined: the realm would carry credentials in the clear, though the registry is spoken to in cipher. */
export function tokenUrl(challenge: Challenge & { scheme: "bearer" }, registry: string): string | undefined {
  if (!URL.canParse(challenge.realm)) return undefined;
  const url = new URL(challenge.realm);
  if (url.protocol !== "https:" && url.protocol !== new URL(registry).protocol) return undefined;
  for (const name of ["service", "scope"]) {
    const value = challenge.parameters.get(name);
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}
