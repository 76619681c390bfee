import { classifyFailure, tellingLines } from "./classify-failure.ts";
import type { RunGit } from "./git-command.ts";

export type PushResult =
  | { readonly kind: "pushed" }
  /** The branch is at this very commit already: an equal process made the same commit in the same second. */
  | { readonly kind: "present" }
  /** Somebody else was first; the remote is as they left it. */
  | { readonly kind: "race"; readonly detail: string }
  /** The remote's rules or hooks do not want it; it says why. */
  | { readonly kind: "rejected"; readonly detail: string };

export interface PushRequest {
  readonly commit: string;
  readonly branch: string;
  /** The branch's tip as it was seen; undefined: it must not exist. */
  readonly expected: string | undefined;
}

/** One reference, compare-and-swap. Rejects with a GitError when it is not known that the remote refused. */
export async function push(git: RunGit, { commit, branch, expected = "" }: PushRequest): Promise<PushResult> {
  const ref = `refs/heads/${branch}`;
  const args = [
    "push",
    "--porcelain",
    "--no-verify",
    "--no-follow-tags",
    "--recurse-submodules=no",
    `--force-with-lease=${ref}:${expected}`,
    "--end-of-options",
    "origin",
    `${commit}:${ref}`,
  ];
  const { code, stdout, stderr } = await git(args, { accept: [0, 1, 128] });
  const answer = parsePush(stdout.toString("utf8"), stderr);
  if (answer.kind !== "none") return answer;
  if (code === 0) return { kind: "pushed" };
  throw classifyFailure("git push", stderr);
}

/** Our git saw it before sending anything: the lease did not hold. */
const leaseReasons = /^\[rejected\] \((?:stale info|fetch first|non-fast-forward|needs force|already exists)\)/i;
/** The remote saw it while updating: receive-pack and the forges, in their words. A `non-fast-forward` from there is a rule, not a race. */
const lockReasons =
  /cannot lock ref|failed to (?:update|lock) ref|incorrect old value|reference already exists|is at [0-9a-f]{40,64} but expected/i;

/** git-push(1), OUTPUT with --porcelain: `<flag>\t<from>:<to>\t<summary> (<reason>)`. */
export function parsePush(stdout: string, stderr: string): PushResult | { readonly kind: "none" } {
  for (const line of stdout.split("\n")) {
    const [, flag, summary] = /^([ +*!=-])\t[^\t]*\t(.*)$/.exec(line) ?? [];
    if (flag === undefined || summary === undefined) continue;
    if (flag === "=") return { kind: "present" };
    if (flag !== "!") return { kind: "pushed" };
    if (leaseReasons.test(summary) || lockReasons.test(summary)) return { kind: "race", detail: summary };
    // The connection broke before the remote told the outcome: not known to be refused.
    if (/remote failed to report status/i.test(summary)) return { kind: "none" };
    const told = tellingLines(stderr).filter((said) => said.startsWith("remote:"));
    if (told.some((said) => lockReasons.test(said))) return { kind: "race", detail: [summary, ...told].join("; ") };
    return { kind: "rejected", detail: [summary, ...told].join("; ") };
  }
  return { kind: "none" };
}
