import { spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cli, startSandboxProcess, type SandboxProcess } from "./support/sandbox-process.ts";

const environment = { ...process.env, KUBECONFIG: "/nowhere", NO_COLOR: "1" };

function run(kubeconfig: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    env: { ...environment, KUBECONFIG: kubeconfig },
    encoding: "utf8",
    timeout: 100_000,
  });
  return { code: status, out: stdout, err: stderr };
}

describe("capi-gitops sandbox", () => {
  let child: ChildProcess;
  let folder: string;
  let kubeconfig: string;
  let said: SandboxProcess["said"];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "capi-gitops-sandbox-test-"));
    ({ child, kubeconfig, said } = await startSandboxProcess("--directory", join(folder, "made"), "--speed", "20"));
  });
  afterAll(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  it("says where the kubeconfig is, and what to type next", () => {
    expect(kubeconfig).toBe(join(folder, "made", "kubeconfig"));
    expect(existsSync(kubeconfig)).toBe(true);
    expect(said()).toContain(`export KUBECONFIG=${kubeconfig}`);
    expect(said()).toContain("capi-gitops upgrade capi-quickstart -n capi-quickstart --to v1.26.6 --repo file://");
  });

  it("is a management cluster with two settled clusters", () => {
    const { code, out } = run(kubeconfig, "status", "-A", "-o", "json");
    expect(code).toBe(0);
    const { clusters } = JSON.parse(out) as { clusters: { name: string; declaredVersion?: string }[] };
    expect(clusters.map(({ name }) => name).sort()).toEqual(["capi-quickstart", "payments"]);
    expect(run(kubeconfig, "describe", "payments", "-n", "payments").out).toMatch(/payments-cp.*v1\.26\.0.*3\/3/);
  });

  it("upgrades through its repository, to the proof", () => {
    const repository = `file://${join(folder, "made", "fleet.git")}`;
    const { code, out, err } = run(
      kubeconfig,
      "upgrade",
      "capi-quickstart",
      "-n",
      "capi-quickstart",
      "--to",
      "v1.26.6",
      "--repo",
      repository,
      "--wait",
      "--hold",
      "1s",
      "--timeout",
      "90s",
    );
    expect(`${out}${err}`).toContain("v1.26.6: proven");
    expect(`${out}${err}`.match(/! KubeadmControlPlane .* has one machine\./g)).toHaveLength(1);
    expect(code).toBe(0);
    const log = spawnSync("git", ["-C", join(folder, "made", "fleet.git"), "log", "--format=%s", "main"], { encoding: "utf8" }).stdout;
    expect(log.trim().split("\n")).toEqual(["Upgrade Cluster capi-quickstart/capi-quickstart to Kubernetes v1.26.6", "The fleet"]);
  });

  it("ends with Ctrl-C, and keeps the folder that it was given", async () => {
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(existsSync(kubeconfig)).toBe(true);
  });

  it.each([
    [["--speed", "fast"], "--speed fast is not a number from 0.1 to 1000"],
    [["--port", "70000"], "--port 70000 is not a whole number from 1 to 65535"],
    [["--seed", "-1"], "--seed"],
    [["--clusters", "0"], "--clusters 0 is not a whole number from 1 to 10000"],
    [["--clusters", "3", "--files", "."], "--files and --clusters both say what the sandbox begins with"],
    [["--files", "/no/such/folder"], "--files /no/such/folder cannot be read"],
  ])("refuses %j", (args, message) => {
    const { code, err, out } = run("/nowhere", "sandbox", ...args);
    expect(err).toContain(message);
    expect(code).toBe(2);
    expect(out).toBe("");
  });

  it("refuses a folder without clusters", () => {
    writeFileSync(join(folder, "readme.txt"), "nothing");
    const empty = run("/nowhere", "sandbox", "--files", folder);
    expect(empty.err).toContain("holds nothing below clusters/");
    expect(empty.code).toBe(2);
  });

  it("comes up anew where nothing was packed for the seed, and ends when there is no git", () => {
    const { status, stderr } = spawnSync(process.execPath, [cli, "sandbox", "--seed", "7"], {
      env: { ...environment, PATH: "/nowhere" },
      encoding: "utf8",
      timeout: 60_000,
    });
    expect(stderr).toContain("install git");
    expect(status).toBe(1);
  });

  it("refuses a port that is taken, and leaves nothing behind", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const temporary = join(folder, "temporary");
    mkdirSync(temporary);
    const taken = spawnSync(process.execPath, [cli, "sandbox", "--port", String(port)], {
      env: { ...environment, TMPDIR: temporary },
      encoding: "utf8",
      timeout: 60_000,
    });
    other.close();
    expect(taken.stderr).toContain(`Port ${port} of 127.0.0.1 is in use`);
    expect(taken.status).toBe(2);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe("capi-gitops sandbox --clusters", () => {
  it.each([
    ["packed by the build", []],
    ["of another seed", ["--seed", "9"]],
  ])("is a fleet, %s, whose clusters are upgraded by their files", async (_, more) => {
    const folder = mkdtempSync(join(tmpdir(), "capi-gitops-sandbox-test-"));
    const { child, kubeconfig } = await startSandboxProcess("--clusters", "3", "--directory", folder, "--speed", "50", ...more);
    try {
      const { clusters } = JSON.parse(run(kubeconfig, "status", "-A", "-o", "json").out) as { clusters: { name: string }[] };
      expect(clusters.map(({ name }) => name).sort()).toEqual(["cluster-0", "cluster-1", "cluster-2"]);
      const repository = `file://${join(folder, "fleet.git")}`;
      const to = ["--to", "v1.33.2", "--repo", repository, "--wait", "--hold", "0s", "--timeout", "90s"];
      const { code, out, err } = run(kubeconfig, "upgrade", "cluster-2", "-n", "fleet", ...to);
      expect(`${out}${err}`).toContain("v1.33.2: proven");
      expect(code).toBe(0);
    } finally {
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
