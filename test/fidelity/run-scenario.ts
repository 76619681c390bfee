import { ApiError } from "../../src/kubernetes/errors.ts";
import { apiVersionOf, type KubernetesObject } from "../../src/kubernetes/resource.ts";
import { historyWriter, type Entry, type History } from "./history.ts";
import { settledAt } from "./predicates.ts";
import type { Manifest, Name, RefusedWrite, Scenario, Step } from "./scenario.ts";
import type { State } from "./state.ts";
import { resources, watchedKinds, type Kind, type Target } from "./target.ts";

export interface RunOptions {
  /** How long a predicate may take to come true. Default 900: nothing is measured by it, and machines may be busy. */
  readonly seconds?: number;
  /** The end is when nothing has changed for so long. Default 12: a condition of machines looks away from the first 10 seconds. */
  readonly quietSeconds?: number;
  /** Why waiting on is of no use: the run then ends with HopelessRunError. Asked while something is waited for. */
  readonly hopeless?: (state: State, now: number) => string | undefined;
  /** Told everything that the history is made of. */
  readonly journal?: (entry: Entry) => void;
  readonly log?: (line: string) => void;
}

/** What the run is of has come into a state that it does not leave, and that the scenario is not about. */
export class HopelessRunError extends Error {
  override readonly name = "HopelessRunError";
}

const pollMilliseconds = 100;

/** Does a scenario to a management cluster, in a namespace that is new, and tells what happened. Leaves the clusters as they are. */
export async function runScenario(target: Target, scenario: Scenario, options: RunOptions = {}): Promise<History> {
  const { seconds = 900, quietSeconds = 12, log = () => undefined, journal = () => undefined, hopeless = () => undefined } = options;
  const { clock } = target;
  const writer = historyWriter(scenario, target.namespace);
  let changedAt = clock.now();

  function note(entry: Entry): void {
    journal(entry);
    writer.take(entry);
  }

  await target.apply("Namespace", { apiVersion: "v1", kind: "Namespace", metadata: { name: target.namespace } });
  const stop = await target.watch((kind, change) => {
    changedAt = clock.now();
    // The items of a list do not tell their kind.
    note({ what: "change", kind, change: change.kind, object: { ...change.object, kind } });
  });

  async function until(name: string, holds: () => boolean, within: number): Promise<void> {
    const deadline = clock.now() + within * 1000;
    while (!holds()) {
      if (clock.now() > deadline) throw new Error(`${scenario.name}: "${name}" did not come true in ${within} s\n${summary(writer.state)}`);
      const why = hopeless(writer.state, clock.now());
      if (why !== undefined) throw new HopelessRunError(`${scenario.name}: ${why}`);
      await clock.sleep(pollMilliseconds);
    }
  }

  const quiet = (forSeconds: number): Promise<void> => until("quiet", () => clock.now() - changedAt >= forSeconds * 1000, seconds);

  async function take(step: Step): Promise<void> {
    switch (step.do) {
      case "apply":
      case "patch":
        note({ what: "step" });
        // What the next step looks at is the answer to this one.
        for (const written of await write(target, step, writer.state))
          await until("what was written is seen", () => isSeen(written, writer.state), seconds);
        return;
      case "delete":
        note({ what: "step" });
        return target.delete(step.kind, nameOf(step.name, writer.state));
      case "delete-node":
        note({ what: "step" });
        return target.deleteNode(nodeOf(nameOf(step.machine, writer.state), writer.state));
      case "refused":
        return note({ what: "refused", text: await refusalOf(() => write(target, step.write, writer.state)) });
      case "until":
        return until(step.predicate.name, () => step.predicate.holds(writer.state), seconds);
      case "wait":
        return clock.sleep(step.seconds * 1000);
    }
  }

  try {
    for (const manifest of scenario.setup) await write(target, { do: "apply", objects: [manifest] }, writer.state);
    const predicate = settledAt();
    await until(predicate.name, () => predicate.holds(writer.state), seconds);
    await quiet(2);
    log(`${scenario.name}: set up`);
    for (const step of scenario.steps) {
      await take(step);
      log(`${scenario.name}: ${step.do}${step.do === "until" ? ` ${step.predicate.name}` : ""}`);
    }
    await quiet(quietSeconds);
    return writer.finish();
  } finally {
    stop();
  }
}

/** Resolves with what is stored then. */
async function write(target: Target, step: RefusedWrite, state: State): Promise<readonly Written[]> {
  if (step.do === "patch") return [{ kind: step.kind, object: await target.patch(step.kind, nameOf(step.name, state), step.body) }];
  const written: Written[] = [];
  for (const manifest of step.objects)
    written.push({ kind: manifest.kind, object: await target.apply(manifest.kind, objectOf(manifest, target.namespace)) });
  return written;
}

interface Written {
  readonly kind: Kind;
  readonly object: KubernetesObject;
}

/** Resource versions are compared as numbers, which etcd's and the sandbox's are. */
function isSeen({ kind, object: { metadata } }: Written, state: State): boolean {
  const watched = watchedKinds.find((one) => one === kind);
  if (watched === undefined) return true;
  const now = state.all(watched).find((object) => object.metadata.name === metadata.name);
  return now !== undefined && Number(now.metadata.resourceVersion) >= Number(metadata.resourceVersion);
}

function objectOf({ kind, name, metadata, spec }: Manifest, namespace: string): KubernetesObject {
  return { apiVersion: apiVersionOf(resources[kind]), kind, metadata: { name, namespace, ...metadata }, spec };
}

function nameOf(name: Name, state: State): string {
  return typeof name === "string" ? name : name(state);
}

function nodeOf(machine: string, state: State): string {
  return state.all("Machine").find(({ metadata }) => metadata.name === machine)?.status.nodeRef.name;
}

/** Status, reason and words of the refusal; "accepted" where there is none. */
async function refusalOf(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
    return "accepted";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return `${error.status} ${error.reason}: ${error.message.slice(error.request.length + 2)}`;
  }
}

function summary(state: State): string {
  return state
    .all("Machine")
    .map(({ metadata, spec, status }) => `${metadata.name} ${spec.version} ${status?.phase} ${status?.nodeInfo?.kubeletVersion}`)
    .join("\n");
}
