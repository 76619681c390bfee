// `npm run simulate -- --seeds 1000 [--from 1] [--threads 2]`: upgrades in virtual time under random faults, on all processors; `--seed 17` tells one of them, event by event.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { namedEnds } from "../test/simulation/named-ends.ts";
import { runSeed } from "../test/simulation/run-seed.ts";
import { runSeeds } from "../test/simulation/run-seeds.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    threads: { type: "string", default: String(availableParallelism()) },
    seed: { type: "string" },
  },
});
const numbers = { seeds: Number(values.seeds), from: Number(values.from), threads: Number(values.threads), seed: Number(values.seed ?? 0) };
if (!Object.values(numbers).every((value) => Number.isInteger(value) && value >= 0) || numbers.threads === 0) {
  console.error("--seeds, --from, --threads and --seed are whole numbers.");
  process.exit(2);
}

async function simulate(): Promise<number> {
  if (values.seed !== undefined) {
    const { log, violations } = await runSeed(numbers.seed);
    console.log(log.join("\n"));
    return violations.length === 0 ? 0 : 1;
  }
  const outcomes = new Map<string, number>();
  const seedsThat = new Map<string, number>();
  let failed = 0;
  const began = performance.now();
  await runSeeds({
    from: numbers.from,
    count: numbers.seeds,
    threads: numbers.threads,
    onOutcome({ seed, outcome, violations, met }) {
      for (const each of met) seedsThat.set(each, (seedsThat.get(each) ?? 0) + 1);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (violations.length === 0 && namedEnds.test(outcome)) return;
      failed += 1;
      console.log(`seed ${seed}: ${outcome}\n  ${violations.join("\n  ")}\n  replay: npm run simulate -- --seed ${seed}`);
    },
  });
  for (const [outcome, count] of [...outcomes].sort(([, one], [, other]) => other - one))
    console.log(`${String(count).padStart(6)} ${outcome}`);
  console.log("of them went through:");
  for (const [what, count] of [...seedsThat].sort(([one], [other]) => (one < other ? -1 : 1)))
    console.log(`${String(count).padStart(6)} ${what}`);
  const { user, system } = process.cpuUsage();
  const [seconds, processor] = [(performance.now() - began) / 1000, (user + system) / 1_000_000];
  console.log(`${numbers.seeds} seeds, ${failed} failed; ${seconds.toFixed(1)} s, ${processor.toFixed(1)} s of processors`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await simulate();
