import { applyTo } from "../../src/sandbox/applier/apply-object.ts";
import { startApplier } from "../../src/sandbox/applier/applier.ts";
import { createRandom } from "../../src/sandbox/engine/random.ts";
import { createTimeline, driveUntil, timelineClock } from "../../src/sandbox/engine/timeline.ts";
import { createMemoryRemote } from "../../src/sandbox/git/memory-remote.ts";
import { openMemoryRepository } from "../../src/sandbox/git/memory-repository.ts";
import { kubeconfigText } from "../../src/sandbox/http/kubeconfig.ts";
import { createManagementCluster, saveCluster, type SavedCluster } from "../../src/sandbox/management-cluster.ts";
import type { Scenario } from "./random-scenario.ts";

export const start = Date.parse("2026-01-01T00:00:00Z");
/** Nothing is sent anywhere: nobody checks who it is. */
const nobody = { authority: "", client: { certificate: "", key: "" } };
const settleMilliseconds = 600_000;

export function kubeconfigOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return kubeconfigText(name, `https://sandbox/clusters/${namespace}/${name}`, nobody);
}

/** Every seed draws one of a few hundred shapes; what came up once for a shape is where each seed of it begins. It depends on nothing but the files. Seeds come shape by shape. */
const known = new Map<string, SavedCluster>();
const mostKnown = 8;

export function shapeOf({ files }: Pick<Scenario, "files">): string {
  return JSON.stringify(files);
}

/** The cluster of these files, ten minutes after they were applied. */
export async function settledWorld({ files }: Pick<Scenario, "files">): Promise<SavedCluster> {
  const shape = shapeOf({ files });
  const before = known.get(shape);
  if (before !== undefined) return before;
  const timeline = createTimeline(start);
  const clock = timelineClock(timeline);
  const management = createManagementCluster({ timeline, random: createRandom(0).fork("settled"), workloadKubeconfig: kubeconfigOf });
  const applier = startApplier({
    repository: openMemoryRepository(createMemoryRemote(files, { atSeconds: start / 1000 }), { clock, random: () => 0 }),
    folder: "clusters",
    clock,
    intervalMilliseconds: 1_000,
    apply: (object) => Promise.resolve().then(() => applyTo(management.handler, object, "applier")),
  });
  await driveUntil(timeline, clock.sleep(settleMilliseconds));
  await driveUntil(timeline, applier.stop());
  const settled = saveCluster(management);
  const [oldest] = known.keys();
  if (known.size >= mostKnown && oldest !== undefined) known.delete(oldest);
  known.set(shape, settled);
  return settled;
}
