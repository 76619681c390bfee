import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { clusterClass, topologyCluster } from "../test/e2e/support/manifests.ts";
import { startScenario, type Json, type Scenario } from "../test/e2e/support/scenario.ts";
import type { StackDescription } from "../test/stack/stack.ts";
import { pair, type Result } from "./measure.ts";

const machineCount = 500;

/** `describe` of a cluster of 500 machines against `clusterctl describe cluster`. */
export async function benchDescribe(stack: StackDescription): Promise<readonly Result[]> {
  const scenario = await startScenario(stack, "bench-describe");
  try {
    await scenario.apply(clusterClass(scenario.namespace));
    await scenario.apply(
      topologyCluster({ namespace: scenario.namespace, name: "big", version: "v1.34.0", controlPlanes: 3, workers: machineCount - 3 }),
    );
    await scenario.eventually(
      "500 machines",
      async () => ((await scenario.get("cluster", "big")).status?.workers?.availableReplicas === machineCount - 3 ? true : undefined),
      1_200,
    );
    const where = ["--kubeconfig", stack.kubeconfig, "-n", scenario.namespace];
    const ours = (): void => command(process.execPath, ["dist/capi-gitops.mjs", ...where, "describe", "big"]);
    const theirs = (): void => command(stack.clusterctl, ["describe", "cluster", "big", ...where]);
    const paired = await pair(7, ours, theirs);
    return [
      {
        name: "`capi-gitops describe`, with every kubelet",
        against: "clusterctl describe cluster",
        aim: 0.5,
        paired,
        setting: `${machineCount} machines, whole process`,
      },
    ];
  } finally {
    await scenario.end();
  }
}

/** A whole upgrade of 3 + 3 machines, proven, against a bare `kubectl patch` that is polled until the same machines are there. */
export async function benchUpgrade(stack: StackDescription): Promise<readonly Result[]> {
  const scenario = await startScenario(stack, "bench-upgrade");
  try {
    await scenario.apply(clusterClass(scenario.namespace));
    await scenario.apply(
      topologyCluster({ namespace: scenario.namespace, name: "demo", version: "v1.34.0", controlPlanes: 3, workers: 3 }),
    );
    await scenario.clusterReady("demo");
    let patch = 0;
    const next = (): string => {
      patch += 1;
      return `v1.34.${patch}`;
    };
    const theirs = async (): Promise<void> => {
      const version = next();
      await scenario.kubectl("patch", "cluster", "demo", "--type", "merge", "-p", JSON.stringify({ spec: { topology: { version } } }));
      while (!(await isAt(scenario, version))) await sleep(500);
    };
    const ours = async (): Promise<void> => {
      const { code, err } = await scenario.cli("upgrade", "demo", "--to", next(), "--no-git", "--wait", "--hold", "0s");
      if (code !== 0) throw new Error(err);
    };
    const paired = await pair(4, ours, theirs, false);
    return [
      {
        name: "`capi-gitops upgrade --no-git --wait --hold 0s`",
        against: "kubectl patch, polled to the end",
        aim: 1.05,
        paired,
        setting: "3 + 3 machines, one patch version",
      },
    ];
  } finally {
    await scenario.end();
  }
}

async function isAt(scenario: Scenario, version: string): Promise<boolean> {
  const machines: readonly Json[] = (await scenario.get("machines")).items;
  const { status } = await scenario.get("cluster", "demo");
  const settled = status.conditions.find(({ type }: Json) => type === "TopologyReconciled")?.reason === "ReconcileSucceeded";
  return (
    settled &&
    machines.length === 6 &&
    machines.every(({ spec, status: own }) => spec.version === version && own.nodeInfo?.kubeletVersion === version)
  );
}

function command(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    env: { ...process.env, CLUSTERCTL_DISABLE_VERSIONCHECK: "true" },
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
}
