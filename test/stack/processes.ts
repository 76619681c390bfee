import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface Processes {
  start(name: string, program: string, args: readonly string[], environment?: Readonly<Record<string, string>>): ChildProcess;
  /** Waits until `ready` resolves to true, asking again; fails at once when the process ends, with the end of its log. */
  waitFor(name: string, ready: () => Promise<boolean>, seconds: number): Promise<void>;
  stopAll(): Promise<void>;
}

const pollMilliseconds = 100;
const killAfterMilliseconds = 5_000;

/**
 * Child processes with a log file each. They end with us whatever happens to us: setpriv (util-linux) makes the kernel kill them when their
 * parent dies, so that not even a `kill -9` of the tests leaves servers behind.
 */
export function processes(logFolder: string): Processes {
  const running = new Map<string, ChildProcess>();
  const hasSetpriv = existsSync("/usr/bin/setpriv");
  const logTail = (name: string): string =>
    readFileSync(join(logFolder, `${name}.log`), "utf8")
      .split("\n")
      .slice(-25)
      .join("\n");

  return {
    start(name, program, args, environment = {}) {
      const log = createWriteStream(join(logFolder, `${name}.log`));
      const command = hasSetpriv ? ["/usr/bin/setpriv", "--pdeathsig", "KILL", program, ...args] : [program, ...args];
      const child = spawn(command[0] ?? program, command.slice(1), {
        env: { ...process.env, ...environment },
        stdio: ["ignore", "pipe", "pipe"],
      });
      child.stdout.pipe(log, { end: false });
      child.stderr.pipe(log, { end: false });
      child.on("close", () => log.end());
      running.set(name, child);
      return child;
    },

    async waitFor(name, ready, seconds) {
      const deadline = Date.now() + seconds * 1000;
      for (;;) {
        const child = running.get(name);
        if (child !== undefined && child.exitCode !== null)
          throw new Error(`${name} ended with status ${child.exitCode}:\n${logTail(name)}`);
        if (await ready().catch(() => false)) return;
        if (Date.now() > deadline) throw new Error(`${name} was not ready after ${seconds} s:\n${logTail(name)}`);
        await sleep(pollMilliseconds);
      }
    },

    async stopAll() {
      // The last started first: managers before the API server, the API server before etcd.
      for (const child of [...running.values()].toReversed()) await stop(child);
      running.clear();
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), killAfterMilliseconds);
  await ended;
  clearTimeout(timer);
}
