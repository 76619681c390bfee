import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { parse, YAMLParseError } from "yaml";
import { CredentialsError } from "./errors.ts";

type Settings = Readonly<Record<string, unknown>>;

/** A kubeconfig as kubectl sees it: of lists of files the first that names something wins, and paths are relative to the file that names them. */
export interface Kubeconfig {
  readonly clusters: ReadonlyMap<string, Settings>;
  readonly users: ReadonlyMap<string, Settings>;
  readonly contexts: ReadonlyMap<string, Settings>;
  /** Empty where no file sets one. */
  readonly currentContext: string;
}

/** Where kubectl looks: `--kubeconfig`, else the files of `$KUBECONFIG`, else `~/.kube/config`. Only the first must exist. */
export function kubeconfigPaths(explicit: string | undefined, environment: NodeJS.ProcessEnv): readonly string[] {
  if (explicit !== undefined) return [explicit];
  const list = (environment["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  return list.length > 0 ? list : [join(environment["HOME"] ?? homedir(), ".kube", "config")];
}

/** Reads and merges. Undefined when no file exists, or none of them names anything. Rejects with CredentialsError. */
export async function readKubeconfig(explicit: string | undefined, environment: NodeJS.ProcessEnv): Promise<Kubeconfig | undefined> {
  const read: Kubeconfig[] = [];
  for (const path of kubeconfigPaths(explicit, environment)) {
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" && explicit === undefined) return undefined;
      const why = error.code === "ENOENT" ? "does not exist" : `cannot be read (${error.code ?? error.message})`;
      throw new CredentialsError(`The kubeconfig ${path} ${why}. Check the path that --kubeconfig or $KUBECONFIG gives.`, error);
    });
    if (text !== undefined) read.push(parseKubeconfig(text, `The kubeconfig ${path}`, dirname(path)));
  }
  const merged = merge(read);
  return merged.contexts.size + merged.clusters.size + merged.users.size === 0 && explicit === undefined ? undefined : merged;
}

/** Parses one file. `what` begins the sentences of errors; relative paths are made relative to `folder`. Throws CredentialsError. */
export function parseKubeconfig(text: string, what: string, folder: string): Kubeconfig {
  const document = parseYaml(text, what);
  if (document !== null && !isSettings(document)) throw new CredentialsError(`${what} is not a mapping with clusters, users and contexts.`);
  const config = document ?? {};
  const current = config["current-context"];
  return {
    clusters: named(config["clusters"], "cluster", what, (cluster) => withAbsolutePaths(cluster, ["certificate-authority"], folder)),
    users: named(config["users"], "user", what, (user) => userWithAbsolutePaths(user, folder)),
    contexts: named(config["contexts"], "context", what, (context) => context),
    currentContext: typeof current === "string" ? current : "",
  };
}

/** The parser's own message quotes the text around the fault, which may be a token. */
function parseYaml(text: string, what: string): unknown {
  try {
    return parse(text, { prettyErrors: true, logLevel: "error" }) as unknown;
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    throw new CredentialsError(`${what} is not valid YAML${line === undefined ? "" : `: see line ${line}`}.`);
  }
}

function named(list: unknown, key: string, what: string, resolve: (settings: Settings) => Settings): ReadonlyMap<string, Settings> {
  if (list !== undefined && list !== null && !Array.isArray(list))
    throw new CredentialsError(`In ${lowerFirst(what)}, "${key}s" is not a list.`);
  const found = new Map<string, Settings>();
  for (const entry of (list ?? []) as readonly unknown[]) {
    const name = isSettings(entry) ? entry["name"] : undefined;
    if (!isSettings(entry) || typeof name !== "string" || found.has(name)) continue;
    const settings = entry[key];
    found.set(name, isSettings(settings) ? resolve(settings) : {});
  }
  return found;
}

function userWithAbsolutePaths(user: Settings, folder: string): Settings {
  const { exec, ...rest } = withAbsolutePaths(user, ["client-certificate", "client-key", "tokenFile"], folder);
  if (!isSettings(exec)) return rest;
  // A plugin that is named without a slash is looked for on the PATH.
  const byPath = typeof exec["command"] === "string" && exec["command"].includes("/");
  return { ...rest, exec: byPath ? withAbsolutePaths(exec, ["command"], folder) : exec };
}

function withAbsolutePaths(settings: Settings, keys: readonly string[], folder: string): Settings {
  const result: Record<string, unknown> = { ...settings };
  for (const key of keys) {
    const value = result[key];
    if (typeof value === "string" && value !== "" && !isAbsolute(value)) result[key] = join(folder, value);
  }
  return result;
}

function merge(configs: readonly Kubeconfig[]): Kubeconfig {
  const firstWins = (maps: readonly ReadonlyMap<string, Settings>[]): ReadonlyMap<string, Settings> =>
    new Map(maps.toReversed().flatMap((map) => [...map]));
  return {
    clusters: firstWins(configs.map(({ clusters }) => clusters)),
    users: firstWins(configs.map(({ users }) => users)),
    contexts: firstWins(configs.map(({ contexts }) => contexts)),
    currentContext: configs.map(({ currentContext }) => currentContext).find((name) => name !== "") ?? "",
  };
}

export function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
