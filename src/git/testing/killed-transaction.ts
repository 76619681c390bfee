// A process that makes one transaction and may be killed at any moment. Arguments: url, step to die at (or none), branch for review (or empty), cache directory.
import { systemClock } from "../../clock.ts";
import { openRepository } from "../open-repository.ts";
import { twoFileChange } from "./two-file-change.ts";

const [url = "", fatalStep = "", pushBranch = "", cacheDirectory] = process.argv.slice(2);
const repository = await openRepository(
  { url },
  {
    clock: systemClock,
    ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
    onStep: (step) => {
      if (step === fatalStep) process.kill(process.pid, "SIGKILL");
    },
  },
);
const outcome = await repository.transact(twoFileChange(pushBranch));
await repository.dispose();
process.stdout.write(JSON.stringify(outcome));
