// `npm run simulate -- --seeds 1000 [--from 1]`: upgrades in virtual time under random faults, one seed after the other; `--seed 17` tells one of them, event by event.
import { parseArgs } from "node:util";
import { runSeed } from "../test/simulation/run-seed.ts";

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "100" }, from: { type: "string", default: "1" }, seed: { type: "string" } },
});
const numbers = { seeds: Number(values.seeds), from: Number(values.from), seed: Number(values.seed ?? 0) };
if (!Object.values(numbers).every((value) => Number.isInteger(value) && value >= 0)) {
  console.error("--seeds, --from and --seed are whole numbers.");
  process.exit(2);
}

async function simulate(): Promise<number> {
  if (values.seed !== undefined) {
    const { log, violations } = await runSeed(numbers.seed);
    console.log(log.join("\n"));
    return violations.length === 0 ? 0 : 1;
  }
  const outcomes = new Map<string, number>();
  let failed = 0;
  for (let seed = numbers.from; seed < numbers.from + numbers.seeds; seed += 1) {
    const { outcome, violations } = await runSeed(seed);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (violations.length === 0 && outcome !== "never") continue;
    failed += 1;
    console.log(`seed ${seed}: ${outcome}\n  ${violations.join("\n  ")}\n  replay: npm run simulate -- --seed ${seed}`);
  }
  for (const [outcome, count] of [...outcomes].sort(([, one], [, other]) => other - one))
    console.log(`${String(count).padStart(6)} ${outcome}`);
  console.log(`${numbers.seeds} seeds, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await simulate();
