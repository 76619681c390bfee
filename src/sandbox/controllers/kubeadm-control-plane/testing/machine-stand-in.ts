import { setCondition, setConditions, type ConditionState } from "../../../conditions/condition.ts";
import { setLegacyCondition } from "../../../conditions/legacy-condition.ts";
import type { Environment, WorkloadCluster } from "../../environment.ts";
import { timestamp } from "../../../api/objects.ts";
import { annotationKeys, healthConditions, labelKeys, typeKeys, type Machine } from "../cluster-objects.ts";
import { resourceType } from "./resource-types.ts";

const components = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
const machines = resourceType(typeKeys.machine);
const manager = "stand-in";
const machineFinalizer = "machine.cluster.x-k8s.io";

export interface MachineStandIn {
  /** Machines whose Node never comes. */
  readonly stuck: Set<string>;
  /** The node of that machine stops answering: its pods are not ready any more. */
  breakPods(machineName: string): void;
}

/** Does what the Machine and infrastructure controllers do, as far as this controller sees it: a Node after 10 s, its pods 5 s later; on deletion 3 s of drain, then the hook, then 2 s. */
export function standInForMachines(environment: Environment, isStuck: (machine: Machine) => boolean = () => false): MachineStandIn {
  const { objects, timeline, workloads } = environment;
  const stuck = new Set<string>();
  const find = (name: string): Machine | undefined =>
    objects.store.list(typeKeys.machine).find(({ metadata }) => metadata.name === name) as Machine | undefined;
  const workloadOf = (machine: Machine): WorkloadCluster =>
    workloads.ensure({ namespace: machine.metadata.namespace!, name: machine.spec.clusterName });

  function status(name: string, change: (machine: Machine) => Readonly<Record<string, unknown>>): void {
    const machine = find(name);
    if (machine === undefined) return;
    objects.modify(machines, machine.metadata.namespace, name, (live) => ({ ...live, status: { ...machine.status, ...change(machine) } }), {
      manager,
      subresource: "status",
    });
  }
  function conditions(name: string, states: readonly ConditionState[]): void {
    status(name, (machine) => ({ conditions: setConditions(machine.status?.conditions, states, timestamp(timeline.now())) }));
  }
  function begin(machine: Machine): void {
    const { namespace, name } = machine.metadata;
    objects.modify(machines, namespace, name, (live) => ({ ...live, metadata: { ...live.metadata, finalizers: [machineFinalizer] } }), {
      manager,
    });
    if (isStuck(machine)) stuck.add(name);
    timeline.after(10_000, () => {
      const live = find(name);
      if (live === undefined || stuck.has(name)) return;
      const providerID = `in-memory://${name}`;
      objects.modify(machines, namespace, name, (object) => ({ ...object, spec: { ...live.spec, providerID } }), { manager });
      const workload = workloadOf(live);
      if (live.metadata.labels?.[labelKeys.controlPlane] !== undefined) workload.reachable = true;
      workload.objects.create(
        resourceType("Node"),
        {
          metadata: { name, labels: { [labelKeys.controlPlaneNode]: "" } },
          spec: { providerID, taints: [{ key: labelKeys.controlPlaneNode, effect: "NoSchedule" }] },
          status: {},
        },
        { manager },
      );
      for (const component of components) {
        workload.objects.create(resourceType("Pod"), { metadata: { name: `${component}-${name}`, namespace: "kube-system" } }, { manager });
      }
      podsReady(workload, name, "False");
      timeline.after(2000, () => status(name, () => ({ nodeRef: { name }, nodeInfo: { kubeletVersion: live.spec.version } })));
      timeline.after(5000, () => {
        podsReady(workload, name, "True");
        workload.objects.modify(
          resourceType("Node"),
          undefined,
          name,
          (node) => ({ ...node, status: { conditions: [{ type: "Ready", status: "True" }] } }),
          { manager, subresource: "status" },
        );
      });
    });
  }
  function podsReady(workload: WorkloadCluster, name: string, ready: "True" | "False"): void {
    for (const component of components) {
      if (workload.objects.get(resourceType("Pod"), "kube-system", `${component}-${name}`) === undefined) continue;
      workload.objects.modify(
        resourceType("Pod"),
        "kube-system",
        `${component}-${name}`,
        (pod) => ({ ...pod, status: { phase: "Running", conditions: [{ type: "Ready", status: ready }] } }),
        { manager, subresource: "status" },
      );
    }
  }
  function judge(machine: Machine): void {
    const { name } = machine.metadata;
    const isUp =
      machine.status?.nodeRef !== undefined &&
      (machine.spec.readinessGates ?? []).every(({ conditionType }) =>
        machine.status?.conditions?.some(({ type, status: state }) => type === conditionType && state === "True"),
      );
    const wanted = isUp ? "True" : "False";
    if (machine.status?.conditions?.find(({ type }) => type === "Ready")?.status === wanted) return;
    status(name, (live) => {
      const time = timestamp(timeline.now());
      const changed = ["Ready", "Available"].reduce<NonNullable<Machine["status"]>["conditions"]>(
        (all, type) =>
          setCondition(
            all,
            { type, status: wanted, reason: isUp ? type : `Not${type}`, message: isUp ? "" : "* NodeHealthy: Waiting" },
            time,
          ),
        live.status?.conditions,
      );
      const legacy = live.status?.deprecated?.v1beta1?.conditions;
      return {
        conditions: changed,
        deprecated: { v1beta1: { conditions: setLegacyCondition(legacy, { type: "Ready", status: "True" }, time) } },
      };
    });
  }
  function end(machine: Machine): void {
    const { name } = machine.metadata;
    timeline.after(3000, () => {
      conditions(name, [{ type: "Deleting", status: "True", reason: "WaitingForPreTerminateHook" }]);
      if (find(name)?.metadata.annotations?.[annotationKeys.cleanupHook] === undefined) leave(machine);
    });
  }
  const leaving = new Set<string>();
  function leave(machine: Machine): void {
    const { namespace, name } = machine.metadata;
    if (leaving.has(name)) return;
    leaving.add(name);
    timeline.after(2000, () => {
      const workload = workloadOf(machine);
      if (workload.objects.get(resourceType("Node"), undefined, name) !== undefined) {
        workload.objects.delete(resourceType("Node"), undefined, name, {});
        for (const component of components) workload.objects.delete(resourceType("Pod"), "kube-system", `${component}-${name}`, {});
      }
      objects.modify(machines, namespace, name, (live) => ({ ...live, metadata: { ...live.metadata, finalizers: [] } }), { manager });
    });
  }
  objects.store.subscribe((event) => {
    if (event.type !== typeKeys.machine || event.kind === "deleted") return;
    const machine = event.object as Machine;
    const deleting = machine.metadata.deletionTimestamp !== undefined;
    timeline.after(0, () => {
      if (event.kind === "added") begin(machine);
      else if (deleting && event.previous.metadata.deletionTimestamp === undefined) end(machine);
      else if (deleting && machine.status?.conditions?.some(({ reason }) => reason === "WaitingForPreTerminateHook") === true) {
        if (machine.metadata.annotations?.[annotationKeys.cleanupHook] === undefined) leave(machine);
      } else if (!deleting && find(machine.metadata.name) !== undefined) judge(find(machine.metadata.name)!);
    });
  });
  return {
    stuck,
    breakPods: (name) => {
      podsReady(workloadOf(find(name)!), name, "False");
      conditions(name, [{ type: healthConditions.node, status: "True", reason: "Set" }]);
    },
  };
}
