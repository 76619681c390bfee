import { describe, inject, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import { clientTarget } from "../fidelity/client-target.ts";
import { differencesOf, inWords } from "../fidelity/differences-of.ts";
import { isMatterOfSpeed } from "../fidelity/matter-of-speed.ts";
import { recorded } from "../fidelity/recorded-scenarios.ts";
import { runScenario } from "../fidelity/run-scenario.ts";
import { resources } from "../fidelity/target.ts";
import { mostOfMany, takeSlot } from "./support/slots.ts";

describe.concurrent("real Cluster API still does what was recorded", () => {
  it.for(recorded)("$name", async ({ name, scenario }, { expect }) => {
    const { kubeconfig, folder } = inject("stack");
    const freeSlot = await takeSlot(folder, mostOfMany);
    const client = createClient(await loadEndpoint({ clock: systemClock, kubeconfig }), { clock: systemClock });
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
