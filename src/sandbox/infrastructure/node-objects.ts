import type { WorkloadCluster } from "../controllers/environment.ts";
import type { StoredObject } from "../store/stored-object.ts";

export const controlPlaneTaint = "node-role.kubernetes.io/control-plane";
const staticPods = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
const manager = "kubelet";

/** What every node of the sandbox offers. */
const capacity = { cpu: "4", memory: "8Gi", pods: "20", "ephemeral-storage": "40Gi" };

const pressures = [
  ["MemoryPressure", "KubeletHasSufficientMemory"],
  ["DiskPressure", "KubeletHasNoDiskPressure"],
  ["PIDPressure", "KubeletHasSufficientPID"],
] as const;

export interface NewNode {
  readonly name: string;
  readonly providerID: string;
  readonly kubeletVersion: string;
  readonly controlPlane: boolean;
  /** RFC 3339. */
  readonly time: string;
}

/** A kubelet joins: its Node is there, and Ready. */
export function joinNode({ objects, type }: WorkloadCluster, { name, providerID, kubeletVersion, controlPlane, time }: NewNode): void {
  if (objects.get(type("Node"), undefined, name) !== undefined) return;
  objects.create(
    type("Node"),
    {
      metadata: {
        name,
        labels: {
          "kubernetes.io/hostname": name,
          "kubernetes.io/os": "linux",
          "kubernetes.io/arch": "amd64",
          ...(controlPlane ? { [controlPlaneTaint]: "" } : {}),
        },
      },
      spec: { providerID, ...(controlPlane ? { taints: [{ key: controlPlaneTaint, effect: "NoSchedule" }] } : {}) },
    },
    { manager },
  );
  const condition = (type_: string, status: string, reason: string): object => ({
    type: type_,
    status,
    reason,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  });
  objects.modify(
    type("Node"),
    undefined,
    name,
    (node) => ({
      ...node,
      status: {
        capacity,
        allocatable: capacity,
        conditions: [condition("Ready", "True", "KubeletReady"), ...pressures.map(([kind, reason]) => condition(kind, "False", reason))],
        nodeInfo: {
          architecture: "amd64",
          bootID: "",
          containerRuntimeVersion: "containerd://2.1.1",
          kernelVersion: "",
          kubeProxyVersion: "",
          kubeletVersion,
          machineID: "",
          operatingSystem: "linux",
          osImage: "",
          systemUUID: "",
        },
      },
    }),
    { manager, subresource: "status" },
  );
}

/** The static pods of a control plane node, running. */
export function startStaticPods({ objects, type }: WorkloadCluster, node: string, time: string): void {
  for (const component of staticPods) {
    const name = `${component}-${node}`;
    if (objects.get(type("Pod"), "kube-system", name) !== undefined) continue;
    objects.create(
      type("Pod"),
      {
        metadata: {
          name,
          namespace: "kube-system",
          labels: { component, tier: "control-plane" },
          annotations: { "kubernetes.io/config.mirror": "sandbox", "kubernetes.io/config.source": "file" },
        },
        spec: { nodeName: node, containers: [{ name: component, image: `registry.k8s.io/${component}` }] },
      },
      { manager },
    );
    objects.modify(type("Pod"), "kube-system", name, (pod) => ({ ...pod, status: runningPod(time) }), { manager, subresource: "status" });
  }
}

export function runningPod(time: string): object {
  const condition = (type: string): object => ({ type, status: "True", lastProbeTime: null, lastTransitionTime: time });
  return { phase: "Running", startTime: time, conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map(condition) };
}

/** The machine is gone, its static pods with it. Without any API server, the cluster answers nobody. */
export function leaveCluster(
  cluster: WorkloadCluster,
  node: string,
  { controlPlane, withNode }: { readonly controlPlane: boolean; readonly withNode: boolean },
): void {
  const { objects, type } = cluster;
  if (withNode && objects.get(type("Node"), undefined, node) !== undefined) objects.delete(type("Node"), undefined, node, {});
  if (!controlPlane) return;
  for (const component of staticPods) {
    const name = `${component}-${node}`;
    if (objects.get(type("Pod"), "kube-system", name) !== undefined) objects.delete(type("Pod"), "kube-system", name, {});
  }
  const servers = objects.store.list("Pod", "kube-system").filter(({ metadata }) => metadata.labels?.["component"] === "kube-apiserver");
  if (servers.length === 0) cluster.reachable = false;
}

export function isNodeReady(node: StoredObject | undefined): boolean {
  const status = node?.["status"] as { readonly conditions?: readonly { readonly type: string; readonly status: string }[] } | undefined;
  return status?.conditions?.some(({ type, status: state }) => type === "Ready" && state === "True") === true;
}
