// A thread of `npm run simulate`: is told seeds, and tells what came of each.
import { parentPort } from "node:worker_threads";
import { runSeed } from "./run-seed.ts";

async function answer(seed: number): Promise<void> {
  const { outcome, violations, met } = await runSeed(seed);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage({ seed, outcome, violations, met });
}

// A seed that throws ends the thread, which whoever started it is told.
parentPort?.on("message", (seed: number) => void answer(seed));
