import { describe, expect, it } from "vitest";
import { transactionSteps } from "../../src/git/git-repository.ts";
import type { HttpCall } from "../../src/http/send-http.ts";
import { operatorSteps } from "../../src/operator/controllers/operator-steps.ts";
import { readMarker } from "../../src/operator/pull-request-marker.ts";
import { clusterClassFile, topologyClusterFile } from "../../src/sandbox/worlds/fleet-files.ts";
import { api, catalog, namespace, phaseOf as upgradePhase, policy, say as sayTo, upgradeIds } from "../simulation/operator-objects.ts";
import { operatorWorld, type OperatorWorld, type ReplicaOptions } from "../simulation/operator-world.ts";
import { simulatedRepository } from "../simulation/simulated-forge.ts";

const releases = catalog("v1.33.1", "v1.34.0");
const weekly = (spec: object = {}) => {
  const git = { mode: "PullRequest", pullRequestPer: "Policy", repository: { url: simulatedRepository, path: "clusters" } };
  return policy({ git, ...spec }, "weekly");
};

const worldOf = (names: readonly string[]): Promise<OperatorWorld> =>
  operatorWorld({
    forge: true,
    files: {
      "clusters/class.yaml": clusterClassFile(namespace, { startupDuration: "5s" }),
      ...Object.fromEntries(
        names.map((name) => [
          `clusters/${name}/cluster.yaml`,
          topologyClusterFile({ name, namespace, version: "v1.33.1", controlPlanes: 1, pools: [{ name: "pool-a", replicas: 1 }] }),
        ]),
      ),
    },
  });

const attemptOf = (cluster: string): string => `${cluster}-v1.34.0`;
const phaseOf = (world: OperatorWorld, cluster: string): string | undefined => upgradePhase(world, attemptOf(cluster));
/** The clusters that a pull request carries. */
const carried = (world: OperatorWorld, number: number): readonly string[] =>
  readMarker(world.forge.pulls[number - 1]?.body ?? "").ids.map((id) => id.split("/")[2]!);
const pulls = (world: OperatorWorld): readonly string[] => world.forge.pulls.map(({ title, state }) => `${title}: ${state}`);
/** Ids of the changes that are in the base branch. */
const commits = (world: OperatorWorld): readonly string[] =>
  upgradeIds(world)
    .map((id) => id.split("/")[2]!)
    .sort();
const say = (world: OperatorWorld, cluster: string, spec: object): void => sayTo(world, attemptOf(cluster), spec);
const titled = (clusters: number): string =>
  `Upgrade ${clusters} cluster${clusters === 1 ? "" : "s"} to Kubernetes v1.34.0 (policy weekly)`;

describe("one pull request for the clusters of a policy", () => {
  it("carries all that are due; merged, each of them is upgraded", async () => {
    const world = await worldOf(["a", "b", "c"]);
    world.apply(releases);
    world.apply(weekly());
    const operator = world.startOperator("operator-0");
    await world.until("all are in it", () => carried(world, 1).length === 3, 120);
    await world.until("all wait", () => ["a", "b", "c"].every((name) => phaseOf(world, name) === "WaitingForReview"), 60);
    expect(pulls(world)).toEqual([`${titled(3)}: open`]);
    const { body } = world.forge.pulls[0]!;
    for (const name of ["a", "b", "c"])
      expect(body).toContain(`## \`fleet/${name}\`\n\nCluster \`fleet/${name}\`: Kubernetes \`v1.33.1\` → \`v1.34.0\`.`);
    expect(body).toContain("### How long\n\nNot known: no upgrade of this cluster has been seen to its end.");
    expect(body).toContain(
      [
        "### Checks",
        "",
        "- ✅ The way: v1.33.1 to v1.34.0 goes forward, one minor at a time.",
        "- ✅ The cluster: It is neither paused nor being made or deleted.",
        "- ✅ Nothing else under way: No other change of it is pending, and none is held back.",
        "- ✅ The control plane: 1 of 1 machines are ready.",
      ].join("\n"),
    );
    expect(body).toMatch(/- ✅ The workload cluster: 2 of 2 nodes are ready/);
    expect(commits(world)).toEqual([]);
    await world.forge.merge(1);
    await world.until("proven", () => ["a", "b", "c"].every((name) => phaseOf(world, name) === "Proven"), 1800);
    expect(commits(world)).toEqual(["a", "b", "c"]);
    expect(world.forge.pulls).toHaveLength(1);
    await world.drive(operator.stop());
    await world.close();
  });

  it("tells how long it may take, by the last upgrade of the cluster", async () => {
    const world = await worldOf(["a"]);
    world.apply(releases);
    world.apply(weekly());
    const operator = world.startOperator("operator-0");
    await world.until("it is asked for", () => phaseOf(world, "a") === "WaitingForReview", 180);
    await world.forge.merge(1);
    await world.until("proven", () => phaseOf(world, "a") === "Proven", 1800);
    world.apply({ ...releases, spec: { releases: [{ version: "v1.34.1", releasedAt: "2025-11-01T00:00:00Z" }] } });
    await world.until("the next one", () => world.forge.pulls.length === 2, 900);
    const [, seconds] = /of this cluster took (\d+) s for each of its 2 machines, pauses included/.exec(world.forge.pulls[1]!.body) ?? [];
    const status = world.get("ClusterUpgrade", attemptOf("a"), namespace)!["status"] as {
      readonly memory: { readonly pace: { readonly rollingSince: string; readonly lastFinishedAt: string } };
    };
    const { rollingSince, lastFinishedAt } = status.memory.pace;
    expect(Number(seconds)).toBe(Math.round((Date.parse(lastFinishedAt) - Date.parse(rollingSince)) / 2000));
    await world.drive(operator.stop());
    await world.close();
  });

  it("holds no more than may be upgraded at the same time; the rest get the next one", async () => {
    const world = await worldOf(["a", "b", "c"]);
    world.apply(releases);
    world.apply(weekly({ maxConcurrent: 2 }));
    const operator = world.startOperator("operator-0");
    await world.until("two are in it", () => carried(world, 1).length === 2, 120);
    await world.pass(600);
    expect(pulls(world)).toEqual([`${titled(2)}: open`]);
    await world.forge.merge(1);
    await world.until("the third is in the next", () => carried(world, 2).length === 1, 1800);
    expect(carried(world, 1)).toEqual(["a", "b"]);
    expect(carried(world, 2)).toEqual(["c"]);
    expect(pulls(world)).toEqual([`${titled(2)}: merged`, `${titled(1)}: open`]);
    await world.forge.merge(2);
    await world.until("proven", () => ["a", "b", "c"].every((name) => phaseOf(world, name) === "Proven"), 1800);
    expect(commits(world)).toEqual(["a", "b", "c"]);
    await world.drive(operator.stop());
    await world.close();
  });

  it("of which one is cancelled is closed, and the other is in a new one", async () => {
    const world = await worldOf(["a", "b"]);
    world.apply(releases);
    world.apply(weekly());
    const operator = world.startOperator("operator-0");
    await world.until("both are in it", () => carried(world, 1).length === 2, 120);
    say(world, "a", { cancelled: true });
    await world.until("cancelled", () => phaseOf(world, "a") === "Cancelled", 900);
    await world.until("the other is asked for again", () => world.forge.pulls.length === 2, 900);
    expect(pulls(world)).toEqual([`${titled(2)}: closed`, `${titled(1)}: open`]);
    expect(carried(world, 2)).toEqual(["b"]);
    await world.forge.merge(2);
    await world.until("proven", () => phaseOf(world, "b") === "Proven", 1800);
    expect(commits(world)).toEqual(["b"]);
    await world.drive(operator.stop());
    await world.close();
  });

  it("closed by a person, it is no to both; retried, one of them gets one of its own", async () => {
    const world = await worldOf(["a", "b"]);
    world.apply(releases);
    world.apply(weekly());
    const operator = world.startOperator("operator-0");
    await world.until("both are in it", () => carried(world, 1).length === 2, 120);
    world.forge.close(1, "ada");
    await world.pass(1200);
    expect(pulls(world)).toEqual([`${titled(2)}: closed`]);
    for (const name of ["a", "b"])
      expect(JSON.stringify(world.get("ClusterUpgrade", attemptOf(name), namespace)?.["status"])).toContain("PullRequestClosed");
    say(world, "a", { retry: 1 });
    await world.until("asked for again", () => world.forge.pulls.length === 2, 900);
    expect(carried(world, 2)).toEqual(["a"]);
    await world.forge.merge(2);
    await world.until("proven", () => phaseOf(world, "a") === "Proven", 1800);
    expect(commits(world)).toEqual(["a"]);
    await world.drive(operator.stop());
    await world.close();
  });

  it("is one for an upgrade that somebody made by hand", async () => {
    const world = await worldOf(["a"]);
    const { git } = weekly().spec;
    world.apply({
      apiVersion: api,
      kind: "ClusterUpgrade",
      metadata: { name: "by-hand", namespace },
      spec: { clusterName: "a", targetVersion: "v1.34.0", git },
    });
    const operator = world.startOperator("operator-0");
    await world.until("it is open", () => world.forge.pulls.length === 1, 120);
    expect(pulls(world)).toEqual(["Upgrade Cluster fleet/a to Kubernetes v1.34.0: open"]);
    await world.drive(operator.stop());
    await world.close();
  });
});

/** What the forge is asked for, by name; the first time that it is. */
function forgeStep(moment: string, { method, url }: HttpCall): string {
  const last = new URL(url).pathname.split("/").at(-1) ?? "";
  return `forge: ${moment} ${method} ${/^\d+$/.test(last) ? "#" : last.includes("policy-") ? "branch" : last}`;
}

describe("killed", () => {
  const faults = [
    ...operatorSteps.filter((step) => !/refresh-engine|close-review|hold-pool|release-pool|retire-template|give-place/.test(step)),
    ...transactionSteps.filter((step) => step !== "opened").map((step) => `git: ${step}`),
    ...["GET pulls", "POST pulls", "PATCH #", "GET #"].flatMap((what) => [`forge: asked ${what}`, `forge: answered ${what}`]),
  ];

  async function merged(fault: string, replica: (die: (step: string) => Promise<void>) => ReplicaOptions): Promise<void> {
    const world = await worldOf(["a", "b"]);
    world.apply(releases);
    world.apply(weekly());
    let killed = false;
    const die = async (step: string): Promise<void> => {
      if (killed || step !== fault) return;
      killed = true;
      first.kill();
      await new Promise<never>(() => undefined);
    };
    const first = world.startOperator("operator-0", replica(die));
    await world.pass(3);
    const second = world.startOperator("operator-1");
    await world.until("both are in it", () => carried(world, 1).length === 2 && killed, 900);
    await world.until("both wait", () => ["a", "b"].every((name) => phaseOf(world, name) === "WaitingForReview"), 900);
    await world.forge.merge(1);
    await world.until("proven", () => ["a", "b"].every((name) => phaseOf(world, name) === "Proven"), 3600);
    expect(pulls(world)).toEqual([`${titled(2)}: merged`]);
    expect(commits(world)).toEqual(["a", "b"]);
    expect(world.list("ClusterUpgrade")).toHaveLength(2);
    await world.drive(second.stop());
    await world.close();
  }

  it.each(faults)("at %s: one pull request, each commit once, both proven", (fault) =>
    merged(fault, (die) => ({
      onStep: die,
      onTransaction: (step) => die(`git: ${step}`),
      onForge: (moment, call) => die(forgeStep(moment, call)),
    })),
  );

  it.each([
    "before-close-review",
    "after-close-review",
    ...["PATCH #", "POST comments", "DELETE branch"].flatMap((what) => [`forge: asked ${what}`, `forge: answered ${what}`]),
  ])("at %s while one is cancelled: its commit is merged by nobody", async (fault) => {
    const world = await worldOf(["a", "b"]);
    world.apply(releases);
    world.apply(weekly());
    let armed = false;
    const die = async (step: string): Promise<void> => {
      if (!armed || step !== fault) return;
      armed = false;
      first.kill();
      await new Promise<never>(() => undefined);
    };
    const first = world.startOperator("operator-0", {
      onStep: die,
      onForge: (moment, call) => die(forgeStep(moment, call)),
    });
    await world.until("both are in it", () => carried(world, 1).length === 2, 120);
    await world.pass(30);
    armed = true;
    say(world, "a", { cancelled: true });
    await world.until("it was killed", () => first.isDead(), 900);
    const second = world.startOperator("operator-1");
    await world.until("cancelled", () => phaseOf(world, "a") === "Cancelled", 900);
    await world.until("the other is asked for again", () => carried(world, 2).join() === "b", 1800);
    expect(pulls(world)).toEqual([`${titled(2)}: closed`, `${titled(1)}: open`]);
    await world.forge.merge(2);
    await world.until("proven", () => phaseOf(world, "b") === "Proven", 1800);
    expect(commits(world)).toEqual(["b"]);
    await world.drive(second.stop());
    await world.close();
  });
});
