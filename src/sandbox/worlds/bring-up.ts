import { applyTo, manifestsIn } from "../applier/apply-object.ts";
import type { ObjectKey } from "../controllers/controller-runtime.ts";
import type { MachineBehaviour } from "../controllers/environment.ts";
import { createRandom } from "../engine/random.ts";
import { createTimeline } from "../engine/timeline.ts";
import { kubeconfigText } from "../http/kubeconfig.ts";
import { createManagementCluster, saveCluster, type ManagementCluster } from "../management-cluster.ts";
import { packWorld, type PackedWorld } from "./packed-world.ts";

/** What a sandbox begins with. */
export interface WorldFiles {
  /** Files of its repository; what is below `clusters/` is applied. */
  readonly files: Readonly<Record<string, string>>;
  /** Applied to a workload cluster once it is there. */
  readonly workload?: { readonly cluster: ObjectKey; readonly manifests: string };
}

export const applierManager = "sandbox-applier";
/** The time that the clusters of a sandbox have already been there, unless somebody says otherwise. */
export const usualAgeSeconds = 900;

/** Applies the files, lets time pass until then, and one more minute for what runs on a workload cluster. */
export function bringUp(management: ManagementCluster, { files, workload }: WorldFiles, untilMilliseconds: number): void {
  const { timeline, handler } = management;
  if (untilMilliseconds > timeline.now()) {
    for (const object of manifestsIn(filesBelow(files, "clusters/"))) {
      try {
        applyTo(handler, object, applierManager);
      } catch {
        // The applier tries it again, and tells.
      }
    }
    timeline.runUntil(untilMilliseconds);
  }
  if (workload === undefined) return;
  const { cluster, manifests } = workload;
  const inside = management.workloadHandler(cluster);
  if (inside === undefined) throw new Error(`the cluster ${cluster.namespace}/${cluster.name} is not up, so nothing can be run on it`);
  for (const object of manifestsIn([manifests])) applyTo(inside, object, "kubectl");
  timeline.runUntil(timeline.now() + 60_000);
}

/** Stands for whichever port it will be; nothing else in a world looks like it. */
const port = 64_999;
const nobody = { authority: "", client: { certificate: "", key: "" } };

/** What these files become with that seed: the same as `startSandbox` would make of them, to begin with the next time. */
export function packedWorldOf(world: WorldFiles, seed: number, machines?: MachineBehaviour): PackedWorld {
  const timeline = createTimeline(Date.parse("2026-01-01T00:00:00Z"));
  const management = createManagementCluster({
    timeline,
    random: createRandom(seed),
    workloadKubeconfig: ({ namespace, name }) => kubeconfigText(name, `https://127.0.0.1:${port}/clusters/${namespace}/${name}`, nobody),
    ...(machines === undefined ? {} : { machines }),
  });
  bringUp(management, world, timeline.now() + usualAgeSeconds * 1000);
  return { ...packWorld(saveCluster(management), port), seed };
}

function filesBelow(files: Readonly<Record<string, string>>, folder: string): readonly string[] {
  return Object.entries(files)
    .filter(([path]) => path.startsWith(folder) && path.endsWith(".yaml"))
    .map(([, text]) => text);
}
