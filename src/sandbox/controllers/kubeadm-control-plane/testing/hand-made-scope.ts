import type { Condition } from "../../../conditions/condition.ts";
import type { Environment } from "../../environment.ts";
import { beginPass } from "../begin-pass.ts";
import { healthConditions, labelKeys, type Cluster, type KubeadmControlPlane, type Machine } from "../cluster-objects.ts";
import type { Scope } from "../scope.ts";
import { scene, start } from "./scene.ts";

export interface HandMadeMachine {
  readonly name: string;
  /** Default: its own name; null: none yet. */
  readonly node?: null;
  readonly providerID?: null;
  readonly deleting?: boolean;
  /** Conditions that are not True, of those that this controller sets; or others. */
  readonly conditions?: Readonly<Record<string, "True" | "False" | "Unknown">>;
  /** Seconds ago that the conditions became what they are. */
  readonly since?: number;
  /** Seconds ago. Default 1000. */
  readonly age?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly outdated?: readonly string[];
}

export interface HandMadeScope {
  readonly machines: readonly HandMadeMachine[];
  /** Default: all machines with a Node. */
  readonly members?: readonly string[];
  readonly spec?: Partial<KubeadmControlPlane["spec"]>;
  readonly remediation?: string;
}

/** A scope of an initialized control plane, as the steps find it after the inspection. */
export function handMadeScope({
  machines,
  members,
  spec,
  remediation,
}: HandMadeScope): Scope & { readonly events: readonly string[]; readonly environment: Environment } {
  const made = scene(spec === undefined ? {} : { spec });
  const { environment, events } = made;
  const scope = beginPass(environment, environment.objects.store.list("Cluster.cluster.x-k8s.io")[0] as Cluster, made.kcp());
  const time = (seconds: number): string => `${new Date(start - seconds * 1000).toISOString().slice(0, 19)}Z`;
  const workload = environment.workloads.ensure(scope.clusterKey);
  workload.reachable = true;
  const objects = machines.map(
    ({ name, node, providerID, deleting = false, conditions = {}, since = 60, age = 1000, annotations = {} }): Machine => {
      const states = { ...Object.fromEntries(Object.values(healthConditions).map((type) => [type, "True"] as const)), ...conditions };
      return {
        apiVersion: "cluster.x-k8s.io/v1beta2",
        kind: "Machine",
        metadata: {
          name,
          namespace: "ns",
          uid: `uid-${name}`,
          creationTimestamp: time(age),
          labels: { [labelKeys.cluster]: "c", [labelKeys.controlPlane]: "" },
          annotations,
          ...(deleting ? { deletionTimestamp: time(30), finalizers: ["machine.cluster.x-k8s.io"] } : {}),
        },
        spec: {
          clusterName: "c",
          version: "v1.34.0",
          bootstrap: {},
          infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "DevMachine", name },
          ...(providerID === null ? {} : { providerID: name }),
        },
        status: {
          ...(node === null ? {} : { nodeRef: { name } }),
          conditions: Object.entries(states).map(([type, status]): Condition => ({
            type,
            status,
            reason: status,
            message: "",
            lastTransitionTime: time(since),
          })),
        },
      };
    },
  );
  const withNode = machines.filter(({ node }) => node !== null).map(({ name }) => name);
  for (const member of members ?? withNode) workload.etcdMembers.add(member);
  for (const machine of objects) environment.objects.store.put("Machine.cluster.x-k8s.io", machine);
  return Object.assign(scope, {
    events,
    machines: objects,
    isInitialized: true,
    etcdMembers: [...workload.etcdMembers],
    membersMatchMachines: true,
    outdated: new Map(machines.flatMap(({ name, outdated }) => (outdated === undefined ? [] : [[name, outdated] as const]))),
    remediationInProgress: remediation,
    conditions: ["CertificatesAvailable", "Initialized"].map((type): Condition => ({
      type,
      status: "True",
      reason: type,
      message: "",
      lastTransitionTime: time(3600),
    })),
  });
}
