import { afterAll, beforeAll, describe, it } from "vitest";
import { createClient, type KubernetesClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import { startSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { allowedDifferences, judge } from "../fidelity/allowed-differences.ts";
import { clientTarget } from "../fidelity/client-target.ts";
import { differencesOf, inWords } from "../fidelity/differences-of.ts";
import { isPassing } from "../fidelity/matter-of-speed.ts";
import { openDifferences } from "../fidelity/open-differences.ts";
import { recorded } from "../fidelity/recorded-scenarios.ts";
import { runScenario } from "../fidelity/run-scenario.ts";
import { unhurriedClock } from "./support/unhurried-clock.ts";

const speed = 8;

describe.concurrent("the sandbox does it over HTTPS", () => {
  const time = unhurriedClock(speed);
  let sandbox: Sandbox;
  let client: KubernetesClient;
  beforeAll(async () => {
    const { clock } = time;
    sandbox = await startSandbox({ files: { "README.md": "nothing is applied\n" }, ageSeconds: 0, clock });
    client = createClient(await loadEndpoint({ clock, kubeconfig: sandbox.kubeconfig }), { clock });
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
