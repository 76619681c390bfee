import { expect, it } from "vitest";
import { UsageError } from "../failure.ts";
import { operator, type OperatorCommandOptions } from "./operator.ts";

const usual = { leaderElect: true, concurrency: "8", metricsAddress: "0", logLevel: "silent" };

/** Refused before any server is asked. */
it.each<readonly [options: Partial<OperatorCommandOptions>, message: string]>([
  [{ shard: "6/5" }, "--shard 6/5 is not of the form 2/5: which one, of how many."],
  [
    { clusterSelector: "tier = a = b" },
    `--cluster-selector "tier = a = b": "tier = a = b" is no requirement on a label. Write it as kubectl -l takes it: 'tier=prod,region in (eu,us),!gpu'.`,
  ],
  [
    { clusterSelector: "" },
    `--cluster-selector "": it selects by nothing. Write it as kubectl -l takes it: 'tier=prod,region in (eu,us),!gpu'.`,
  ],
  [
    { shard: "1/2", clusterSelector: "tier=prod" },
    "--shard and --cluster-selector both say which clusters are this process's: give one of them.",
  ],
])("%j is refused", async (options, message) => {
  await expect(operator({ ...usual, ...options } as OperatorCommandOptions)).rejects.toThrow(new UsageError(message));
});
