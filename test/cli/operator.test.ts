import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import { clusterUpgrades } from "../../src/operator/api/kinds.ts";
import { cli, startSandboxProcess } from "./support/sandbox-process.ts";

const [namespace, cluster] = ["capi-quickstart", "capi-quickstart"];

// The built command as a process, on the sandbox as another.
describe("capi-gitops operator", () => {
  let folder: string;
  let kubeconfig: string;
  let sandbox: ChildProcess;
  let operator: ChildProcess;
  let port: number;
  let said = "";

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "capi-gitops-operator-"));
    ({ child: sandbox, kubeconfig } = await startSandboxProcess("--directory", join(folder, "made"), "--speed", "50"));
    port = await freePort();
    operator = spawn(process.execPath, [cli, "operator", "--no-leader-elect", "--metrics-address", `127.0.0.1:${port}`], {
      env: { ...process.env, KUBECONFIG: kubeconfig },
      stdio: ["ignore", "ignore", "pipe"],
    });
    operator.stderr!.on("data", (chunk: Buffer) => (said += chunk.toString()));
  }, 90_000);
  afterAll(() => {
    operator.kill("SIGKILL");
    sandbox.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  /** The samples of the operator's own metrics that are not 0. */
  async function samples(): Promise<readonly string[]> {
    const body = await new Promise<string>((resolve) => {
      get(`http://127.0.0.1:${port}/metrics`, (response) => void text(response).then(resolve)).on("error", () => resolve(""));
    });
    return body.split("\n").filter((line) => line.startsWith("capi_gitops_") && !line.endsWith(" 0"));
  }

  async function until(series: string): Promise<void> {
    while (!(await samples()).some((line) => line.startsWith(series))) {
      expect(operator.exitCode, said).toBe(null);
      await sleep(100);
    }
  }

  it("makes an upgrade, and counts what it asks API servers and Git for", async () => {
    const client = createClient(await loadEndpoint({ clock: systemClock, kubeconfig }), { clock: systemClock });
    await client.create(clusterUpgrades, {
      apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
      kind: "ClusterUpgrade",
      metadata: { name: "by-hand", namespace },
      spec: {
        clusterName: cluster,
        targetVersion: "v1.26.6",
        git: { mode: "Push", repository: { url: `file://${join(folder, "made", "fleet.git")}`, branch: "main" } },
      },
    });
    client.close();
    await until('capi_gitops_git_operations_total{operation="push",outcome="done"} 1');
    const counted = await samples();
    for (const series of [
      'capi_gitops_api_requests_total{verb="GET",code="2xx"}',
      'capi_gitops_api_requests_total{verb="PATCH",code="2xx"}',
      'capi_gitops_api_requests_total{verb="WATCH",code="2xx"}',
      'capi_gitops_git_operations_total{operation="clone",outcome="done"}',
      'capi_gitops_git_operation_duration_seconds_count{operation="push"}',
    ])
      expect(
        counted.find((line) => line.startsWith(series)),
        series,
      ).toBeDefined();
  }, 90_000);

  it("counts watches that it begins again when the API server is gone", async () => {
    sandbox.kill("SIGKILL");
    await until("capi_gitops_watch_restarts_total{");
    await until('capi_gitops_api_requests_total{verb="WATCH",code="none"}');
  }, 60_000);

  it("ends with SIGTERM, whatever the API server does", async () => {
    operator.kill("SIGTERM");
    expect((await once(operator, "exit"))[0], said).toBe(0);
  }, 60_000);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
