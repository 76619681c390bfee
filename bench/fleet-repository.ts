// `tsx bench/fleet-repository.ts CLUSTERS [plain|overlays|flux|variables|list|whole]`: what Git mode does with the repository of a fleet, without an operator around it. Prints JSON.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemClock } from "../src/clock.ts";
import { openRepository } from "../src/git/open-repository.ts";
import { locateField } from "../src/manifests/edit-manifests.ts";
import { createGitWriter } from "../src/operator/git-writer.ts";
import { commitToLocalRemote, createLocalRemote } from "../src/sandbox/git/local-remote.ts";
import type { UpgradeStep } from "../src/upgrade/upgrade-types.ts";
import { fleetLayouts, isFleetLayout, versionFile } from "./fleet-layouts.ts";
import { median, processorSeconds } from "./measure.ts";

const count = Number(process.argv[2] ?? "1000");
const layout = process.argv[3] ?? "overlays";
if (!isFleetLayout(layout)) throw new Error(`no layout is called ${layout}`);
const rounds = Number(process.argv[4] ?? "5");
const [from, to] = ["v1.33.1", "v1.34.0"];
const version = ["spec", "topology", "version"];

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const pools = ["a", "b", "c"].map((name, index) => ({ name, replicas: index === 0 ? 3 : 2 }));
const files: Readonly<Record<string, string>> = fleetLayouts[layout](
  Array.from({ length: count }, (_, index) => ({
    name: `cluster-${index}`,
    namespace: "fleet",
    labels: { group: `g${index % 20}` },
    version: from,
    controlPlanes: 3,
    pools,
  })),
);
const directory = await mkdtemp(join(tmpdir(), "fleet-repository-"));
try {
  const remote = join(directory, "fleet.git");
  await createLocalRemote(remote, files, Math.floor(Date.now() / 1000));
  const repository = await openRepository({ url: `file://${remote}` }, { clock: systemClock });
  const heapBefore = liveMegabytes();
  const object = (index: number) => ({ group: "cluster.x-k8s.io", kind: "Cluster", namespace: "fleet", name: `cluster-${index % count}` });
  const read = async (index: number): Promise<void> => {
    const { commit } = await repository.fetch();
    const found = await locateField(repository.filesAt(commit), object(index), version, { directory: "clusters" });
    if (found.kind === "refused") throw new Error(found.refusal.message);
  };
  const upgrade = async (index: number): Promise<void> => {
    const step: UpgradeStep = { kind: "topology", object: object(index), from, to, controlPlaneThrough: [], workersThrough: [] };
    const writer = createGitWriter({
      repository,
      clock: systemClock,
      upgradeId: `bench-${index}`,
      directory: "clusters",
      author: { name: "Bench", email: "bench@example.com" },
      signOff: false,
      again: false,
    });
    const outcome = await writer.write(step);
    if (outcome.kind !== "written") throw new Error(JSON.stringify(outcome));
    await read(index);
  };
  const first = await used(() => read(0));
  const heapOfFirst = liveMegabytes() - heapBefore;
  const again = await several((round) => read(count - 1 - round));
  const afterCommit = await several(
    async (round) => read(count - 1 - round),
    async (round) => {
      const file = versionFile(layout, `cluster-${count - 1 - round}`);
      await commitToLocalRemote(remote, { [file]: (files[file] ?? "").replace(from, to) }, Math.floor(Date.now() / 1000));
    },
  );
  const upgraded = await several((round) => upgrade(round));
  const heapAtEnd = liveMegabytes() - heapBefore;
  await repository.dispose();
  console.log(
    JSON.stringify({
      clusters: count,
      layout,
      first,
      again,
      afterCommit,
      upgraded,
      heapOfFirst,
      heapAtEnd,
      mostMegabytes: process.resourceUsage().maxRSS / 1024,
    }),
  );
} finally {
  await rm(directory, { recursive: true, force: true });
}

interface Used {
  /** Of a processor: this process, and the processes that it started and that ended. */
  readonly seconds: number;
  readonly childSeconds: number;
}

async function used(action: () => Promise<void>): Promise<Used> {
  const before = process.cpuUsage();
  const children = processorSeconds(process.pid, "children");
  await action();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (user + system) / 1e6, childSeconds: processorSeconds(process.pid, "children") - children };
}

async function several(action: (round: number) => Promise<void>, prepare?: (round: number) => Promise<void>): Promise<Used> {
  const found: Used[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await prepare?.(round);
    found.push(await used(() => action(round)));
  }
  return { seconds: median(found.map(({ seconds }) => seconds)), childSeconds: median(found.map(({ childSeconds }) => childSeconds)) };
}

function liveMegabytes(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
