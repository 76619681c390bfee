import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ConfigEntry, Environment } from "./git-environment.ts";

/**
 * The entries of the person's Git configuration that say how to reach and enter a remote: `credential.*`, `http.*`, the ssh command, askpass.
 * Everything else is left out on purpose. In particular `url.*.insteadOf` (a push must go where the URL says), hooks, templates, signing, `push.*`.
 */
export async function ambientConfig(surrounding: Environment, directory: string): Promise<readonly ConfigEntry[]> {
  // Of git's own variables only those that name configuration; and a cwd outside of any repository, so that no repository's configuration is read.
  const own = Object.entries(surrounding).filter(([name]) => !name.startsWith("GIT_") || name.startsWith("GIT_CONFIG_"));
  const environment = { ...Object.fromEntries(own), GIT_CEILING_DIRECTORIES: directory };
  const { stdout } = await promisify(execFile)("git", ["config", "--list", "--includes", "--show-scope", "-z"], {
    cwd: directory,
    env: environment,
  });
  const fields = stdout.split("\0");
  const entries: ConfigEntry[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const entry = configEntry(fields[at] ?? "", fields[at + 1] ?? "");
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

const wanted = /^(?:credential\.|http\.|core\.sshcommand$|core\.askpass$|ssh\.variant$)/;

function configEntry(scope: string, keyAndValue: string): ConfigEntry | undefined {
  if (scope === "local" || scope === "worktree") return undefined;
  const end = keyAndValue.indexOf("\n");
  // An entry without a value means true.
  const [key, value] = end === -1 ? [keyAndValue, "true"] : [keyAndValue.slice(0, end), keyAndValue.slice(end + 1)];
  return wanted.test(key) ? [key, value] : undefined;
}
