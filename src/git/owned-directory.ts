import { lstat, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

const prefix = "capi-gitops-git";
const host = hostname().replaceAll(/[^A-Za-z0-9.-]/g, "");

/**
 * Makes a directory that only this user can read, named for this process. What processes of this host left behind when they were killed
 * (keys among it) is removed from `parent` first.
 */
export async function ownedDirectory(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await sweep(parent);
  return mkdtemp(join(parent, `${prefix}-${host}-${process.pid}-`));
}

async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, madeOn, pid] = /^capi-gitops-git-(.*)-(\d+)-[A-Za-z0-9]{6}$/.exec(name) ?? [];
    if (madeOn !== host || pid === undefined) continue;
    const path = join(parent, name);
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined || !found.isDirectory() || found.uid !== process.getuid?.()) continue;
    // A container starts again with the same name and the same pid: then age tells its former life.
    const dead = Number(pid) === process.pid ? found.birthtimeMs < startedAt() : !isRunning(Number(pid));
    if (dead) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Epoch milliseconds. By the machine's clock, as the file system's times are. */
function startedAt(): number {
  return performance.timeOrigin + performance.now() - process.uptime() * 1000;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
