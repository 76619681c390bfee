import { describe, expect, it } from "vitest";
import { clusterClassFile, topologyClusterFile } from "../../src/sandbox/worlds/fleet-files.ts";
import { catalog, namespace, phaseOf as upgradePhase, policy, say } from "../simulation/operator-objects.ts";
import { operatorWorld, type OperatorWorld, type Replica } from "../simulation/operator-world.ts";

const regions = { "demo-eu": "eu", "demo-us": "us" } as const;

function clusterFile(name: string, region: string): string {
  const file = topologyClusterFile({
    name,
    namespace,
    version: "v1.33.1",
    controlPlanes: 1,
    pools: [{ name: "a", replicas: 1 }],
    startupDuration: "5s",
  });
  return file.replace(`  name: ${name}\n`, `  name: ${name}\n  labels: { region: ${region} }\n`);
}

const files = {
  "clusters/class.yaml": clusterClassFile(namespace, { startupDuration: "5s" }),
  ...Object.fromEntries(Object.entries(regions).map(([name, region]) => [`clusters/${name}/cluster.yaml`, clusterFile(name, region)])),
};

/** What each process wrote: `eu-0 status demo-eu-v1.34.0`, `eu-0 makes a ClusterUpgrade`, `eu-0 status of policy`. */
interface Written {
  readonly world: OperatorWorld;
  readonly written: ReadonlySet<string>;
  readonly start: (name: string, clusterSelector: string) => Replica;
}

async function selectorsWorld(spec: object = {}): Promise<Written> {
  const world = await operatorWorld({ files });
  const written = new Set<string>();
  world.apply(catalog("v1.33.1", "v1.34.0"));
  world.apply(policy(spec));
  const start = (name: string, clusterSelector: string): Replica =>
    world.startOperator(name, {
      clusterSelector,
      client: {
        intercept({ method, path }) {
          const [, kind, object = ""] = /\/(clusterupgrades|upgradepolicies|releasecatalogs)(?:\/([^/?]+))?/.exec(path) ?? [];
          if (method !== "GET" && kind !== undefined)
            written.add(`${name} ${method === "POST" ? "makes" : "writes"} ${kind}${object === "" ? "" : `/${object}`}`);
          return Promise.resolve(undefined);
        },
      },
    });
  return { world, written, start };
}

const phaseOf = (world: OperatorWorld, cluster: string): string | undefined => upgradePhase(world, `${cluster}-v1.34.0`);

describe("replica sets with selectors", () => {
  it("each works on its own clusters, and one of them makes the attempts of all and writes what policies and catalogs say", async () => {
    const { world, written, start } = await selectorsWorld();
    const operators = [start("eu", "region=eu"), start("us", "region=us")];
    for (const name of Object.keys(regions)) await world.until(`${name} is proven`, () => phaseOf(world, name) === "Proven", 1800);
    const who = (what: string): readonly string[] => [...written].filter((line) => line.endsWith(what)).map((line) => line.split(" ")[0]!);
    expect(who("writes clusterupgrades/demo-eu-v1.34.0")).toEqual(["eu"]);
    expect(who("writes clusterupgrades/demo-us-v1.34.0")).toEqual(["us"]);
    const [makers, policies, catalogs] = ["makes clusterupgrades", "writes upgradepolicies/all", "writes releasecatalogs/default"].map(who);
    expect(makers).toHaveLength(1);
    expect([policies, catalogs]).toEqual([makers, makers]);
    for (const operator of operators) expect(await world.drive(operator.stop())).toBe("ended");
    await world.close();
  });

  it("when the one that makes attempts is gone, another does; a limit of the policy holds for the clusters of all", async () => {
    const closed = { windows: [{ cron: "0 0 1 1 *", duration: "1h" }] };
    const { world, written, start } = await selectorsWorld({ maxConcurrent: 1, schedule: closed });
    const [first, second] = [start("eu", "region=eu"), start("us", "region in (us)")];
    await world.until("the first is made", () => world.list("ClusterUpgrade").length === 1, 120);
    await world.pass(30);
    expect(world.list("ClusterUpgrade").map(({ metadata }) => metadata.name)).toEqual(["demo-eu-v1.34.0"]);
    const leads = (name: string): boolean => [...written].includes(`${name} makes clusterupgrades`);
    const [maker, other] = leads("eu") ? [first, second] : [second, first];
    maker.kill();
    const policyWrites = `${other.name} writes upgradepolicies/all`;
    world.remove("ClusterUpgrade", "demo-eu-v1.34.0", namespace);
    await world.until("the other makes it", () => leads(other.name) && written.has(policyWrites), 120);
    expect(world.list("ClusterUpgrade").map(({ metadata }) => metadata.name)).toEqual(["demo-eu-v1.34.0"]);
    await world.drive(other.stop());
    await world.close();
  });

  it("that have a cluster in common: policies say so, and what to do, until one of them lets it go", async () => {
    const { world, start } = await selectorsWorld({ approval: "BeforeControlPlane" });
    const operators = [start("eu", "region=eu"), start("us", "region=us")];
    const reason = (): string | undefined => {
      const { conditions = [] } = (world.get("UpgradePolicy", "all")?.["status"] ?? {}) as {
        readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
      };
      return conditions.find(({ type, status }) => type === "Stalled" && status === "True")?.reason;
    };
    const message = (): unknown => ((world.get("UpgradePolicy", "all")?.["status"] ?? {}) as { readonly message?: string }).message;
    await world.pass(400);
    expect(reason()).toBeUndefined();
    const third = start("both", "region in (eu,ap)");
    await world.until("it is told", () => reason() === "ShardsOverlap", 400);
    expect(message()).toMatch(
      /^1 cluster is worked on by more than one operator: fleet\/demo-eu is of "region in \(ap,eu\)" and "region in \(eu\)"\. Change their --cluster-selector \(or --shard\) so that one has it\. /,
    );
    await world.pass(30);
    const events = world.management.objects.store
      .list("Event.events.k8s.io")
      .map((event) => `${String(event["type"])} ${String(event["reason"])}`);
    expect(events.filter((event) => event.endsWith("ShardsOverlap"))).toEqual(["Warning ShardsOverlap"]);
    await world.drive(third.stop());
    await world.until("it is over", () => reason() === undefined, 700);
    for (const operator of operators) await world.drive(operator.stop());
    await world.close();
  });

  it("a cluster whose label changes goes from one to the other", async () => {
    const { world, written, start } = await selectorsWorld({ approval: "BeforeControlPlane" });
    const operators = [start("eu", "region=eu"), start("us", "region=us")];
    await world.until("it waits", () => phaseOf(world, "demo-eu") === "WaitingForApproval", 120);
    world.commit("It has moved", { "clusters/demo-eu/cluster.yaml": clusterFile("demo-eu", "us") });
    await world.pass(60);
    say(world, "demo-eu-v1.34.0", { approved: ["ControlPlane"] });
    await world.until("it has begun", () => phaseOf(world, "demo-eu") === "Rolling", 300);
    // A process that comes later finds the attempts of others, and lets them be.
    operators.push(start("eu-late", "region in (eu),!none"));
    await world.until("it is proven", () => phaseOf(world, "demo-eu") === "Proven", 1800);
    expect(written).toContain("us writes clusterupgrades/demo-eu-v1.34.0");
    expect(written).not.toContain("eu-late writes clusterupgrades/demo-eu-v1.34.0");
    for (const operator of operators) await world.drive(operator.stop());
    await world.close();
  });
});
