import type { MachineBehaviour, MachinePlan } from "../controllers/environment.ts";
import type { Random } from "../engine/random.ts";
import type { StoredObject } from "../store/stored-object.ts";

interface Provisioning {
  readonly startupDuration?: string;
  readonly startupJitter?: string;
}

interface InMemorySpec {
  readonly backend?: {
    readonly inMemory?: Readonly<Record<"vm" | "node" | "apiServer" | "etcd", { readonly provisioning?: Provisioning } | undefined>>;
  };
  readonly customImage?: string;
}

export interface MachineTimes {
  /** For machines that do not say it themselves. Milliseconds. */
  readonly infrastructureMilliseconds: number;
  readonly nodeMilliseconds: number;
  readonly readyMilliseconds: number;
  readonly removalMilliseconds: number;
  /** Each time may be longer by up to this share. */
  readonly jitter: number;
}

const dockerTimes: MachineTimes = {
  infrastructureMilliseconds: 8_000,
  nodeMilliseconds: 12_000,
  readyMilliseconds: 4_000,
  removalMilliseconds: 2_000,
  jitter: 0.2,
};

/**
 * How long machines take: those of the in-memory provider as their spec says (`backend.inMemory.{vm,node,apiServer,etcd}.provisioning`, devmachine_types.go), others as `times` says. A
 * `customImage` that names a version of kind's node image gives a kubelet of that version, whatever the Machine asks for.
 */
export function defaultMachineBehaviour(random: Random, times: MachineTimes = dockerTimes): MachineBehaviour {
  return {
    plan(infrastructureMachine, machine): MachinePlan {
      // The kinds of the providers have specs of their own.
      const { backend, customImage } = (infrastructureMachine["spec"] ?? {}) as InMemorySpec;
      const inMemory = backend?.inMemory;
      const drawn = (milliseconds: number): number => Math.round(milliseconds * (1 + random.next() * times.jitter));
      const image = /:(v\d+\.\d+\.\d+[^@\s]*)/.exec(customImage ?? "")?.[1];
      const kubelet = image === undefined ? {} : { kubeletVersion: image };
      if (inMemory === undefined) {
        return {
          infrastructureMilliseconds: drawn(times.infrastructureMilliseconds),
          nodeMilliseconds: drawn(times.nodeMilliseconds),
          readyMilliseconds: drawn(times.readyMilliseconds),
          removalMilliseconds: drawn(times.removalMilliseconds),
          ...kubelet,
        };
      }
      const control = isControlPlane(machine) ? [inMemory.apiServer, inMemory.etcd] : [];
      return {
        infrastructureMilliseconds: durationOf(inMemory.vm?.provisioning, random),
        nodeMilliseconds: durationOf(inMemory.node?.provisioning, random),
        readyMilliseconds: Math.max(0, ...control.map((part) => durationOf(part?.provisioning, random))),
        removalMilliseconds: 10,
        ...kubelet,
      };
    },
  };
}

function isControlPlane({ metadata }: StoredObject): boolean {
  return metadata.labels?.["cluster.x-k8s.io/control-plane"] !== undefined;
}

function durationOf({ startupDuration = "0s", startupJitter = "0" }: Provisioning = {}, random: Random): number {
  const milliseconds = goDuration(startupDuration);
  return Math.round(milliseconds * (1 + Number(startupJitter) * random.next()));
}

const unitMilliseconds: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Go's time.ParseDuration, in milliseconds. */
function goDuration(text: string): number {
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(h|ms|m|s)/g)) sum += Number(amount) * unitMilliseconds[unit!]!;
  return sum;
}
