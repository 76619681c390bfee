import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, inject, it } from "vitest";
import { systemClock, type Clock } from "../../src/clock.ts";
import { createClient, type KubernetesClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import { startSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { allowedDifferences, judge } from "../fidelity/allowed-differences.ts";
import { clientTarget } from "../fidelity/client-target.ts";
import type { Difference } from "../fidelity/compare.ts";
import { differencesOf, inWords } from "../fidelity/differences-of.ts";
import { openDifferences } from "../fidelity/open-differences.ts";
import { recordingFile } from "../fidelity/recording.ts";
import { runScenario } from "../fidelity/run-scenario.ts";
import { scenarios } from "../fidelity/scenarios.ts";
import { resources } from "../fidelity/target.ts";
import { mostOfMany, takeSlot } from "./support/slots.ts";
import { unhurriedClock } from "./support/unhurried-clock.ts";

const recorded = scenarios.filter(({ name }) => existsSync(recordingFile(name))).map((scenario) => ({ name: scenario.name, scenario }));
const speed = 8;

/** Which states are seen on the way is a matter of who is quicker; what comes of it is not. */
function lasting({ what }: Difference): boolean {
  return !/ (conditions|messages)$|: fewest Ready$|^order of owners$/.test(what);
}

/** Of a deletion and a creation that are due in the same moment either comes first, in reality: the same machines come and go between the same writes. */
function isReordered({ what, real, simulated }: Difference): boolean {
  const sorted = (order: string): string =>
    order
      .split("|")
      .map((part) => part.trim().split(" ").toSorted().join(" "))
      .join("|");
  return what.endsWith(" machines") && simulated.every((one) => real.some((other) => sorted(other) === sorted(one)));
}

/**
 * How long a machine that leaves is still there, beside how many that come, is a matter of who is quicker: never more that stay than were recorded, and at most one more
 * with those that leave. The sandbox is held to the recorded numbers themselves (test/unit/sandbox-fidelity.test.ts).
 */
function isQuicker({ what, real, simulated }: Difference): boolean {
  const most = Math.max(...real.map(Number));
  if (what.endsWith(": most machines that stay")) return simulated.every((one) => Number(one) <= most);
  return what.endsWith(": most machines") && simulated.every((one) => Number(one) <= most + 1);
}

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
      expect(differences.filter((one) => lasting(one) && !isReordered(one) && !isQuicker(one)).map(inWords)).toEqual([]);
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
    expect(open.filter(lasting).map(inWords)).toEqual([]);
  });
});
