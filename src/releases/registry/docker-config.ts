import { fallback, object, optional, record, safeParse, string, unknown } from "valibot";
import type { RegistryLogin } from "./registry-login.ts";

/** Docker's `config.json`, as in a Secret of type kubernetes.io/dockerconfigjson: only `auths`, as the kubelet; helpers are programs, which are not here. */
export interface DockerConfig {
  readonly entries: readonly DockerConfigEntry[];
}

export interface DockerConfigEntry {
  /** Host, port and path without a scheme: `registry.example.com/team`, `*.example.com`. */
  readonly place: string;
  readonly login: RegistryLogin;
}

const File = object({ auths: fallback(optional(record(string(), unknown())), undefined) });
const text = fallback(optional(string()), undefined);
const Entry = object({ auth: text, username: text, password: text, identitytoken: text });

/** What is wrong with it in place of it: it never repeats a value. */
export function parseDockerConfig(content: string): DockerConfig | string {
  const file = safeParse(File, jsonOrNothing(content));
  if (!file.success) return "is no JSON object with `auths`";
  const entries: DockerConfigEntry[] = [];
  for (const [key, value] of Object.entries(file.output.auths ?? {})) {
    const login = loginOf(value);
    if (typeof login === "string") return `has an entry for ${placeOf(key)} ${login}`;
    entries.push({ place: placeOf(key), login });
  }
  // A longer place goes before what it begins with, and a name before a glob: the kubelet's order.
  const sorted = entries.toSorted((one, other) => (one.place < other.place ? 1 : one.place > other.place ? -1 : 0));
  return entries.length === 0 ? "has no entry under `auths`" : { entries: sorted };
}

function loginOf(value: unknown): RegistryLogin | string {
  const entry = safeParse(Entry, value);
  if (!entry.success) return "that is no object";
  const { auth = "", username = "", password = "", identitytoken = "" } = entry.output;
  if (identitytoken !== "") return { kind: "identity-token", token: identitytoken };
  if (auth === "")
    return username === ""
      ? "without auth, username and identitytoken (a credential helper may have them, which is not here)"
      : { kind: "password", username, password };
  const decoded = Buffer.from(auth, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  // As Docker writes it, with the padding of C.
  return colon < 1
    ? "whose auth is not user:password in base64"
    : { kind: "password", username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replace(/\0+$/, "") };
}

/** `https://index.docker.io/v1/` is `index.docker.io`: the kubelet takes the paths of the two APIs for the host alone. */
function placeOf(key: string): string {
  const bare = key.replace(/^https?:\/\//, "").replace(/^[^/]*@/, "");
  const [, host = "", path = ""] = /^([^/]*)(.*)$/s.exec(bare) ?? [];
  const below = path.replace(/^\/v[12]\//, "/");
  return `${host}${below === "/" ? "" : below}`;
}

/**
 * Logins for a repository (`registry.example.com/team/node`; Docker Hub's is `docker.io/…`), the most particular first. By Kubernetes' "Interpretation of config.json": as many parts of the host,
 * of which `*` is any one or a piece of one, the same port, and a path that the repository's begins with.
 */
export function loginsFor({ entries }: DockerConfig, repository: string): readonly RegistryLogin[] {
  const found = entries.filter(({ place }) => covers(place, repository));
  if (found.length === 0 && repository.startsWith("docker.io/"))
    return entries.filter(({ place }) => place === "index.docker.io").map(({ login }) => login);
  return found.map(({ login }) => login);
}

function covers(place: string, repository: string): boolean {
  const [own, wanted] = [split(place), split(repository)];
  return (
    own.port === wanted.port &&
    own.labels.length === wanted.labels.length &&
    own.labels.every((label, index) => labelFits(label, wanted.labels[index] ?? "")) &&
    wanted.path.startsWith(own.path)
  );
}

function split(place: string): { readonly labels: readonly string[]; readonly port: string; readonly path: string } {
  const slash = place.indexOf("/");
  const [host = "", port = ""] = (slash === -1 ? place : place.slice(0, slash)).split(":");
  return { labels: host.toLowerCase().split("."), port, path: slash === -1 ? "" : place.slice(slash) };
}

/** `*`, `app*`, `*-good`: a star is any number of characters of one label. */
function labelFits(pattern: string, label: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return pattern === label;
  if (!label.startsWith(first) || !label.endsWith(last) || label.length < first.length + last.length) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = label.indexOf(piece, at);
    if (found === -1 || found + piece.length > label.length - last.length) return false;
    at = found + piece.length;
  }
  return true;
}

function jsonOrNothing(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
