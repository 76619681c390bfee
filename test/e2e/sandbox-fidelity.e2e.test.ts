import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, inject, it } from "vitest";
import { systemClock, type Clock } from "../../src/clock.ts";
import { createClient, type KubernetesClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import { startSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { allowedDifferences, judge } from "../fidelity/allowed-differences.ts";
import { clientTarget } from "../fidelity/client-target.ts";
import { differencesOf, inWords } from "../fidelity/differences-of.ts";
import { isMatterOfSpeed, isPassing } from "../fidelity/matter-of-speed.ts";
import { openDifferences } from "../fidelity/open-differences.ts";
import { recordingFile } from "../fidelity/recording.ts";
import { runScenario } from "../fidelity/run-scenario.ts";
import { scenarios } from "../fidelity/scenarios.ts";
import { resources } from "../fidelity/target.ts";
import { mostOfMany, takeSlot } from "./support/slots.ts";
import { unhurriedClock } from "./support/unhurried-clock.ts";

const recorded = scenarios.filter(({ name }) => existsSync(recordingFile(name))).map((scenario) => ({ name: scenario.name, scenario }));
const speed = 8;

async function clientOf(kubeconfig: string, clock: Clock): Promise<KubernetesClient> {
  return createClient(await loadEndpoint({ clock, kubeconfig }), { clock });
}

describe.concurrent("real Cluster API still does what was recorded", () => {
  it.for(recorded)("$name", async ({ name, scenario }, { expect }) => {
    const { kubeconfig, folder } = inject("stack");
    const freeSlot = await takeSlot(folder, mostOfMany);
    const client = await clientOf(kubeconfig, systemClock);
    const namespace = `fidelity-${name}-${process.pid}`;
    try {
      const differences = await differencesOf(name, () => runScenario(clientTarget(client, namespace), scenario));
      expect(differences.filter((one) => !isMatterOfSpeed(one)).map(inWords)).toEqual([]);
    } finally {
      for (const { metadata } of (await client.list(resources.Cluster, { namespace })).items)
        await client.delete(resources.Cluster, metadata.name, { namespace });
      client.close();
      freeSlot();
    }
  });
});

describe("the sandbox does it over HTTPS", () => {
  const time = unhurriedClock(speed);
  let sandbox: Sandbox;
  let client: KubernetesClient;
  beforeAll(async () => {
    const { clock } = time;
    sandbox = await startSandbox({ files: { "README.md": "nothing is applied\n" }, ageSeconds: 0, clock });
    client = await clientOf(sandbox.kubeconfig, clock);
  });
  afterAll(async () => {
    client.close();
    await sandbox.close();
    time.stop();
  });

  it.for(recorded)("$name", async ({ name, scenario }, { expect }) => {
    const differences = await differencesOf(name, () => runScenario(clientTarget(client, `fidelity-${name}`), scenario));
    const { open } = judge(differences, [...allowedDifferences, ...openDifferences]);
    expect(open.filter((one) => !isPassing(one)).map(inWords)).toEqual([]);
  });
});
