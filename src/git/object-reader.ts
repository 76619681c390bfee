import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { classifyFailure } from "./classify-failure.ts";
import { GitError } from "./git-error.ts";
import { couldNotRun, type GitProcessSettings } from "./git-command.ts";

export interface GitObject {
  readonly id: string;
  readonly type: string;
  readonly content: Buffer;
}

/** Reads objects by one `git cat-file --batch` that stays; requests are answered in order. */
export interface ObjectReader {
  /** The object of that name (an id, a ref, `ref^{commit}`), or undefined when there is none. */
  read(name: string): Promise<GitObject | undefined>;
  /** Ends the process; the next read starts one again. */
  rest(): void;
}

interface Waiting {
  readonly resolve: (object: GitObject | undefined) => void;
  readonly reject: (error: GitError) => void;
}

export function objectReader({ directory, gitDirectory = directory, environment, redact }: GitProcessSettings): ObjectReader {
  let session: { readonly child: ChildProcessWithoutNullStreams; readonly waiting: Waiting[] } | undefined;

  const start = (): NonNullable<typeof session> => {
    const child = spawn("git", [`--git-dir=${gitDirectory}`, "cat-file", "--batch"], {
      cwd: directory,
      env: environment,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const opened = { child, waiting: [] as Waiting[] };
    const parse = batchParser((object) => opened.waiting.shift()?.resolve(object));
    let said = "";
    const fail = (error: GitError): void => {
      if (session === opened) session = undefined;
      for (const { reject } of opened.waiting.splice(0)) reject(error);
    };
    child.stdout.on("data", parse);
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => fail(couldNotRun("git cat-file", error)));
    child.on("close", () => fail(opened.waiting.length === 0 ? ended() : classifyFailure("git cat-file", redact(said))));
    return opened;
  };

  return {
    read: (name) =>
      new Promise((resolve, reject) => {
        session ??= start();
        session.waiting.push({ resolve, reject });
        session.child.stdin.write(`${name}\n`);
      }),
    rest: () => {
      session?.child.stdin.end();
      session = undefined;
    },
  };
}

function ended(): GitError {
  return new GitError("unknown", { seen: "git cat-file ended", meaning: "No read was waiting for it", remedy: "Nothing needs to be done" });
}

/** Cuts `<id> <type> <size>\n<content>\n` and `<name> missing\n` out of a stream of chunks (git-cat-file(1), BATCH OUTPUT). */
export function batchParser(emit: (object: GitObject | undefined) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let length = 0;
  /** Bytes needed before it is worth looking again. */
  let needed = 1;
  return (chunk) => {
    parts.push(chunk);
    length += chunk.length;
    if (length < needed) return;
    let rest = parts.length === 1 ? chunk : Buffer.concat(parts);
    needed = 1;
    for (;;) {
      const end = rest.indexOf(10);
      if (end === -1) break;
      const [id = "", type = "", size] = rest.toString("utf8", 0, end).split(" ");
      if (size === undefined || !/^\d+$/.test(size)) {
        emit(undefined);
        rest = rest.subarray(end + 1);
        continue;
      }
      const next = end + 1 + Number(size) + 1;
      if (rest.length < next) {
        needed = next;
        break;
      }
      emit({ id, type, content: rest.subarray(end + 1, next - 1) });
      rest = rest.subarray(next);
    }
    parts = rest.length === 0 ? [] : [rest];
    length = rest.length;
  };
}
