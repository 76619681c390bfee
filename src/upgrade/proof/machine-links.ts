import { isDeferred, listed, objectName } from "../cluster-words.ts";
import { kubeletOf, poolsWithoutMachines, promisedMachines, strayNodes } from "../kubelets.ts";
import { runsVersion } from "../kubernetes-version.ts";
import { controlPlaneRollout, openWords, poolRollout } from "../rollout.ts";
import { brokenBy, finding, type Finding, type ProofContext } from "./proof-context.ts";

/** From the specs to what the machines really run. */

export function controlPlane({ snapshot, version }: ProofContext): Finding {
  const object = snapshot.controlPlane;
  if (object === undefined) {
    return snapshot.topology === undefined
      ? finding("not-applicable", "The cluster has no control plane object.")
      : finding("pending", "The control plane does not exist yet.");
  }
  if (object.version === undefined) {
    return finding("not-applicable", `${objectName(object.ref)} has no spec.version; its version is its provider's business.`);
  }
  const rollout = controlPlaneRollout(snapshot, object, version);
  const count = `${rollout.done} of ${rollout.desired} control plane machines are at ${version}`;
  return rollout.settled ? finding("proven", `${count}.`) : finding("pending", `${count}: ${openWords(rollout)}.`);
}

export function workers({ snapshot, version }: ProofContext): Finding {
  const pools = snapshot.pools.filter((pool) => pool.version !== undefined);
  if (pools.length === 0) return finding("not-applicable", "The cluster has no pool with a version.");
  const rollouts = pools.map((pool) => ({ pool, rollout: poolRollout(snapshot, pool, version) }));
  const sum = (of: (each: (typeof rollouts)[number]) => number): number => rollouts.reduce((total, each) => total + of(each), 0);
  const count = `${sum(({ rollout }) => rollout.done)} of ${sum(({ rollout }) => rollout.desired)} worker machines are at ${version}`;
  const open = rollouts.filter(({ rollout }) => !rollout.settled);
  if (open.length === 0) return finding("proven", `${count}.`);
  const words = open.map(({ pool, rollout }) => {
    const deferred = isDeferred(snapshot, pool) ? `deferred by annotation at ${pool.version ?? ""}` : openWords(rollout);
    return `${objectName(pool.ref)}: ${deferred}`;
  });
  return finding("pending", `${count}. ${words.join(". ")}.`);
}

export function kubelets(context: ProofContext): Finding {
  const { snapshot, version } = context;
  const broken = brokenBy(context, "MixedVersions");
  if (broken !== undefined) return broken;
  const machines = promisedMachines(snapshot)
    .filter(({ deletingSince }) => deletingSince === undefined)
    .map((machine) => ({ name: machine.ref.name, joined: machine.nodeName !== undefined, kubelet: kubeletOf(snapshot, machine) }));
  const { workload } = snapshot;
  const stray = strayNodes(snapshot);
  const hidden = poolsWithoutMachines(snapshot);
  // Nodes that no Machine stands for must be those of such pools.
  const nodes =
    hidden.length === 0
      ? []
      : stray.map(({ name, kubeletVersion }) => ({ name, joined: true, kubelet: kubeletVersion as string | undefined }));
  const all = [...machines, ...nodes];
  const running = all.filter(({ kubelet }) => kubelet !== undefined && runsVersion(kubelet, version));
  const other = all.filter(({ kubelet }) => kubelet !== undefined && !runsVersion(kubelet, version));
  const without = all.filter(({ joined }) => !joined);
  const unseen = all.filter(({ joined, kubelet }) => joined && kubelet === undefined);
  const evidence = [
    `${running.length} of ${all.length} kubelets run ${version}${workload.state === "reachable" ? "" : ", as the Machines tell"}`,
    ...(other.length === 0 ? [] : [`others: ${listed(other.map(({ name, kubelet }) => `${name} (${kubelet ?? ""})`))}`]),
    ...(without.length === 0 ? [] : [`no node yet: ${listed(without.map(({ name }) => name))}`]),
    ...(unseen.length === 0 ? [] : [`not seen: ${listed(unseen.map(({ name }) => name))}`]),
    ...(hidden.length > 0 || stray.length === 0
      ? []
      : [`nodes without a Machine: ${listed(stray.map((node) => `${node.name} (${node.kubeletVersion})`))}`]),
  ].join("; ");
  if (other.length > 0 || without.length > 0) return finding("pending", `${evidence}.`);
  if (unseen.length > 0) return finding("unknown", `${evidence}.`);
  if (hidden.length > 0 && workload.state !== "reachable") {
    return finding(
      "unknown",
      `${evidence}; ${listed(hidden.map(({ ref }) => objectName(ref)))} has no Machines, and its nodes cannot be asked: ${workload.message}.`,
    );
  }
  const promised = hidden.reduce((sum, { replicas }) => sum + replicas.desired, 0);
  if (nodes.length < promised)
    return finding("pending", `${evidence}; ${nodes.length} of ${promised} nodes of pools without Machines are there.`);
  return all.length === 0 ? finding("not-applicable", "The cluster has no machine with a version.") : finding("proven", `${evidence}.`);
}
