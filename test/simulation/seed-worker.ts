// A thread of `npm run simulate`: is told seeds, and tells what came of each.
import { parentPort } from "node:worker_threads";
import { runSeed } from "./run-seed.ts";

parentPort?.on("message", (seed: number) => {
  void runSeed(seed).then(({ outcome, violations }) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    parentPort?.postMessage({ seed, outcome, violations });
  });
});
