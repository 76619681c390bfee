import { readFileSync } from "node:fs";
import { compare, type Difference } from "./compare.ts";
import type { History } from "./history.ts";
import { recordingFile, type Recording } from "./recording.ts";

/** What a run of a scenario did otherwise than its recording; that it did not come to its end is a difference too. */
export async function differencesOf(scenario: string, run: () => Promise<History>): Promise<readonly Difference[]> {
  let history: History;
  try {
    history = await run();
  } catch (error) {
    const [firstLine = ""] = String(error).split("\n");
    return [{ scenario, what: "the run", kind: "other value", real: ["to its end"], simulated: [firstLine] }];
  }
  return compare(JSON.parse(readFileSync(recordingFile(scenario), "utf8")) as Recording, history);
}

export function inWords({ what, kind, real, simulated }: Difference): string {
  return `${what}, ${kind}: recorded ${JSON.stringify(real)}, now ${JSON.stringify(simulated)}`;
}
