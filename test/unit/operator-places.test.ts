import { describe, expect, it } from "vitest";
import type { OperatorStep } from "../../src/operator/controllers/operator-steps.ts";
import { clusterClassFile, topologyClusterFile } from "../../src/sandbox/worlds/fleet-files.ts";
import { catalog, namespace, policy, say, statusOf as upgradeStatus, upgradeIds, type Status } from "../simulation/operator-objects.ts";
import { operatorWorld, type OperatorWorld, type Replica } from "../simulation/operator-world.ts";

const names = ["a", "b", "c", "d"] as const;

const attemptOf = (cluster: string): string => `${cluster}-v1.34.0`;
const statusOf = (world: OperatorWorld, cluster: string): Status => upgradeStatus(world, attemptOf(cluster));
const phaseOf = (world: OperatorWorld, cluster: string): string | undefined => statusOf(world, cluster).phase;
const approve = (world: OperatorWorld, cluster: string): void => say(world, attemptOf(cluster), { approved: ["ControlPlane"] });

/** Clusters whose upgrade has begun, in the order of their first commit. */
const begun = (world: OperatorWorld): readonly string[] =>
  upgradeIds(world)
    .map((id) => id.split("/")[2]!)
    .toReversed();
const rolling = (world: OperatorWorld): number =>
  world.list("ClusterUpgrade").filter(({ status }) => {
    const { phase, memory } = status as Status;
    return memory?.begun === true && !["Proven", "Refused", "TimedOut", "Contradicted", "Cancelled"].includes(phase ?? "");
  }).length;

/** Every cluster waits for an approval; one may be under way. */
async function waitingWorld(spec: object, start: (world: OperatorWorld) => void): Promise<OperatorWorld> {
  const region = (name: string): string => (name < "c" ? "eu" : "us");
  const world = await operatorWorld({
    files: {
      "clusters/class.yaml": clusterClassFile(namespace, { startupDuration: "5s" }),
      ...Object.fromEntries(
        names.map((name) => [
          `clusters/${name}/cluster.yaml`,
          topologyClusterFile({ name, namespace, version: "v1.33.1", controlPlanes: 1, pools: [{ name: "p", replicas: 1 }] }).replace(
            `  name: ${name}\n`,
            `  name: ${name}\n  labels: { region: ${region(name)} }\n`,
          ),
        ]),
      ),
    },
  });
  world.apply(catalog("v1.33.1", "v1.34.0"));
  world.apply(policy({ approval: "BeforeControlPlane", ...spec }));
  start(world);
  await world.until("all wait for an approval", () => names.every((name) => phaseOf(world, name) === "WaitingForApproval"), 120);
  return world;
}

/** As `until`, and never are more under way than the policy allows. */
async function until(world: OperatorWorld, what: string, condition: () => boolean, most = 1): Promise<void> {
  await world.until(
    what,
    () => {
      expect(rolling(world)).toBeLessThanOrEqual(most);
      return condition();
    },
    3600,
  );
}

describe("a policy that asks before the control plane, and lets one be under way", () => {
  it("one that nobody approves holds up none; those that are approved come in that order, and say whom they wait for", async () => {
    let operator: Replica | undefined;
    const world = await waitingWorld({ maxConcurrent: 1 }, (made) => void (operator = made.startOperator("operator-0")));
    for (const name of ["d", "b", "a"]) {
      approve(world, name);
      await world.pass(10);
    }
    await until(world, "the first rolls", () => phaseOf(world, "d") === "Rolling");
    expect(statusOf(world, "b")).toMatchObject({
      phase: "Planning",
      message: expect.stringContaining("Waits for a place under maxConcurrent of policy all."),
      waitingFor: [{ gate: "Place" }],
    });
    expect(statusOf(world, "a").message).toContain("Under way: fleet/d-v1.34.0.");
    expect(phaseOf(world, "c")).toBe("WaitingForApproval");
    const told = world.get("UpgradePolicy", "all")!["status"] as { readonly clusters: readonly { name: string; message: string }[] };
    expect(told.clusters.find(({ name }) => name === "b")?.message).toBe(
      "b-v1.34.0 waits for a place: 1 of at most 1 cluster of policy all are under way.",
    );
    await until(world, "all that were approved are proven", () => ["d", "b", "a"].every((name) => phaseOf(world, name) === "Proven"));
    expect(begun(world)).toEqual(["d", "b", "a"]);
    expect(phaseOf(world, "c")).toBe("WaitingForApproval");
    await world.drive(operator!.stop());
    await world.close();
  });

  it("one that is cancelled while it rolls, or waits for a place, gives way", async () => {
    let operator: Replica | undefined;
    const world = await waitingWorld({ maxConcurrent: 1 }, (made) => void (operator = made.startOperator("operator-0")));
    for (const name of ["a", "b", "c"]) {
      approve(world, name);
      await world.pass(10);
    }
    await until(world, "the first has begun", () => begun(world).length === 1);
    say(world, attemptOf("b"), { cancelled: true });
    await until(world, "the third is proven", () => phaseOf(world, "c") === "Proven");
    expect(begun(world)).toEqual(["a", "c"]);
    await world.drive(operator!.stop());
    await world.close();
  });

  it.each(["before-give-place", "after-give-place"] satisfies readonly OperatorStep[])(
    "killed at %s: another one takes over, and gives no place twice",
    async (fault) => {
      let killed = false;
      const world = await waitingWorld({ maxConcurrent: 1 }, (made) => {
        const first = made.startOperator("operator-0", {
          onStep: async (step) => {
            if (killed || step !== fault) return;
            killed = true;
            first.kill();
            await new Promise<never>(() => undefined);
          },
        });
      });
      const second = world.startOperator("operator-1");
      for (const name of ["c", "a", "b"]) approve(world, name);
      await until(world, "proven", () => ["a", "b", "c"].every((name) => phaseOf(world, name) === "Proven"));
      expect(killed).toBe(true);
      expect([...begun(world)].sort()).toEqual(["a", "b", "c"]);
      await world.drive(second.stop());
      await world.close();
    },
  );

  it("with replica sets by selector, one of which leads policies and is killed: the limit holds for the clusters of both", async () => {
    const replicas: Replica[] = [];
    let leader: Replica | undefined;
    const world = await waitingWorld({ maxConcurrent: 2 }, (made) => {
      for (const region of ["eu", "us"]) {
        const replica: Replica = made.startOperator(region, {
          clusterSelector: `region=${region}`,
          onStep: (step) => void (step === "after-give-place" && (leader ??= replica)),
        });
        replicas.push(replica);
      }
    });
    for (const name of names) approve(world, name);
    await until(world, "two have begun", () => begun(world).length === 2, 2);
    leader?.kill();
    const region = leader?.name ?? "";
    replicas.push(world.startOperator(`${region}-2`, { clusterSelector: `region=${region}` }));
    await until(world, "all are proven", () => names.every((name) => phaseOf(world, name) === "Proven"), 2);
    expect(new Set(begun(world))).toEqual(new Set(names));
    for (const replica of replicas) if (!replica.isDead()) await world.drive(replica.stop());
    await world.close();
  });
});
