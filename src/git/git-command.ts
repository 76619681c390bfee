import { spawn, type ChildProcess } from "node:child_process";
import { classifyFailure } from "./classify-failure.ts";
import { GitError } from "./git-error.ts";
import { unobserved, type Observe } from "./observe.ts";
import type { Redact } from "./redact.ts";

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  /** Redacted. */
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Buffer;
  /** On top of the repository's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Less than the limit of every command. */
  readonly withinSeconds?: number;
  /** Exit codes that are answers, not failures. Default: 0. */
  readonly accept?: readonly number[];
}

/** Runs git in one repository. Rejects with a classified GitError when the exit code is not an accepted one. */
export type RunGit = (args: readonly string[], options?: RunOptions) => Promise<GitResult>;

export interface GitProcessSettings {
  /** Where git runs; must not be inside a repository. */
  readonly directory: string;
  /** The repository's own directory; absent for commands that make one. */
  readonly gitDirectory?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly redact: Redact;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal | undefined;
  /** Of the commands that ask a remote. */
  readonly observe?: Observe;
}

/** What asks a remote; of a push only its caller can tell what its answer means. */
const asking: ReadonlySet<string> = new Set(["clone", "fetch", "ls-remote"]);

/** Runs the git binary, never through a shell. */
export function gitRunner(settings: GitProcessSettings): RunGit {
  const { directory, gitDirectory, redact, timeoutSeconds, signal, observe = unobserved } = settings;
  const where = gitDirectory === undefined ? [] : [`--git-dir=${gitDirectory}`];
  const run: RunGit = (args, { input, environment = {}, accept = [0], withinSeconds = timeoutSeconds } = {}) =>
    new Promise((resolve, reject) => {
      const name = `git ${subcommandOf(args)}`.trim();
      if (signal?.aborted) return reject(aborted(name, signal.reason));
      // A process group of its own: git's helpers (https, ssh) would outlive it otherwise, and hold on to the connection.
      const child = spawn("git", [...where, ...args], {
        cwd: directory,
        env: { ...settings.environment, ...environment },
        stdio: ["pipe", "pipe", "pipe"],
        detached: true,
      });
      let stoppedBy: GitError | undefined;
      const stop = (error: GitError): void => {
        stoppedBy ??= error;
        endGroup(child);
      };
      const timer = setTimeout(() => stop(timedOut(name, withinSeconds)), withinSeconds * 1000);
      const onAbort = (): void => stop(aborted(name, signal?.reason));
      signal?.addEventListener("abort", onAbort, { once: true });
      const finished = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };

      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
      // A command that ends without reading its input has its own say; the broken pipe adds nothing.
      child.stdin.on("error", () => undefined);
      child.stdin.end(input);
      child.on("error", (error) => {
        finished();
        reject(couldNotRun(name, error));
      });
      child.on("close", (code, killedBy) => {
        finished();
        const said = redact(Buffer.concat(stderr).toString("utf8"));
        if (stoppedBy !== undefined) reject(stoppedBy);
        else if (code !== null && accept.includes(code)) resolve({ code, stdout: Buffer.concat(stdout), stderr: said });
        else reject(killedBy === null ? classifyFailure(name, said) : killed(name, killedBy, said));
      });
    });
  return (args, options) => {
    const name = subcommandOf(args);
    return asking.has(name) ? observe(name, () => run(args, options)) : run(args, options);
  };
}

/** SIGTERM for git and its helpers, which lets them remove what they made halfway; SIGKILL two seconds later. */
function endGroup(child: ChildProcess): void {
  const send = (name: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // The group has ended by itself.
    }
  };
  send("SIGTERM");
  const timer = setTimeout(send, 2000, "SIGKILL");
  child.on("close", () => clearTimeout(timer));
}

/** `push`, `fetch`; empty where there is none. */
function subcommandOf(args: readonly string[]): string {
  return args.find((argument, index) => !argument.startsWith("-") && args[index - 1] !== "-c") ?? "";
}

export function couldNotRun(name: string, error: Error): GitError {
  return new GitError("git-missing", {
    seen: `${name} could not be started (${error.message})`,
    meaning: "This tool works with the git binary, 2.38 or newer, and did not find it on PATH",
    remedy: "Install git, or put it on PATH",
    cause: error,
  });
}

const either = "The remote is either untouched or complete";
const byItself = "It is tried again by itself; if it stays,";

function timedOut(name: string, seconds: number): GitError {
  return new GitError("timeout", {
    seen: `${name} did not end within ${seconds} seconds`,
    meaning: either,
    remedy: `${byItself} check the connection, or allow more time`,
  });
}

function aborted(name: string, cause: unknown): GitError {
  return new GitError("aborted", { seen: `${name} was stopped by its caller`, meaning: either, remedy: "Run it again when wanted", cause });
}

function killed(name: string, killedBy: string, output: string): GitError {
  return new GitError("unreachable", {
    seen: `${name} was ended by ${killedBy}`,
    meaning: either,
    remedy: `${byItself} check the memory limit`,
    output,
  });
}
