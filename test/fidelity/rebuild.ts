// `tsx test/fidelity/rebuild.ts <folder>`: makes the recordings anew of the journals that record.ts wrote there.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { historyOf, type Entry } from "./history.ts";
import { scenarios } from "./scenarios.ts";
import { addRun, recordingFile, type Recording } from "./recording.ts";

const folder = process.argv[2] ?? ".";
const recordings = new Map<string, Recording>();
for (const file of readdirSync(folder).toSorted()) {
  const [scenario, namespace] = file.split(".");
  if (scenario === undefined || namespace === undefined) continue;
  const subject = scenarios.find(({ name }) => name === scenario);
  if (subject === undefined) continue;
  const entries = JSON.parse(gunzipSync(readFileSync(join(folder, file))).toString()) as readonly Entry[];
  recordings.set(scenario, addRun(recordings.get(scenario), historyOf(subject, namespace, entries)));
}
for (const [scenario, recording] of recordings) {
  writeFileSync(recordingFile(scenario), `${JSON.stringify(recording, undefined, 2)}\n`);
  console.log(`${scenario}: ${recording.runs} runs`);
}
