import { basename } from "node:path";
import type { GlobalOptions } from "./global-options.ts";

/** What a person typed to get here. kubectl runs `kubectl-capi_gitops` for `kubectl capi-gitops`. */
export function programName(script: string | undefined): string {
  return basename(script ?? "").startsWith("kubectl-") ? "kubectl capi-gitops" : "capi-gitops";
}

/** A command to be typed at the same management cluster. */
export function sameClusterCommand(words: readonly string[], { kubeconfig, context, as, asGroup }: Partial<GlobalOptions>): string {
  return commandLine([
    ...words,
    ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
    ...(context === undefined ? [] : ["--context", context]),
    ...(as === undefined ? [] : ["--as", as]),
    ...(asGroup ?? []).flatMap((group) => ["--as-group", group]),
  ]);
}

/** Words as they are typed into a shell, quoted where it needs them quoted. */
export function commandLine(words: readonly string[]): string {
  const typed = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`));
  return [programName(process.argv[1]), ...typed].join(" ");
}
