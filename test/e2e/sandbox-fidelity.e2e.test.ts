import { describe, inject, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { createClient, type KubernetesClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import { clientTarget } from "../fidelity/client-target.ts";
import { differencesOf, inWords } from "../fidelity/differences-of.ts";
import type { History } from "../fidelity/history.ts";
import { isMatterOfSpeed } from "../fidelity/matter-of-speed.ts";
import { recorded } from "../fidelity/recorded-scenarios.ts";
import { HopelessRunError, runScenario } from "../fidelity/run-scenario.ts";
import type { Scenario } from "../fidelity/scenario.ts";
import type { State } from "../fidelity/state.ts";
import { resources } from "../fidelity/target.ts";
import { fidelityNamespaces, hasLostItsParts } from "../stack/lost-machines.ts";
import { mostOfMany, takeSlot } from "./support/slots.ts";

/** Why a run of real Cluster API will not come to its end: by a fault of its own that has nothing to do with the scenario. */
function lost(state: State, now: number): string | undefined {
  const machine = state.all("Machine").find((each) => hasLostItsParts(each, now));
  return (
    machine && `Cluster API has deleted the bootstrap config and the infrastructure of the new Machine ${machine.metadata.name} as orphans`
  );
}

/** Such a run tells nothing of what was recorded, and is made once more, in another namespace. */
async function runReal(client: KubernetesClient, namespace: string, scenario: Scenario): Promise<History> {
  try {
    return await runScenario(clientTarget(client, namespace), scenario, { hopeless: lost });
  } catch (error) {
    if (!(error instanceof HopelessRunError)) throw error;
    console.log(`[stack] ${error.message}; the scenario is run once more`);
    return runScenario(clientTarget(client, `${namespace}-2`), scenario, { hopeless: lost });
  }
}

describe.concurrent("real Cluster API still does what was recorded", () => {
  it.for(recorded)("$name", async ({ name, scenario }, { expect }) => {
    const { kubeconfig, folder } = inject("stack");
    const freeSlot = await takeSlot(folder, mostOfMany);
    const client = createClient(await loadEndpoint({ clock: systemClock, kubeconfig }), { clock: systemClock });
    const namespace = `${fidelityNamespaces}${name}-${process.pid}`;
    try {
      const differences = await differencesOf(name, () => runReal(client, namespace, scenario));
      expect(differences.filter((one) => !isMatterOfSpeed(one)).map(inWords)).toEqual([]);
    } finally {
      for (const made of [namespace, `${namespace}-2`])
        for (const { metadata } of (await client.list(resources.Cluster, { namespace: made })).items)
          await client.delete(resources.Cluster, metadata.name, { namespace: made });
      client.close();
      freeSlot();
    }
  });
});
