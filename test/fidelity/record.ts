// `tsx test/fidelity/record.ts [--runs 2] [name…]`: runs scenarios on the stack of `npm run stack`, several at a time, and writes what happened to recordings/.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Entry } from "./history.ts";
import { parseArgs } from "node:util";
import { systemClock } from "../../src/clock.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import { clientTarget } from "./client-target.ts";
import { addRun, recordingFile, type Recording } from "./recording.ts";
import { resources } from "./target.ts";
import { runScenario } from "./run-scenario.ts";
import { scenarios } from "./scenarios.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kubeconfig: { type: "string" },
    runs: { type: "string", default: "2" },
    parallel: { type: "string", default: "6" },
    /** Forget earlier runs. */
    fresh: { type: "boolean", default: false },
    /** A folder for what the histories are made of: to look into, and for rebuild.ts. */
    journal: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});

const kubeconfig =
  values.kubeconfig ?? (JSON.parse(readFileSync("/tmp/capi-gitops-stack.json", "utf8")) as { kubeconfig: string }).kubeconfig;
const client = createClient(await loadEndpoint({ clock: systemClock, kubeconfig }), { clock: systemClock });
const chosen = scenarios.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const recordings = new Map<string, Recording>();
const queue = Array.from({ length: Number(values.runs) }, () => chosen).flat();
let failures = 0;

await Promise.all(Array.from({ length: Number(values.parallel) }, worker));
client.close();
process.exitCode = failures === 0 ? 0 : 1;

async function worker(): Promise<void> {
  for (let scenario = queue.shift(); scenario !== undefined; scenario = queue.shift()) {
    const namespace = `fidelity-${Math.random().toString(36).slice(2, 8)}`;
    const started = Date.now();
    try {
      const entries: Entry[] = [];
      const history = await runScenario(clientTarget(client, namespace), scenario, {
        journal: (entry) => void entries.push(entry),
        ...(values.verbose ? { log: console.error } : {}),
      });
      if (values.journal !== undefined)
        writeFileSync(join(values.journal, `${scenario.name}.${namespace}.json.gz`), gzipSync(JSON.stringify(entries)));
      const file = recordingFile(scenario.name);
      mkdirSync(new URL(".", file), { recursive: true });
      const earlier =
        recordings.get(scenario.name) ??
        (values.fresh || !existsSync(file) ? undefined : (JSON.parse(readFileSync(file, "utf8")) as Recording));
      const recording = addRun(earlier, history);
      recordings.set(scenario.name, recording);
      writeFileSync(file, `${JSON.stringify(recording, undefined, 2)}\n`);
      console.log(`ok     ${scenario.name} ${Math.round((Date.now() - started) / 1000)} s`);
    } catch (error) {
      failures += 1;
      console.log(`FAILED ${scenario.name} (${namespace}): ${String(error)}`);
    }
    // Hooks would hold the end of the cluster for ever.
    for (const { metadata } of (await client.list(resources.Machine, { namespace })).items) {
      const hooks = Object.keys(metadata.annotations ?? {}).filter((name) => name.includes(".delete.hook.machine.cluster.x-k8s.io/"));
      const annotations = Object.fromEntries(hooks.map((name) => [name, null]));
      if (hooks.length > 0) await client.mergePatch(resources.Machine, metadata.name, { metadata: { annotations } }, { namespace });
    }
    for (const { metadata } of (await client.list(resources.Cluster, { namespace })).items)
      await client.delete(resources.Cluster, metadata.name, { namespace });
  }
}
