import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { createRandom } from "../../src/sandbox/engine/random.ts";
import { bundle } from "./bundle.ts";
import { randomScenario } from "./random-scenario.ts";
import type { SeedResult } from "./run-seed.ts";
import { seedsByWorld } from "./seeds-by-world.ts";
import { shapeOf } from "./settled-world.ts";

/** What a thread tells of a seed. */
export type SeedOutcome = Pick<SeedResult, "seed" | "outcome" | "violations" | "met">;

export interface SeedRange {
  readonly from: number;
  readonly count: number;
  readonly threads: number;
  /** Told of each as soon as it ends: in no particular order. */
  readonly onOutcome: (outcome: SeedOutcome) => void;
}

/** A seed makes far more garbage than it keeps: with room for it, collecting it costs a third. */
const youngGenerationMegabytes = 64;

/** All seeds, spread over threads: a world is brought up by one of them, as far as that goes. Rejects when a seed throws: with its number. */
export async function runSeeds({ from, count, threads, onOutcome }: SeedRange): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "capi-gitops-simulate-"));
  const file = join(folder, "seed-worker.mjs");
  const seeds = seedsByWorld(
    Array.from({ length: count }, (_, index) => from + index),
    (seed) => shapeOf(randomScenario(createRandom(seed).fork("scenario"))),
  );

  function runThread(): Promise<void> {
    const worker = new Worker(file, {
      execArgv: ["--enable-source-maps"],
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMegabytes },
    });
    const take = seeds.taker();
    let seed = from;
    const giveNext = (): void => {
      const next = take();
      if (next === undefined) {
        void worker.terminate();
        return;
      }
      seed = next;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage(seed);
    };
    return new Promise((resolve, reject) => {
      worker.on("message", (outcome: SeedOutcome) => {
        onOutcome(outcome);
        giveNext();
      });
      worker.on("error", (error) =>
        reject(new Error(`seed ${seed}: the simulation itself broke (npm run simulate -- --seed ${seed})`, { cause: error })),
      );
      worker.on("exit", () => resolve());
      giveNext();
    });
  }

  try {
    await bundle(new URL("seed-worker.ts", import.meta.url), file);
    await Promise.all(Array.from({ length: Math.min(threads, count) }, runThread));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
