import { spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient, type KubernetesClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import { resourcePath } from "../../src/kubernetes/resource.ts";
import { clusterUpgrades, upgradePolicies } from "../../src/operator/api/kinds.ts";
import { systemClock } from "../../src/clock.ts";
import { cli, startSandboxProcess } from "./support/sandbox-process.ts";

// The built command as a process, on the sandbox; the status is written here in the operator's place.

const namespace = "capi-quickstart";
const cluster = "capi-quickstart";

describe("attempts", () => {
  let child: ChildProcess;
  let folder: string;
  let kubeconfig: string;
  let client: KubernetesClient;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "capi-gitops-attempts-"));
    ({ child, kubeconfig } = await startSandboxProcess("--directory", join(folder, "made")));
    client = createClient(await loadEndpoint({ clock: systemClock, kubeconfig }), { clock: systemClock });
  }, 90_000);
  afterAll(() => {
    client.close();
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  function run(...args: readonly string[]) {
    const env = { ...process.env, KUBECONFIG: kubeconfig, NO_COLOR: "1" };
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { env, encoding: "utf8", timeout: 60_000 });
    return { code: status, out: stdout, err: stderr };
  }
  const on = (...args: readonly string[]) => run(...args.slice(0, 1), cluster, "-n", namespace, ...args.slice(1));

  async function attempt(name: string, spec: object, status: object): Promise<void> {
    const kind = { apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1", kind: "ClusterUpgrade" };
    await client.create(clusterUpgrades, { ...kind, metadata: { name, namespace }, spec: { clusterName: cluster, ...spec } });
    await patchStatus(client, resourcePath(clusterUpgrades, namespace, name, "status"), status);
  }
  const specOf = async (name: string): Promise<unknown> => (await client.get(clusterUpgrades, name, namespace))["spec"];

  it("there are none at first, and status says nothing of them", () => {
    expect(run("status").out).not.toContain("UPGRADE");
    const { code, err } = on("history");
    expect(code).toBe(3);
    expect(err).toContain("NoUpgrade: There is no ClusterUpgrade for cluster capi-quickstart/capi-quickstart.");
    expect(run("policies").err).toContain("No policies.");
  });

  it("status and history show where an attempt is, and why", async () => {
    await attempt("old", { targetVersion: "v1.26.3" }, { phase: "Proven", message: "All is proven.", fromVersion: "v1.26.0" });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await attempt(
      "new",
      { targetVersion: "v1.26.6", approval: "BeforeEach", policyName: "stable" },
      {
        phase: "WaitingForApproval",
        message: "Waits for a yes before the control plane.",
        fromVersion: "v1.26.3",
        machines: { done: 0, total: 3, text: "0/3" },
        waitingFor: [{ gate: "Approval", message: "before the control plane" }],
        cancelMeans: "Nothing was written; nothing is undone.",
        startedAt: "2026-11-29T00:00:00Z",
      },
    );
    const status = run("status");
    expect(status.out).toMatch(/STATE +UPGRADE +WHY/);
    expect(status.out).toMatch(
      /capi-quickstart +capi-quickstart.*v1\.26\.6 WaitingForApproval 0\/3 +Waits for a yes before the control plane\./,
    );
    const { clusters } = JSON.parse(run("status", "-o", "json").out) as { clusters: { name: string; upgrade?: object }[] };
    expect(clusters.find(({ name }) => name === cluster)?.upgrade).toMatchObject({
      name: "new",
      phase: "WaitingForApproval",
      targetVersion: "v1.26.6",
    });
    expect(clusters.find(({ name }) => name === "payments")).not.toHaveProperty("upgrade");
    const rows = on("history").out.trim().split("\n");
    expect(rows.map((row) => row.split(/ {2,}/).slice(0, 5))).toEqual([
      ["NAME", "FROM", "TO", "PHASE", "MACHINES"],
      ["new", "v1.26.3", "v1.26.6", "WaitingForApproval", "0/3"],
      ["old", "v1.26.0", "v1.26.3", "Proven", expect.anything()],
    ]);
  });

  it("a person's words change the spec, and are told with the name", async () => {
    const { code, out } = on("approve");
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^capi-quickstart\/capi-quickstart to v1\.26\.6: .+ approved the control plane\.\n$/),
    ]);
    expect(await specOf("new")).toMatchObject({ approved: ["ControlPlane"] });
    expect(JSON.parse(on("approve", "--workers", "-o", "json").out)).toMatchObject({
      cluster,
      name: "new",
      spec: { approved: ["ControlPlane", "Workers"] },
      what: "approved the workers",
    });
    expect(on("pause").code).toBe(0);
    expect(await specOf("new")).toMatchObject({ paused: true });
    expect(on("resume").code).toBe(0);
    expect(on("skip-soak").code).toBe(0);
    expect(await specOf("new")).toMatchObject({ approved: ["ControlPlane", "Workers"], paused: false, skipSoak: true });
    const told = on("history", "-o", "wide").out;
    for (const what of ["approved the control plane", "approved the workers", "paused it", "resumed it", "skipped the soak"]) {
      expect(told).toMatch(new RegExp(`^ {2}\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\dZ  \\S+ ${what}$`, "m"));
    }
  });

  it.each([
    ["approve", "AlreadyApproved"],
    ["resume", "NotPaused"],
    ["skip-soak", "AlreadySkipped"],
    ["retry", "StillUnderWay"],
  ])("%s is refused where it makes no sense: %s", async (verb, reason) => {
    const before = await specOf("new");
    const { code, out, err } = on(verb);
    expect([code, out]).toEqual([3, ""]);
    expect(err).toContain(`${reason}: The upgrade of cluster capi-quickstart/capi-quickstart to v1.26.6 (ClusterUpgrade new)`);
    expect(await specOf("new")).toEqual(before);
  });

  it("cancel says what it means and does nothing where nobody can answer", async () => {
    const { code, err } = on("cancel");
    expect(code).toBe(2);
    expect(err).toContain("means: Nothing was written; nothing is undone. It cannot be taken back.");
    expect(err).toContain("Say --yes to do it.");
    expect(await specOf("new")).toMatchObject({ cancelled: false });
    expect(on("cancel", "--yes").code).toBe(0);
    expect(await specOf("new")).toMatchObject({ cancelled: true });
    expect(on("cancel", "--yes").err).toContain("AlreadyCancelled");
  });

  it("retry begins one anew that had ended otherwise than proven", async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await attempt("refused", { targetVersion: "v1.26.7" }, { phase: "Refused", message: "No." });
    // The one before has not ended: it comes first.
    expect(on("retry").err).toContain("StillUnderWay");
    await patchStatus(client, resourcePath(clusterUpgrades, namespace, "new", "status"), { phase: "Cancelled" });
    expect(on("retry").code).toBe(0);
    expect(await specOf("refused")).toMatchObject({ retry: 1 });
  });

  it("policies are listed with their counts and why", async () => {
    await client.create(upgradePolicies, {
      apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
      kind: "UpgradePolicy",
      metadata: { name: "stable" },
      spec: { clusters: {}, target: { channel: "Stable" } },
    });
    const counts = { selected: 2, upToDate: 1, underWay: 0, waiting: 1, failed: 0 };
    await patchStatus(client, resourcePath(upgradePolicies, undefined, "stable", "status"), {
      ...counts,
      targets: "v1.26.6",
      message: "1 of 2.",
    });
    expect(run("policies").out.split("\n")[1]?.split(/ {2,}/)).toEqual(["stable", "Stable", "v1.26.6", "2", "1", "0", "1", "0", "1 of 2."]);
    expect(JSON.parse(run("policies", "-o", "json").out)).toMatchObject({ policies: [{ name: "stable", ...counts }] });
  });
});

/** The operator's part. */
async function patchStatus(client: KubernetesClient, path: string, status: object): Promise<void> {
  const { agent, headers } = await client.endpoint.prepare();
  await new Promise<void>((resolve, reject) => {
    const url = new URL(path, client.endpoint.server);
    const sent = request(
      url,
      { method: "PATCH", agent, headers: { ...headers, "content-type": "application/merge-patch+json" } },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.once("end", () => (response.statusCode === 200 ? resolve() : reject(new Error(text))));
      },
    );
    sent.once("error", reject);
    sent.end(JSON.stringify({ status }));
  });
}
