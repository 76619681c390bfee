import type { Refusal } from "../../refusal.ts";
import type { ObjectReference } from "../cluster-snapshot.ts";

/** Whom a text is for: somebody who reads it in a ClusterUpgrade. `open`: it goes on by itself once its reason is out of the way. */
export interface Reader {
  readonly cluster: Pick<ObjectReference, "namespace" | "name">;
  readonly open: boolean;
}

export function retryCommand({ namespace, name }: Reader["cluster"]): string {
  return `\`capi-gitops retry ${name} -n ${namespace}\``;
}

/** To do it once more, as whoever typed a command is told. */
const ONCE_MORE = /\b(?:ask again|run (?:the upgrade|the same command|this) again)\b/g;
const MISSING_VIAS = /(?:--via \S+\.X ?)+/g;

/** Options of commands, and what stands for them in a policy or a ClusterUpgrade. */
const FIELDS: Readonly<Record<string, string>> = {
  "--via": "spec.via",
  "--repo": "git.repository.url",
  "--base-branch": "git.repository.branch",
  "--path": "git.repository.path",
  "`--branch`": "git.mode: PullRequest",
  "upgrade with --no-git": "set git.mode: Direct",
  "Upgrade in the repository (--repo), or say --override if that engine is suspended": "Set git.mode: Push or PullRequest",
};
/** The longest first. */
const FLAGS = new RegExp(
  Object.keys(FIELDS)
    .sort((one, other) => other.length - one.length)
    .map((text) => text.replace(/[()]/g, "\\$&") + (/\w$/.test(text) ? "(?![\\w-])" : ""))
    .join("|"),
  "g",
);

/** Texts of plans and refusals speak to whoever typed a command; here nobody did, and there are verbs and fields instead. The same text twice gives the same. */
export function forOperator(text: string, { cluster, open }: Reader): string {
  return text
    .replace(ONCE_MORE, open ? "it goes on by itself" : `run ${retryCommand(cluster)}`)
    .replace(/pass --via (\S+) to go on from there/g, "make a ClusterUpgrade with spec.via [$1] that goes on from there")
    .replace(MISSING_VIAS, (flags) => `${flags.trim().replaceAll("--via ", "").split(/ +/).join(", ")} in spec.via `)
    .replace(/`capi-gitops upgrade (\S+) -n (\S+) --to (\S+)`/g, "a ClusterUpgrade of $1 to $3 in namespace $2")
    .replace(FLAGS, (flag) => FIELDS[flag] ?? flag);
}

export function refusalForOperator<R extends Refusal>(refusal: R, reader: Reader): R {
  return { ...refusal, message: forOperator(refusal.message, reader), remedy: forOperator(refusal.remedy, reader) };
}
