import { BlockList, isIP } from "node:net";

/**
 * The proxy that `$HTTPS_PROXY`, `$HTTP_PROXY` and `$NO_PROXY` ask for, by the rules of Go's net/http, which are kubectl's: this machine itself is never
 * reached by a proxy, upper case wins over lower case. Undefined: no proxy.
 */
export function proxyFromEnvironment(server: string, environment: NodeJS.ProcessEnv): string | undefined {
  const url = new URL(server);
  const value = (name: string): string => environment[name] || environment[name.toLowerCase()] || "";
  const proxy = value(url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");
  if (proxy === "" || isExempt(url, value("NO_PROXY"))) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/** Entries of `$NO_PROXY`: `*`, an address, a range in CIDR form, a domain with all below it, a `.domain` with only what is below it; each with `:port` if wanted. */
function isExempt(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  if (host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."))) return true;
  return noProxy
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== "")
    .some((entry) => entry === "*" || matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry.includes("/")) return inRange(entry, host);
  const { name, wanted } = hostAndPort(entry);
  if (wanted !== undefined && wanted !== port) return false;
  if (isIP(name) !== 0 || isIP(host) !== 0) return name === host;
  const domain = name.replace(/^\*/, "");
  return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function hostAndPort(entry: string): { readonly name: string; readonly wanted: string | undefined } {
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(entry);
  if (bracketed?.[1] !== undefined) return { name: bracketed[1], wanted: bracketed[2] };
  if (isIP(entry) === 6) return { name: entry, wanted: undefined };
  const [name = "", wanted] = entry.split(":");
  return { name, wanted };
}

function inRange(range: string, host: string): boolean {
  const [network = "", bits = ""] = range.split("/");
  const family = isIP(network);
  const prefix = Number(bits);
  if (family === 0 || family !== isIP(host) || bits === "" || !Number.isInteger(prefix) || prefix < 0 || prefix > (family === 6 ? 128 : 32))
    return false;
  const list = new BlockList();
  const type = family === 6 ? "ipv6" : "ipv4";
  list.addSubnet(network, prefix, type);
  return list.check(host, type);
}
