import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApiServer, type TestApiServer } from "../../src/cluster-api/testing/api-server.ts";
import { fixtureItems, type Scene } from "../../src/cluster-api/testing/fixtures.ts";

// The built command as a process, against a small API server that holds recorded objects of a real Cluster API v1.14.

const cli = resolve("dist/capi-gitops.mjs");
let folder = "";
let repositories = 0;
const servers: TestApiServer[] = [];

interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[], program = cli) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, HOME: folder, KUBECONFIG: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  const spoke = new Promise<void>((done) =>
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString();
      done();
    }),
  );
  const finished = new Promise<Finished>((done) => child.on("close", (code) => done({ code, out, err })));
  return { child, finished, spoke };
}

const run = (...args: readonly string[]): Promise<Finished> => start(args).finished;

async function serve(scene: Scene): Promise<readonly string[]> {
  const server = await startApiServer(fixtureItems(scene, "v1beta2"));
  servers.push(server);
  const kubeconfig = join(folder, `${scene}.kubeconfig`);
  writeFileSync(kubeconfig, server.kubeconfig);
  return ["--kubeconfig", kubeconfig];
}

/** The example repository, with each text of `changes` replaced by another in all files. */
function bareRepository(changes: Readonly<Record<string, string>> = {}): string {
  const identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"];
  repositories += 1;
  const work = join(folder, `fleet-${repositories}`);
  cpSync("examples/repository", work, { recursive: true });
  for (const file of readdirSync(work, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".yaml"))) {
    const text = readFileSync(join(work, file), "utf8");
    const changed = Object.entries(changes).reduce((done, [from, to]) => done.replaceAll(from, to), text);
    writeFileSync(join(work, file), changed);
  }
  execFileSync("git", ["init", "-q", "-b", "main", work]);
  execFileSync("git", ["-C", work, "add", "-A"]);
  execFileSync("git", [...identity, "-C", work, "commit", "-q", "-m", "fleet"]);
  execFileSync("git", ["clone", "-q", "--bare", work, `${work}.git`]);
  return `${work}.git`;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "capi-gitops-cli-"));
});

afterAll(async () => {
  for (const server of servers) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("usage, exit code 2", () => {
  it.each([
    [[], "Usage: capi-gitops"],
    [["nonsense"], "unknown command 'nonsense'"],
    [["status", "--nonsense"], "unknown option '--nonsense'"],
    [["plan", "demo"], "required option '--to <version>' not specified"],
    [["describe"], "missing required argument 'cluster'"],
    [["upgrade", "demo", "--to", "v1.35.2"], "Name the Git repository with --repo URL, or say --no-git"],
    [["verify", "demo", "--path", "clusters"], "--path says something about a Git repository. Name it with --repo URL."],
    [["upgrade", "demo", "--to", "v1.35.2", "--no-git", "--repo", "x"], "--repo and --no-git exclude each other"],
  ])("%j", async (args, message) => {
    const { code, out, err } = await run(...args);
    expect(err).toContain(message);
    expect([code, out]).toEqual([2, ""]);
  });

  it.each([
    [["describe", "capi-quickstart", "-o", "xml"], "-o xml is not known. Use one of: table, wide, json, yaml."],
    [
      ["verify", "capi-quickstart", "-n", "capi-quickstart", "--hold", "soon"],
      "--hold soon is not a duration. Write it as 90s, 10m, 1h30m or 2d.",
    ],
    [
      ["upgrade", "capi-quickstart", "-n", "capi-quickstart", "--to", "v1.35.2", "--repo", "/nowhere", "--author", "me"],
      'is not of the form "Name <mail@example.com>"',
    ],
  ])("%j", async (args, message) => {
    const { code, err } = await run(...(await serve("topology-settled")), ...args);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });
});

describe("what cannot be reached, exit code 1", () => {
  it.each([
    [["status"], "There is no kubeconfig (looked for "],
    [["status", "--kubeconfig", "/nowhere/config"], "/nowhere/config"],
  ])("%j", async (args, message) => {
    const { code, out, err } = await run(...args);
    expect(err).toContain(message);
    expect([code, out]).toEqual([1, ""]);
  });

  it("a context that is not there names those that are", async () => {
    const { code, err } = await run(...(await serve("topology-settled")), "--context", "nonsense", "status");
    expect(err).toMatch(/no context "nonsense"\. It has: \S+/);
    expect(code).toBe(1);
  });

  it("a server that is not there", async () => {
    const config = {
      clusters: [{ name: "c", cluster: { server: "http://127.0.0.1:1" } }],
      users: [],
      contexts: [{ name: "x", context: { cluster: "c" } }],
      "current-context": "x",
    };
    writeFileSync(join(folder, "down"), JSON.stringify(config));
    const { code, err } = await run("--kubeconfig", join(folder, "down"), "status");
    expect(err).toContain("http://127.0.0.1:1 refuses connections");
    expect(code).toBe(1);
  });
});

describe("looking, exit code 0", () => {
  it("status", async () => {
    const { code, out } = await run(...(await serve("topology-settled")), "status");
    expect(out.split("\n").map((line) => line.split(/\s{2,}/))).toEqual([
      ["NAMESPACE", "NAME", "DECLARED", "CONTROL PLANE", "WORKERS", "STATE", "WHY"],
      ["capi-quickstart", "capi-quickstart", "v1.34.0", "1/1 v1.34.0", "1/1 v1.34.0", "Settled"],
      [""],
    ]);
    expect(code).toBe(0);
  });

  it("describe, as a tree and as data", async () => {
    const where = [...(await serve("plain-settled")), "-n", "plain", "describe", "plain"];
    const { code, out } = await run(...where);
    expect(out).toMatch(/^Cluster\/plain +v1\.34\.0 +v1\.34\.0/m);
    expect(out).toMatch(/^│ └─Machine\/plain-cp-\w+ +v1\.34\.0 +v1\.34\.0 +True/m);
    expect(code).toBe(0);
    const data = JSON.parse((await run(...where, "-o", "json")).out) as { machines: readonly unknown[]; versionOwner: { kind: string } };
    expect([data.machines.length, data.versionOwner.kind]).toEqual([7, "control-plane"]);
    expect((await run(...where, "-o", "yaml")).out).toContain("kind: KubeadmControlPlane");
  });

  it("version, and --version's place in a pipe that is closed", async () => {
    const { code, out } = await run("version", "-o", "json");
    expect([code, JSON.parse(out)]).toEqual([0, { client: "0.1.0", node: process.version }]);
  });

  it("as a kubectl plugin it calls itself so", async () => {
    const plugin = join(folder, "kubectl-capi_gitops");
    symlinkSync(cli, plugin);
    const { code, out } = await start(["--help"], plugin).finished;
    expect([code, out.split("\n")[0]]).toEqual([0, "Usage: kubectl capi-gitops [options] [command]"]);
  });
});

describe("plans, upgrades and repairs", () => {
  it("plan: 0 with steps, 3 with every refusal", async () => {
    const where = [...(await serve("topology-settled")), "-n", "capi-quickstart", "plan", "capi-quickstart", "--to"];
    const good = await run(...where, "v1.35.2");
    expect(good.out).toContain("1. Cluster capi-quickstart/capi-quickstart: v1.34.0 → v1.35.2");
    expect(good.code).toBe(0);
    const down = await run(...where, "v1.33.0");
    expect(down.out).toContain("VersionDowngrade");
    expect(down.code).toBe(3);
  });

  it("a cluster that is not there: 3, with what may have been meant", async () => {
    const { code, err } = await run(...(await serve("topology-settled")), "-n", "capi-quickstart", "describe", "capi-quickstrat");
    expect(err).toContain("Did you mean capi-quickstart/capi-quickstart?");
    expect(code).toBe(3);
  });

  it("upgrade --dry-run shows the diff of the repository, and changes nothing", async () => {
    const repository = bareRepository();
    const tip = execFileSync("git", ["-C", repository, "rev-parse", "main"], { encoding: "utf8" });
    const args = ["-n", "capi-quickstart", "upgrade", "capi-quickstart", "--to", "v1.35.2", "--repo", repository, "--dry-run"];
    const { code, out } = await run(...(await serve("topology-settled")), ...args);
    expect(out).toContain(
      "-    version: v1.34.0 # keep in step with the node image catalogue\n+    version: v1.35.2 # keep in step with the node image catalogue\n",
    );
    expect(code).toBe(0);
    expect(execFileSync("git", ["-C", repository, "rev-parse", "main"], { encoding: "utf8" })).toBe(tip);
  });

  it("verify on a wedge: 4, with the hand that did it", async () => {
    const { code, out } = await run(...(await serve("topology-wedged")), "-n", "wedge", "verify", "wedged");
    expect(out).toContain("✗ Wedged: Field manager kubectl-edit set KubeadmControlPlane");
    expect(code).toBe(4);
  });

  it.each<[string, Readonly<Record<string, string>>, number, RegExp]>([
    ["declares what is to be proven", {}, 5, /committed.*clusters\/capi-quickstart\S*:\d+ declares v1\.34\.0 in commit [0-9a-f]{12}/],
    ["declares another version", { "v1.34.0": "v1.34.1" }, 5, /committed.*declares v1\.34\.1 in commit/],
    ["does not declare the cluster", { "name: capi-quickstart": "name: another" }, 3, /capi-quickstart/],
  ])("verify --repo, of a repository that %s", async (_, changes, exit, told) => {
    const repository = bareRepository(changes);
    const where = ["-n", "capi-quickstart", "verify", "capi-quickstart", "--repo", repository, "--timeout", "1s"];
    const { code, out, err } = await run(...(await serve("topology-settled")), ...where);
    expect(out + err).toMatch(told);
    expect(code).toBe(exit);
  });

  it("verify that cannot be proven in time: 5", async () => {
    const { code, out } = await run(
      ...(await serve("topology-settled")),
      "-n",
      "capi-quickstart",
      "verify",
      "capi-quickstart",
      "--timeout",
      "1s",
    );
    expect(out).toMatch(/v1\.34\.0: (unknown|pending)/);
    expect(code).toBe(5);
  });

  it("repair: shows it with --dry-run, and asks for --yes where nobody can answer", async () => {
    const where = [...(await serve("topology-wedged")), "-n", "wedge", "repair", "wedged"];
    const shown = await run(...where, "--dry-run");
    expect(shown.out).toMatch(/Set the version of KubeadmControlPlane wedge\/wedged-\w+ from v1\.34\.2 back to v1\.34\.0\./);
    expect(shown.code).toBe(0);
    const asked = await run(...where);
    expect(asked.err).toContain("Say --yes to do it, or --dry-run to only see it.");
    expect(asked.code).toBe(2);
  });

  it("Ctrl-C on a wait: 130, and how to look again", async () => {
    const args = ["-n", "capi-quickstart", "upgrade", "capi-quickstart", "--to", "v1.34.0", "--no-git", "--wait"];
    const { child, finished, spoke } = start([...(await serve("topology-settled")), ...args]);
    await spoke;
    child.kill("SIGINT");
    const { code, err } = await finished;
    expect(err).toContain("Look again with: capi-gitops verify capi-quickstart -n capi-quickstart");
    expect(code).toBe(130);
  });
});
