import type { Clock } from "../../clock.ts";
import type { GitRepository } from "../../git/git-repository.ts";
import { manifestFiles } from "../../manifests/plain/governed.ts";
import type { RepositoryFiles } from "../../manifests/repository-files.ts";
import type { GivenObject } from "../store/stored-object.ts";
import { inOrder } from "./apply-object.ts";
import { parseManifests } from "./parsed-manifests.ts";

export interface ApplierOptions {
  readonly repository: GitRepository;
  /** Only manifests below this folder. */
  readonly folder?: string;
  readonly clock: Clock;
  /** How often the branch is looked at, and how soon after a failure it is tried again. In milliseconds; default 3 000. */
  readonly intervalMilliseconds?: number;
  /** Until it looks for the first time, in milliseconds. Default 0. */
  readonly startMilliseconds?: number;
  /** Server-side apply with force, as a GitOps engine does. Rejects with the API server's refusal. */
  readonly apply: (object: GivenObject) => Promise<void>;
  readonly onAttempt?: (attempt: ApplyAttempt) => void;
}

export interface ApplyAttempt {
  readonly revision: string;
  readonly objects: number;
  /** What the API server, or the YAML parser, did not want; empty: all is applied. */
  readonly errors: readonly { readonly object: string; readonly message: string }[];
}

export interface Applier {
  /** The newest revision that was applied whole. */
  applied(): string | undefined;
  /** Ends when the applier has stopped. */
  stop(): Promise<void>;
}

/**
 * Plays the GitOps engine of a sandbox: applies the plain YAML of a branch whenever the branch moves, and again while something is refused. It takes nothing away (no pruning) and puts
 * back nothing that somebody edits in between (no self-healing), as Argo CD and Flux do when these are switched off.
 */
export function startApplier(options: ApplierOptions): Applier {
  const { repository, clock } = options;
  const { intervalMilliseconds: interval = 3_000, startMilliseconds: start = 0 } = options;
  const stopping = new AbortController();
  let applied: string | undefined;

  async function attempt(): Promise<void> {
    let commit: string;
    try {
      ({ commit } = await repository.fetch());
    } catch (error) {
      options.onAttempt?.({ revision: "", objects: 0, errors: [{ object: repository.url, message: messageOf(error) }] });
      return;
    }
    if (commit === applied) return;
    const { objects, errors } = await readManifests(repository.filesAt(commit), options.folder);
    for (const object of objects) {
      try {
        await options.apply(object);
      } catch (error) {
        errors.push({ object: nameOf(object), message: messageOf(error) });
      }
    }
    options.onAttempt?.({ revision: commit, objects: objects.length, errors });
    if (errors.length === 0) applied = commit;
  }

  const sleep = (milliseconds: number): Promise<void> => clock.sleep(milliseconds, stopping.signal).catch(() => undefined);

  async function run(): Promise<void> {
    if (start > 0) await sleep(start);
    while (!stopping.signal.aborted) {
      await attempt();
      await sleep(interval);
    }
  }

  const running = run();
  return {
    applied: () => applied,
    stop: async () => {
      stopping.abort(new Error("stopped"));
      await running;
    },
  };
}

async function readManifests(
  files: RepositoryFiles,
  folder: string | undefined,
): Promise<{ objects: readonly GivenObject[]; errors: { object: string; message: string }[] }> {
  const objects: GivenObject[] = [];
  const errors: { object: string; message: string }[] = [];
  for (const file of await manifestFiles(files, folder)) {
    const parsed = parseManifests((await files.read(file)) ?? "");
    objects.push(...parsed.objects);
    errors.push(...parsed.errors.map((message) => ({ object: file, message })));
  }
  return { objects: inOrder(objects), errors };
}

function nameOf({ kind, metadata }: GivenObject): string {
  return `${kind} ${metadata?.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata?.name}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
