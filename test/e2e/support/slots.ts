import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Scenarios that have a cluster at the same time, over all of vitest's workers: what two cores bear without anything timing out. */
const most = 6;

/** Waits for one of the stack's slots; gives back how to free it. A slot whose process is gone is free. */
export async function takeSlot(folder: string): Promise<() => void> {
  const slots = join(folder, "slots");
  mkdirSync(slots, { recursive: true });
  for (;;) {
    for (let slot = 0; slot < most; slot++) {
      const file = join(slots, String(slot));
      if (claims(file)) return () => rmSync(file, { force: true });
    }
    await sleep(500);
  }
}

function claims(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    if (!ownerIsGone(file)) return false;
    rmSync(file, { force: true });
    return false;
  }
}

function ownerIsGone(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
