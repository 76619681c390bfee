import { existsSync } from "node:fs";
import { recordingFile } from "./recording.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

/** Those that real Cluster API has been seen doing, as rows of a table of tests. */
export const recorded: readonly { readonly name: string; readonly scenario: Scenario }[] = scenarios
  .filter(({ name }) => existsSync(recordingFile(name)))
  .map((scenario) => ({ name: scenario.name, scenario }));
