import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { systemClock, type Clock } from "../clock.ts";
import { openRepository } from "../git/open-repository.ts";
import type { ApiRequest, ApiResponse } from "./api/api-request.ts";
import { startApplier, type Applier, type ApplyAttempt } from "./applier/applier.ts";
import { applyTo, manifestsIn } from "./applier/apply-object.ts";
import type { MachineBehaviour } from "./controllers/environment.ts";
import { runAtPace } from "./engine/pace.ts";
import { createRandom } from "./engine/random.ts";
import { createTimeline, timelineClock } from "./engine/timeline.ts";
import { createLocalRemote } from "./git/local-remote.ts";
import { makeCertificates } from "./http/certificates.ts";
import { startHttpsServer } from "./http/https-server.ts";
import { kubeconfigText } from "./http/kubeconfig.ts";
import { createManagementCluster, type ManagementCluster } from "./management-cluster.ts";

export interface SandboxOptions {
  /** Files of its repository; what is below `clusters/` is applied. */
  readonly files: Readonly<Record<string, string>>;
  /** Applied to a workload cluster once it is there. */
  readonly workload?: { readonly cluster: { readonly namespace: string; readonly name: string }; readonly manifests: string };
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

const applierManager = "sandbox-applier";

/** A management cluster in this process, over HTTPS, with a Git repository whose manifests are applied to it. Rejects when the port is taken or there is no git. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const clock = options.clock ?? systemClock;
  const ageMilliseconds = (options.ageSeconds ?? 900) * 1000;
  const own = options.directory === undefined;
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "capi-gitops-sandbox-")));
  await mkdir(directory, { recursive: true });

  const timeline = createTimeline(clock.now() - ageMilliseconds);
  const certificates = await makeCertificates(clock.now());
  let management: ManagementCluster | undefined;
  let catchUp = (): void => undefined;
  const server = await startHttpsServer({
    certificates,
    ...(options.port === undefined ? {} : { port: options.port }),
    route: (path) => (management === undefined ? undefined : route(management, path)),
    onRequest: () => catchUp(),
    ...(options.intercept === undefined ? {} : { intercept: options.intercept }),
  });
  management = createManagementCluster({
    timeline,
    random: createRandom(options.seed ?? 1),
    workloadKubeconfig: ({ namespace, name }) => kubeconfigText(name, `${server.url}/clusters/${namespace}/${name}`, certificates),
    ...(options.machines === undefined ? {} : { machines: options.machines }),
  });
  const { handler } = management;

  if (ageMilliseconds > 0) {
    for (const object of manifestsIn(filesBelow(options.files, "clusters/"))) {
      try {
        applyTo(handler, object, applierManager);
      } catch {
        // The applier tries it again, and tells.
      }
    }
    timeline.runUntil(clock.now());
  }
  if (options.workload !== undefined) applyWorkload(management, options.workload);
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

  const remote = join(directory, "fleet.git");
  await createLocalRemote(remote, options.files, Math.floor(clock.now() / 1000));
  const kubeconfig = join(directory, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigText("sandbox", server.url, certificates, options.workload?.cluster.namespace), { mode: 0o600 });
  const repository = await openRepository({ url: `file://${remote}` }, { clock });
  const applier = startApplier({
    repository,
    folder: "clusters",
    clock: options.speed === undefined || options.speed <= 1 ? clock : timelineClock(timeline),
    ...(options.applierIntervalMilliseconds === undefined ? {} : { intervalMilliseconds: options.applierIntervalMilliseconds }),
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
      if (own) await rm(directory, { recursive: true, force: true });
    },
  };
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

function filesBelow(files: Readonly<Record<string, string>>, folder: string): readonly string[] {
  return Object.entries(files)
    .filter(([path]) => path.startsWith(folder) && path.endsWith(".yaml"))
    .map(([, text]) => text);
}

function applyWorkload(management: ManagementCluster, { cluster, manifests }: NonNullable<SandboxOptions["workload"]>): void {
  const handler = management.workloadHandler(cluster);
  if (handler === undefined) throw new Error(`the cluster ${cluster.namespace}/${cluster.name} is not up, so nothing can be run on it`);
  for (const document of parseAllDocuments(manifests)) applyTo(handler, document.toJS() as Parameters<typeof applyTo>[1], "kubectl");
  management.timeline.runUntil(management.timeline.now() + 60_000);
}
