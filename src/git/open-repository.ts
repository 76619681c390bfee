import { randomInt } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { prepareCredentials } from "./credentials.ts";
import type { GitProcessSettings } from "./git-command.ts";
import { gitEnvironment, type Environment } from "./git-environment.ts";
import type { GitRemote, GitRepository, TransactionStep } from "./git-repository.ts";
import { localCopy } from "./local-copy.ts";
import { localRepository } from "./local-repository.ts";
import { observer, type OnRemoteOperation } from "./observe.ts";
import { ownedDirectory } from "./owned-directory.ts";
import { redactorFor } from "./redact.ts";
import { branchName } from "./ref-name.ts";
import { parseRemoteUrl, type RemoteUrl } from "./remote-url.ts";

export interface OpenOptions {
  readonly clock: Clock;
  /** Keeps copies between runs in this directory; several processes may use it. Absent: a temporary copy. */
  readonly cacheDirectory?: string;
  /** How many commits of history are fetched, and searched for trailers. Default 200. */
  readonly historyDepth?: number;
  /** Time limit of each git command. Default 120. */
  readonly timeoutSeconds?: number;
  /** Time limit of a commit as a whole, its turn and every command included, and of fetching the contents of files. Default: only that of each command. */
  readonly workSeconds?: number;
  /** Lets a token travel over http:// to other hosts. Default false. */
  readonly allowPlainHttp?: boolean;
  /** Stops the command that is running. */
  readonly signal?: AbortSignal;
  /** Default: this process's environment. */
  readonly environment?: Environment;
  /** 0 <= x < 1, for the pauses between tries. */
  readonly random?: () => number;
  /** Told each exchange with the remote, for whoever counts them. */
  readonly onOperation?: OnRemoteOperation;
  /** Told each step as it is reached; what it returns is waited for. */
  readonly onStep?: (step: TransactionStep) => void | Promise<void>;
}

/**
 * Makes (or reuses) a local copy: bare, without file contents (`--filter=blob:none`), one branch, no work tree. Call `dispose` when done.
 * Rejects with a GitError: `configuration`, `authentication`, `not-found`, `empty-repository`, `missing-branch`, …
 */
export async function openRepository(remote: GitRemote, options: OpenOptions): Promise<GitRepository> {
  const url = parseRemoteUrl(remote.url);
  const branch = remote.branch === undefined ? undefined : branchName(remote.branch);
  const surrounding = options.environment ?? process.env;
  const directory = await ownedDirectory(surrounding["TMPDIR"] ?? tmpdir());
  try {
    const settings = await processSettings(remote, url, directory, surrounding, options);
    const historyDepth = options.historyDepth ?? 200;
    const copy = await localCopy(settings, { url, branch, historyDepth, cacheDirectory: options.cacheDirectory });
    await options.onStep?.("opened");
    return localRepository({
      settings: { ...settings, gitDirectory: copy.gitDirectory },
      url: url.url,
      branch: copy.branch,
      release: () => copy.dispose(),
      clock: options.clock,
      historyDepth,
      workSeconds: options.workSeconds ?? Infinity,
      random: options.random ?? (() => randomInt(2 ** 32) / 2 ** 32),
      onStep: async (step) => options.onStep?.(step),
      surrounding,
    });
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function processSettings(
  remote: GitRemote,
  url: RemoteUrl,
  directory: string,
  surrounding: Environment,
  options: OpenOptions,
): Promise<GitProcessSettings> {
  const home = join(directory, "home");
  await mkdir(home);
  const { config, variables, secrets } = await prepareCredentials({
    remote: url,
    credentials: remote.credentials,
    directory,
    surrounding,
    allowPlainHttp: options.allowPlainHttp ?? false,
  });
  return {
    directory,
    environment: gitEnvironment({
      surrounding,
      ambient: remote.credentials?.kind === "ambient",
      home,
      protocol: url.protocol,
      config,
      variables,
    }),
    redact: redactorFor([...secrets, url.userinfo?.password ?? ""]),
    timeoutSeconds: options.timeoutSeconds ?? 120,
    signal: options.signal,
    observe: observer(options.clock, options.onOperation),
  };
}
