import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Scenarios that have a cluster at the same time, over all of vitest's workers: what two cores bear without anything timing out. */
const most = 6;

/** Of many scenarios of one kind, which would hold every slot for as long as they last, and starve the others into their time limit. */
export const mostOfMany = 4;

/** Waits for one of the stack's slots, of the first `among` of them; gives back how to free it. A slot whose process is gone is free. */
export async function takeSlot(folder: string, among = most): Promise<() => void> {
  const slots = join(folder, "slots");
  mkdirSync(slots, { recursive: true });
  for (;;) {
    for (let slot = among - 1; slot >= 0; slot--) {
      const file = join(slots, String(slot));
      if (claims(file)) return () => rmSync(file, { force: true });
    }
    await sleep(500);
  }
}

/** The turn of the operator: it works on every ClusterUpgrade of the stack, so that two test files, or two runs on one stack, must not have theirs at the same time. */
export async function takeOperatorTurn(folder: string): Promise<() => void> {
  mkdirSync(join(folder, "slots"), { recursive: true });
  const file = join(folder, "slots", "operator");
  while (!claims(file)) await sleep(500);
  return () => rmSync(file, { force: true });
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
