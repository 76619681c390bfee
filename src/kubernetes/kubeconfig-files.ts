import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { parse } from "yaml";
import { CredentialsError } from "./errors.ts";

interface Named {
  readonly name: string;
  readonly [key: string]: unknown;
}

/** A kubeconfig as kubectl would see it, after merging. Only what is used is named. */
export interface Kubeconfig {
  readonly contexts: readonly (Named & { readonly context?: { readonly cluster?: string; readonly user?: string; readonly namespace?: string } })[];
  readonly clusters: readonly (Named & { readonly cluster?: Readonly<Record<string, unknown>> })[];
  readonly users: readonly (Named & { readonly user?: Readonly<Record<string, unknown>> })[];
  readonly "current-context"?: string;
}

/** Where kubectl looks: `--kubeconfig`, else the files of `$KUBECONFIG` (missing ones are passed over), else `~/.kube/config`. */
export function kubeconfigPaths(explicit: string | undefined, environment: NodeJS.ProcessEnv): { readonly paths: readonly string[]; readonly mayMiss: boolean } {
  if (explicit !== undefined) return { paths: [explicit], mayMiss: false };
  const list = (environment["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  return list.length > 0 ? { paths: list, mayMiss: true } : { paths: [join(environment["HOME"] ?? homedir(), ".kube", "config")], mayMiss: true };
}

/** Reads and merges: the first file that names something wins. Undefined when no file exists. Rejects with CredentialsError. */
export async function readKubeconfig(explicit: string | undefined, environment: NodeJS.ProcessEnv): Promise<Kubeconfig | undefined> {
  const { paths, mayMiss } = kubeconfigPaths(explicit, environment);
  const read: Kubeconfig[] = [];
  for (const path of paths) {
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" && mayMiss) return undefined;
      throw new CredentialsError(`The kubeconfig ${path} cannot be read (${error.code ?? error.message}). Check the path given by --kubeconfig or $KUBECONFIG.`, error);
    });
    if (text !== undefined) read.push(parseKubeconfig(text, path));
  }
  return read.length === 0 ? undefined : merge(read);
}

/** Parses one file; relative paths in it are made relative to its folder, as kubectl does. */
export function parseKubeconfig(text: string, path: string): Kubeconfig {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new CredentialsError(`The kubeconfig ${path} is not valid YAML: ${(error as Error).message}`, error);
  }
  if (document !== null && (typeof document !== "object" || Array.isArray(document))) {
    throw new CredentialsError(`The kubeconfig ${path} is not a mapping with clusters, users and contexts.`);
  }
  const config = (document ?? {}) as Partial<Kubeconfig>;
  const folder = dirname(path);
  return {
    contexts: config.contexts ?? [],
    clusters: (config.clusters ?? []).map((entry) => ({ ...entry, cluster: absolutePaths(entry.cluster, ["certificate-authority"], folder) })),
    users: (config.users ?? []).map((entry) => ({ ...entry, user: userOf(entry.user, folder) })),
    ...(config["current-context"] === undefined ? {} : { "current-context": config["current-context"] }),
  };
}

function userOf(user: Readonly<Record<string, unknown>> | undefined, folder: string): Readonly<Record<string, unknown>> {
  const resolved = absolutePaths(user, ["client-certificate", "client-key", "tokenFile"], folder);
  // The library reads token files, again every minute, only in this older form.
  const { tokenFile } = resolved;
  return typeof tokenFile === "string" ? { ...resolved, "auth-provider": { name: "tokenFile", config: { tokenFile } } } : resolved;
}

function absolutePaths(entry: Readonly<Record<string, unknown>> | undefined, keys: readonly string[], folder: string): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = { ...entry };
  for (const key of keys) {
    const value = result[key];
    if (typeof value === "string" && value !== "" && !isAbsolute(value)) result[key] = join(folder, value);
  }
  return result;
}

function merge(configs: readonly Kubeconfig[]): Kubeconfig {
  const firstByName = <T extends Named>(lists: readonly (readonly T[])[]): readonly T[] => {
    const found = new Map<string, T>();
    for (const entry of lists.flat()) if (!found.has(entry.name)) found.set(entry.name, entry);
    return [...found.values()];
  };
  const current = configs.map((config) => config["current-context"]).find((name) => name !== undefined && name !== "");
  return {
    contexts: firstByName(configs.map(({ contexts }) => contexts)),
    clusters: firstByName(configs.map(({ clusters }) => clusters)),
    users: firstByName(configs.map(({ users }) => users)),
    ...(current === undefined ? {} : { "current-context": current }),
  };
}
