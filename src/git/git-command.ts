import { spawn } from "node:child_process";
import { classifyFailure } from "./classify-failure.ts";
import { GitError } from "./git-error.ts";
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
}

/** Runs the git binary, never through a shell. */
export function gitRunner(settings: GitProcessSettings): RunGit {
  const { directory, gitDirectory, redact, timeoutSeconds, signal } = settings;
  const where = gitDirectory === undefined ? [] : [`--git-dir=${gitDirectory}`];
  return (args, { input, environment = {}, accept = [0] } = {}) =>
    new Promise((resolve, reject) => {
      const name = commandName(args);
      const child = spawn("git", [...where, ...args], {
        cwd: directory,
        env: { ...settings.environment, ...environment },
        stdio: ["pipe", "pipe", "pipe"],
        timeout: timeoutSeconds * 1000,
        ...(signal === undefined ? {} : { signal }),
      });
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
      // A command that ends without reading its input has its own say; the broken pipe adds nothing.
      child.stdin.on("error", () => undefined);
      child.stdin.end(input);
      child.on("error", (error) => reject(couldNotRun(name, error)));
      child.on("close", (code, killedBy) => {
        const said = redact(Buffer.concat(stderr).toString("utf8"));
        if (code !== null && accept.includes(code)) resolve({ code, stdout: Buffer.concat(stdout), stderr: said });
        else if (killedBy !== null) reject(stopped(name, killedBy, child.killed, timeoutSeconds, said));
        else reject(classifyFailure(name, said));
      });
    });
}

/** `git push`, `git fetch`: the subcommand, for messages. */
function commandName(args: readonly string[]): string {
  const subcommand = args.find((argument, index) => !argument.startsWith("-") && args[index - 1] !== "-c");
  return subcommand === undefined ? "git" : `git ${subcommand}`;
}

export function couldNotRun(name: string, error: Error): GitError {
  if (error.name === "AbortError") {
    return new GitError("aborted", {
      seen: `${name} was stopped by its caller`,
      meaning: "The remote is either untouched or complete",
      remedy: "Run it again when wanted",
      cause: error,
    });
  }
  return new GitError("git-missing", {
    seen: `${name} could not be started (${error.message})`,
    meaning: "This tool works with the git binary, 2.38 or newer, and did not find it on PATH",
    remedy: "Install git, or put it on PATH",
    cause: error,
  });
}

function stopped(name: string, killedBy: string, byUs: boolean, timeoutSeconds: number, output: string): GitError {
  return new GitError(byUs ? "timeout" : "unreachable", {
    seen: byUs ? `${name} did not end within ${timeoutSeconds} seconds` : `${name} was ended by ${killedBy}`,
    meaning: "The remote is either untouched or complete",
    remedy: byUs
      ? "It is tried again by itself; if it stays, check the connection, or allow more time"
      : "It is tried again by itself; if it stays, check the memory limit",
    output,
  });
}
