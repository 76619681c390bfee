import { spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { createClient, type KubernetesClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import { releaseCatalogs } from "../../src/operator/api/kinds.ts";
import { quickStartFiles } from "../../src/sandbox/worlds/quick-start.ts";
import { cli, startSandboxProcess } from "./support/sandbox-process.ts";

// The built command on a sandbox whose machine templates have images that name no version, as AMI ids do. No operator runs.

const path = "/spec/template/metadata/annotations/example.com~1image";
const imageOf = (version: string, image: string) => ({ version, images: [{ templateKind: "DevMachineTemplate", image, path }] });

describe("machine images of a ReleaseCatalog, by hand", () => {
  let child: ChildProcess;
  let folder: string;
  let kubeconfig: string;
  let client: KubernetesClient;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "capi-gitops-images-"));
    const fleet = join(folder, "fleet");
    for (const [name, text] of Object.entries(quickStartFiles())) {
      const annotated = text.replace(
        "  template:\n    spec:\n      backend:",
        "  template:\n    metadata:\n      annotations: { example.com/image: ami-0 }\n    spec:\n      backend:",
      );
      expect(annotated !== text).toBe(name.startsWith("clusters/payments/"));
      mkdirSync(dirname(join(fleet, name)), { recursive: true });
      writeFileSync(join(fleet, name), annotated);
    }
    ({ child, kubeconfig } = await startSandboxProcess("--directory", join(folder, "made"), "--files", fleet, "--speed", "60"));
    client = createClient(await loadEndpoint({ clock: systemClock, kubeconfig }), { clock: systemClock });
    for (const [name, images] of Object.entries({ default: [], eu: [imageOf("v1.26.6", "ami-6")] })) {
      await client.create(releaseCatalogs, {
        apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
        kind: "ReleaseCatalog",
        metadata: { name },
        spec: { releases: [imageOf("v1.26.0", "ami-0"), ...images] },
      });
    }
  }, 90_000);
  afterAll(() => {
    client.close();
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  function run(command: string, ...args: readonly string[]) {
    const env = { ...process.env, KUBECONFIG: kubeconfig, NO_COLOR: "1" };
    const all = [cli, command, "payments", "-n", "payments", "--to", "v1.26.6", ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, all, { env, encoding: "utf8", timeout: 100_000 });
    return { code: status, out: stdout, err: stderr };
  }
  const repository = (): string => join(folder, "made/fleet.git");
  const git = (...args: readonly string[]): string => spawnSync("git", ["-C", repository(), ...args], { encoding: "utf8" }).stdout;

  it("the default catalog is followed without being named: an image that it does not have of the version is missing", () => {
    const plan = run("plan");
    expect(plan.code).toBe(3);
    expect(plan.out).toContain("MachineImageMissing: ReleaseCatalog default has no machine image of v1.26.6 for DevMachineTemplate");
    const upgrade = run("upgrade", "--repo", `file://${repository()}`);
    expect(upgrade.code, upgrade.out).toBe(3);
    expect(upgrade.err).toContain("MachineImageMissing");
    expect(git("log", "--format=%s", "main").trim().split("\n")).toHaveLength(1);
  });

  it("none is followed where nobody wants one", () => {
    const { code, out } = run("plan", "--no-catalog");
    expect(code).toBe(0);
    expect(out).toContain("KubeadmControlPlane payments/payments-cp: v1.26.0 → v1.26.6\n");
  });

  it("one that is named must be there", () => {
    for (const { code, out, err } of [run("plan", "--catalog", "us"), run("upgrade", "--no-git", "--catalog", "us")]) {
      expect(code).toBe(3);
      expect(out + err).toContain("CatalogMissing: ReleaseCatalog us cannot be read: there is none of that name.");
    }
  });

  it("one that is named is followed, in Git and to the proof", () => {
    expect(run("plan", "--catalog", "eu").out).toContain("with a copy of DevMachineTemplate payments-cp that names ami-6");
    const args = ["--catalog", "eu", "--repo", `file://${repository()}`, "--wait", "--hold", "1s"];
    const { code, out, err } = run("upgrade", ...args);
    expect(code, out + err).toBe(0);
    expect(out).toContain("v1.26.6: proven");
    for (const name of ["control-plane", "batch", "general"]) {
      // The old template, and the copy of it.
      expect(git("show", `main:clusters/payments/${name}.yaml`).match(/ami-\d/g)).toEqual(["ami-0", "ami-6"]);
    }
  });
});
