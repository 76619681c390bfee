import { bootstrapTemplate, machineTemplate, plainCluster, plainPool, type PlainPool } from "../manifests.ts";
import { machineNames, machines, ownerAt, says, settledAt } from "../predicates.ts";
import type { Manifest, Scenario, Step } from "../scenario.ts";

/** Of the control plane's minor: preflight checks let no machine of an older one be made. */
const from = "v1.35.0";
const to = "v1.35.2";

/** A control plane that is at the new version already, so that only the pool rolls. */
function setup(pool: Partial<PlainPool> = {}): readonly Manifest[] {
  return [...plainCluster(to, 1), ...plainPool({ name: "a", version: from, replicas: 3, ...pool })];
}

function rolling(maxSurge: number | string, maxUnavailable: number | string): Readonly<Record<string, unknown>> {
  return { rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } } } };
}

function pool(spec: unknown): Step {
  return { do: "patch", kind: "MachineDeployment", name: "demo-a", body: { spec } };
}

function annotate(annotations: Readonly<Record<string, string | null>>): Step {
  return { do: "patch", kind: "MachineDeployment", name: "demo-a", body: { metadata: { annotations } } };
}

function template(name: string): Step {
  return pool({ template: { spec: { version: to, infrastructureRef: { name } } } });
}

/** Version, machine template and bootstrap template in one patch. */
function upgradeTo(startupDuration: string): readonly Step[] {
  return [
    { do: "apply", objects: [machineTemplate("demo-a-new", startupDuration), bootstrapTemplate("demo-a-new")] },
    pool({
      template: { spec: { version: to, infrastructureRef: { name: "demo-a-new" }, bootstrap: { configRef: { name: "demo-a-new" } } } },
    }),
  ];
}

const upgrade = upgradeTo("1s");
/** What is done when the first new machine is there comes before it is up, also on a busy machine. */
const slowUpgrade = upgradeTo("6s");

const rolled: Step = { do: "until", predicate: settledAt(to) };

function strategy(name: string, maxSurge: number | string, maxUnavailable: number | string): Scenario {
  return {
    name: `pool-surge-${name}`,
    about: `maxSurge ${maxSurge}, maxUnavailable ${maxUnavailable}.`,
    setup: setup({ more: rolling(maxSurge, maxUnavailable) }),
    steps: [...upgrade, rolled],
  };
}

const preDrain = "pre-drain.delete.hook.machine.cluster.x-k8s.io/example";
const preTerminate = "pre-terminate.delete.hook.machine.cluster.x-k8s.io/example";

function machineAnnotation(name: string): Step {
  return {
    do: "patch",
    kind: "Machine",
    name: (state) => state.all("Machine").find(({ metadata }) => metadata.deletionTimestamp !== undefined)?.metadata.name ?? "",
    body: { metadata: { annotations: { [name]: null } } },
  };
}

export const poolScenarios: readonly Scenario[] = [
  strategy("1-unavailable-0", 1, 0),
  strategy("2-unavailable-0", 2, 0),
  strategy("0-unavailable-1", 0, 1),
  strategy("1-unavailable-1", 1, 1),
  strategy("50-percent", "50%", 0),
  {
    name: "pool-on-delete",
    about: "OnDelete: nothing rolls until machines are deleted by hand.",
    setup: setup({ more: { rollout: { strategy: { type: "OnDelete" } } } }),
    steps: [
      ...upgrade,
      { do: "wait", seconds: 5 },
      { do: "delete", kind: "Machine", name: (state) => machineNames(state, "a")[0] ?? "" },
      { do: "until", predicate: machines("a", to) },
      { do: "wait", seconds: 10 },
    ],
  },
  {
    name: "pool-paused-midway",
    about: "spec.paused when the first new machine is there, and not any more later.",
    setup: setup(),
    steps: [
      ...slowUpgrade,
      { do: "until", predicate: machines("a", to) },
      pool({ paused: true }),
      { do: "wait", seconds: 12 },
      pool({ paused: null }),
      rolled,
    ],
  },
  {
    name: "pool-annotation-paused-midway",
    about: "The annotation that pauses when the first new machine is there, and not any more later.",
    setup: setup(),
    steps: [
      ...slowUpgrade,
      { do: "until", predicate: machines("a", to) },
      annotate({ "cluster.x-k8s.io/paused": "" }),
      { do: "wait", seconds: 12 },
      annotate({ "cluster.x-k8s.io/paused": null }),
      rolled,
    ],
  },
  {
    name: "pool-min-ready-seconds",
    about: "A machine counts only once it has been ready for 5 s.",
    setup: setup({ replicas: 2, machine: { minReadySeconds: 5 } }),
    steps: [...upgrade, rolled],
  },
  ...(["Newest", "Oldest"] as const).map((order): Scenario => ({
    name: `pool-deletion-order-${order.toLowerCase()}`,
    about: `Scaled up and down: the ${order.toLowerCase()} machine goes.`,
    numbered: true,
    setup: setup({ version: to, replicas: 1, more: { deletion: { order } } }),
    steps: [
      { do: "wait", seconds: 2 },
      pool({ replicas: 2 }),
      { do: "until", predicate: ownerAt("a", to, 2) },
      pool({ replicas: 1 }),
      { do: "until", predicate: ownerAt("a", to, 1) },
      { do: "until", predicate: settledAt(to) },
    ],
  })),
  {
    name: "pool-scale",
    about: "Up to five, down to one, to none.",
    setup: setup({ version: to }),
    steps: [
      pool({ replicas: 5 }),
      { do: "until", predicate: ownerAt("a", to, 5) },
      pool({ replicas: 1 }),
      { do: "until", predicate: ownerAt("a", to, 1) },
      pool({ replicas: 0 }),
      { do: "until", predicate: settledAt(to) },
    ],
  },
  {
    name: "pool-rolled-back-midway",
    about: "The version is put back when the first new machine is there: the old MachineSet takes over again.",
    setup: setup(),
    steps: [
      ...slowUpgrade,
      { do: "until", predicate: machines("a", to) },
      pool({
        template: { spec: { version: from, infrastructureRef: { name: "demo-a" }, bootstrap: { configRef: { name: "demo-a" } } } },
      }),
      { do: "until", predicate: ownerAt("a", from, 3) },
      { do: "wait", seconds: 5 },
    ],
  },
  {
    name: "pool-machine-health-check",
    about: "A new machine never starts: the health check has it replaced; then the template is mended.",
    setup: [
      ...setup({ replicas: 2 }),
      {
        kind: "MachineHealthCheck",
        name: "demo-a",
        spec: {
          clusterName: "demo",
          selector: { matchLabels: { pool: "a" } },
          checks: { nodeStartupTimeoutSeconds: 30, unhealthyNodeConditions: [{ type: "Ready", status: "False", timeoutSeconds: 30 }] },
        },
      },
    ],
    steps: [
      { do: "apply", objects: [machineTemplate("demo-a-broken", "1h"), machineTemplate("demo-a-new")] },
      template("demo-a-broken"),
      { do: "until", predicate: says("Machine", "HealthCheckSucceeded", "False") },
      { do: "until", predicate: says("Machine", "Deleting", "True") },
      { do: "until", predicate: { name: "it is gone", holds: (state) => !says("Machine", "Deleting", "True").holds(state) } },
      { do: "wait", seconds: 3 },
      template("demo-a-new"),
      rolled,
    ],
  },
  {
    name: "pool-node-lost",
    about: "The Node of a worker goes: the health check has its machine replaced.",
    setup: [
      ...setup({ version: to, replicas: 2 }),
      {
        kind: "MachineHealthCheck",
        name: "demo-a",
        spec: { clusterName: "demo", selector: { matchLabels: { pool: "a" } }, checks: { nodeStartupTimeoutSeconds: 300 } },
      },
    ],
    steps: [
      { do: "delete-node", machine: (state) => machineNames(state, "a")[0] ?? "" },
      { do: "wait", seconds: 5 },
      { do: "until", predicate: settledAt(to) },
    ],
  },
  {
    name: "pool-deletion-hooks",
    about: "Hooks before the drain and before the machine's end hold a deletion until they are taken away.",
    setup: setup({ replicas: 1, machineAnnotations: { [preDrain]: "example", [preTerminate]: "example" }, more: rolling(1, 0) }),
    steps: [
      ...upgrade,
      { do: "until", predicate: says("Machine", "Deleting", "True", "WaitingForPreDrainHook") },
      { do: "wait", seconds: 3 },
      machineAnnotation(preDrain),
      { do: "until", predicate: says("Machine", "Deleting", "True", "WaitingForPreTerminateHook") },
      { do: "wait", seconds: 3 },
      machineAnnotation(preTerminate),
      rolled,
    ],
  },
  {
    name: "pool-ahead-of-control-plane",
    about: "A pool gets a newer minor than the control plane: preflight checks hold its machines.",
    setup: [...plainCluster("v1.34.0", 1), ...plainPool({ name: "a", version: "v1.34.0", replicas: 2 })],
    steps: [...upgrade, { do: "wait", seconds: 15 }],
  },
];
