import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, type Clock } from "../clock.ts";
import { openRepository } from "../git/open-repository.ts";
import type { ApiRequest, ApiResponse } from "./api/api-request.ts";
import { startApplier, type Applier, type ApplyAttempt } from "./applier/applier.ts";
import { applyTo } from "./applier/apply-object.ts";
import type { ObjectKey } from "./controllers/controller-runtime.ts";
import type { MachineBehaviour } from "./controllers/environment.ts";
import { runAtPace } from "./engine/pace.ts";
import { createRandom } from "./engine/random.ts";
import { createTimeline, timelineClock } from "./engine/timeline.ts";
import { createLocalRemote } from "./git/local-remote.ts";
import { makeCertificates } from "./http/certificates.ts";
import { startHttpsServer } from "./http/https-server.ts";
import { kubeconfigText } from "./http/kubeconfig.ts";
import { createManagementCluster, type ManagementCluster, type SavedCluster } from "./management-cluster.ts";
import { applierManager, bringUp, packedWorldOf, usualAgeSeconds, type WorldFiles } from "./worlds/bring-up.ts";
import { withCopies, type CopiedWorld } from "./worlds/copied-clusters.ts";
import { unpackWorld, type PackedWorld } from "./worlds/packed-world.ts";

export interface SandboxOptions extends WorldFiles {
  /** What `packedWorldOf` made of the same files: it is unpacked where it would come up the same, which takes a tenth of the time. */
  readonly settled?: PackedWorld;
  /** Clusters that are copies of one: not the files come up then, but `world`, and what it became is copied. */
  readonly copies?: CopiedWorld;
  /** Where the kubeconfig and the repository go. Default: a temporary folder, which goes with the sandbox. */
  readonly directory?: string;
  readonly port?: number;
  /** Seconds of the sandbox for each second of the machine's clock. Default 1. */
  readonly speed?: number;
  readonly seed?: number;
  readonly machines?: MachineBehaviour;
  /** The time that its clusters have already been there, in seconds: passed at once. Default 900; 0: they are only now being made. */
  readonly ageSeconds?: number;
  readonly applierIntervalMilliseconds?: number;
  readonly clock?: Clock;
  readonly onApply?: (attempt: ApplyAttempt) => void;
  /** A mistake of the sandbox itself: its time stands still from there. */
  readonly onError?: (error: unknown) => void;
  /** Before each answer: what happens instead. */
  readonly intercept?: (request: ApiRequest) => ApiResponse | "drop" | undefined;
}

export interface Sandbox {
  readonly directory: string;
  /** File with the way to the management cluster. */
  readonly kubeconfig: string;
  readonly server: string;
  /** `file://…/fleet.git`. */
  readonly repository: string;
  readonly management: ManagementCluster;
  readonly applier: Applier;
  close(): Promise<void>;
}

/** A management cluster in this process, over HTTPS, with a Git repository whose manifests are applied to it. Rejects when the port is taken or there is no git. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const clock = options.clock ?? systemClock;
  const own = options.directory === undefined;
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "capi-gitops-sandbox-")));
  await mkdir(directory, { recursive: true });
  const discard = async (): Promise<void> => {
    if (own) await rm(directory, { recursive: true, force: true });
  };

  const certificates = await makeCertificates(clock.now());
  let management: ManagementCluster | undefined;
  let catchUp = (): void => undefined;
  const server = await startHttpsServer({
    certificates,
    ...(options.port === undefined ? {} : { port: options.port }),
    route: (path) => (management === undefined ? undefined : route(management, path)),
    onRequest: () => catchUp(),
    ...(options.intercept === undefined ? {} : { intercept: options.intercept }),
  }).catch(async (error: unknown) => {
    await discard();
    throw error;
  });
  try {
    return await begin();
  } catch (error) {
    await server.close();
    await discard();
    throw error;
  }

  async function begin(): Promise<Sandbox> {
    const settled = settledWorld(options);
    const workloadKubeconfig = ({ namespace, name }: ObjectKey): string =>
      kubeconfigText(name, `${server.url}/clusters/${namespace}/${name}`, certificates);
    const ageSeconds = options.ageSeconds ?? usualAgeSeconds;
    const timeline = createTimeline(clock.now() - (settled === undefined ? ageSeconds * 1000 : 0));
    const random = createRandom(options.seed ?? usualSeed);
    management = createManagementCluster({
      timeline,
      // What came up before has drawn from the beginning of it: no name may come twice.
      random: settled === undefined ? random : random.fork("settled"),
      workloadKubeconfig,
      // Its controllers find nothing to do: whoever asks first need not wait for them.
      ...(settled === undefined ? {} : { saved: savedWorld(settled), controllersStartMilliseconds: 1_000 }),
      ...(options.machines === undefined ? {} : { machines: options.machines }),
    });
    function savedWorld(packed: PackedWorld): SavedCluster {
      const { port } = new URL(server.url);
      const saved = unpackWorld(packed, { now: timeline.now(), port: Number(port), kubeconfig: workloadKubeconfig });
      if (options.copies === undefined) return saved;
      return withCopies(saved, { ...options.copies, random: random.fork("copies"), kubeconfig: workloadKubeconfig });
    }
    if (settled === undefined) bringUp(management, options, clock.now());
    const { handler } = management;
    const remote = join(directory, "fleet.git");
    await createLocalRemote(remote, options.files, Math.floor(clock.now() / 1000));
    const pace = runAtPace(timeline, {
      clock,
      speed: options.speed ?? 1,
      onError:
        options.onError ??
        ((error) => {
          throw error;
        }),
    });
    catchUp = () => pace.catchUp();

    const intervalMilliseconds = options.applierIntervalMilliseconds ?? 3_000;
    const kubeconfig = join(directory, "kubeconfig");
    await writeFile(kubeconfig, kubeconfigText("sandbox", server.url, certificates, options.workload?.cluster.namespace), { mode: 0o600 });
    const repository = await openRepository({ url: `file://${remote}` }, { clock });
    const applier = startApplier({
      repository,
      folder: "clusters",
      clock: options.speed === undefined || options.speed <= 1 ? clock : timelineClock(timeline),
      intervalMilliseconds,
      // What is settled has been applied.
      startMilliseconds: settled === undefined ? 0 : intervalMilliseconds,
      apply: async (object) => {
        pace.catchUp();
        applyTo(handler, object, applierManager);
      },
      ...(options.onApply === undefined ? {} : { onAttempt: options.onApply }),
    });

    return {
      directory,
      kubeconfig,
      server: server.url,
      repository: `file://${remote}`,
      management,
      applier,
      async close() {
        await applier.stop();
        pace.stop();
        await repository.dispose();
        await server.close();
        await discard();
      },
    };
  }
}

const usualSeed = 1;

/** Undefined: what would come up is something else. */
function settledWorld({
  settled,
  copies,
  seed = usualSeed,
  ageSeconds = usualAgeSeconds,
  machines,
}: SandboxOptions): PackedWorld | undefined {
  if (settled?.seed === seed && ageSeconds === usualAgeSeconds && machines === undefined) return settled;
  return copies === undefined ? undefined : packedWorldOf(copies.world, seed, machines);
}

/** `/clusters/<namespace>/<name>/…` is a workload cluster, all else the management cluster. */
function route(
  management: ManagementCluster,
  path: string,
): { readonly path: string; readonly handle: (request: ApiRequest) => ApiResponse } | "down" {
  const [, namespace, name, rest] = /^\/clusters\/([^/]+)\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  if (namespace === undefined || name === undefined) return { path, handle: (request) => management.handler.handle(request) };
  const handler = management.workloadHandler({ namespace, name });
  return handler === undefined ? "down" : { path: rest ?? "/", handle: (request) => handler.handle(request) };
}
