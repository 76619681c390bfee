import { hasTrailer } from "./commit-message.ts";
import type { RunGit } from "./git-command.ts";

export interface CommitRecord {
  readonly id: string;
  readonly authorName: string;
  readonly authorEmail: string;
  /** ISO 8601. */
  readonly authoredAt: string;
  readonly message: string;
}

export interface HistoryRange {
  readonly from: string;
  /** Leaves out this commit and all before it. */
  readonly after?: string | undefined;
  readonly limit: number;
  /** Only commits that changed one of these. */
  readonly paths?: readonly string[];
}

/** Newest first. Sees as far as the local history reaches. */
export async function history(git: RunGit, { from, after, limit, paths = [] }: HistoryRange): Promise<readonly CommitRecord[]> {
  const excluded = after === undefined ? [] : [`^${after}`];
  const { stdout } = await git([
    "log",
    "-z",
    "--no-color",
    "--no-decorate",
    `--max-count=${limit}`,
    "--format=%H%n%an%n%ae%n%aI%n%B",
    from,
    ...excluded,
    "--",
    ...paths,
  ]);
  return parseHistory(stdout.toString("utf8"));
}

export function parseHistory(output: string): readonly CommitRecord[] {
  return output
    .split("\0")
    .filter((record) => record !== "")
    .map((record) => {
      const [id = "", authorName = "", authorEmail = "", authoredAt = "", ...message] = record.split("\n");
      return { id, authorName, authorEmail, authoredAt, message: message.join("\n") };
    });
}

export function withTrailer(commits: readonly CommitRecord[], key: string, value: string): CommitRecord | undefined {
  return commits.find(({ message }) => hasTrailer(message, key, value));
}

/** `1a2b3c4d by Jo <jo@example.org> (Undo the upgrade)`. */
export function describeCommit({ id, authorName, authorEmail, message }: CommitRecord): string {
  return `${id.slice(0, 12)} by ${authorName} <${authorEmail}> (${message.split("\n", 1)[0] ?? ""})`;
}
