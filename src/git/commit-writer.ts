import { randomUUID } from "node:crypto";
import { formatIdentity, type Identity } from "./commit-message.ts";
import type { RunGit } from "./git-command.ts";
import type { Signer } from "./signing.ts";

/** One path of a new tree. `content: null` deletes it. */
export interface TreeChange {
  readonly path: string;
  readonly mode: string;
  readonly content: string | null;
}

export interface NewCommit {
  readonly parent: string;
  readonly changes: readonly TreeChange[];
  readonly message: string;
  readonly author: Identity;
  /** Author and committer date, epoch seconds, UTC. */
  readonly atSeconds: number;
  readonly signer?: Signer | undefined;
  /** Called when all objects but a signed commit are written. */
  readonly onObjects?: () => Promise<void>;
}

/**
 * Writes a commit on top of `parent` and gives its id; nothing refers to it yet. One process however many files
 * (`git fast-import`), one more for the signature. Every path must have passed `unsafePath`.
 */
export async function writeCommit(git: RunGit, commit: NewCommit): Promise<string> {
  const { stdout } = await git(["fast-import", "--quiet", "--done", "--date-format=raw"], {
    input: fastImportStream(commit, `refs/capi-gitops/${randomUUID()}`),
  });
  const unsigned = stdout.toString("latin1").trim();
  await commit.onObjects?.();
  if (commit.signer === undefined) return unsigned;
  const { name, email } = identity(commit.author);
  const date = `@${commit.atSeconds} +0000`;
  const signed = await git([...commit.signer.options, "commit-tree", "-S", "-p", commit.parent, "-F", "-", `${unsigned}^{tree}`], {
    input: commit.message,
    environment: {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      GIT_COMMITTER_DATE: date,
      ...commit.signer.variables,
    },
  });
  return signed.stdout.toString("latin1").trim();
}

/** git-fast-import(1). The branch exists only while the stream is read: `reset … from 0…0` takes it away again. */
export function fastImportStream({ parent, changes, message, author, atSeconds }: NewCommit, ref: string): Buffer {
  const who = `${formatIdentity(author)} ${atSeconds} +0000\n`;
  const parts: (string | Buffer)[] = [
    `feature done\ncommit ${ref}\nmark :1\nauthor ${who}committer ${who}`,
    ...data(message),
    `from ${parent}\n`,
  ];
  // Deletions first: a file may give way to a directory of the same name.
  for (const { path } of changes.filter(({ content }) => content === null)) parts.push(`D ${quoted(path)}\n`);
  for (const { path, mode, content } of changes) {
    if (content !== null) parts.push(`M ${mode} inline ${quoted(path)}\n`, ...data(content));
  }
  parts.push(`get-mark :1\nreset ${ref}\nfrom ${"0".repeat(parent.length)}\ndone\n`);
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}

function data(text: string): (string | Buffer)[] {
  const bytes = Buffer.from(text);
  return [`data ${bytes.length}\n`, bytes, "\n"];
}

function quoted(path: string): string {
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function identity(author: Identity): Identity {
  const [, name = "", email = ""] = /^(.*) <(.*)>$/.exec(formatIdentity(author)) ?? [];
  return { name, email };
}
