import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { quickStartFiles } from "../../src/sandbox/worlds/quick-start.ts";
import { ensureBinaries, type Binaries } from "../stack/build.ts";
import { patience } from "./support/patience.ts";

interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const manifests = `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: walk }
data: { colour: blue }
---
apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: { name: paused, namespace: walk, labels: { team: platform } }
spec:
  paused: true
  controlPlaneRef: { apiGroup: controlplane.cluster.x-k8s.io, kind: KubeadmControlPlane, name: paused }
  infrastructureRef: { apiGroup: infrastructure.cluster.x-k8s.io, kind: DockerCluster, name: paused }
`;

/** The real kubectl and clusterctl on a sandbox, unmodified. The steps build on each other. */
describe.sequential("kubectl on the sandbox", () => {
  let sandbox: Sandbox;
  let binaries: Binaries;
  let cache: string;
  beforeAll(async () => {
    binaries = await ensureBinaries((line) => console.log(line));
    cache = await mkdtemp(join(tmpdir(), "sandbox-kubectl-"));
    sandbox = await startSandbox({ files: quickStartFiles() });
  });
  afterAll(async () => {
    await sandbox.close();
    await rm(cache, { recursive: true, force: true });
  });

  function start(name: string, args: readonly string[]): ChildProcessWithoutNullStreams {
    const env = {
      ...process.env,
      HOME: cache,
      KUBECONFIG: sandbox.kubeconfig,
      KUBECACHEDIR: join(cache, "kube"),
      CLUSTERCTL_DISABLE_VERSIONCHECK: "true",
    };
    return spawn(binaries.path(name), args, { env });
  }

  function program(name: string, args: readonly string[], input = ""): Promise<Finished> {
    return new Promise((resolve, reject) => {
      const child = start(name, args);
      let [out, err] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => (err += chunk));
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, out, err }));
      child.stdin.end(input);
    });
  }

  const kubectl = (...args: readonly string[]): Promise<Finished> => program("kubectl", args);
  async function ok(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await kubectl(...args);
    expect({ args, code, err }).toEqual({ args, code: 0, err: expect.any(String) as string });
    return out;
  }
  const apply = (...args: readonly string[]): Promise<Finished> => program("kubectl", ["apply", ...args, "-f", "-"], manifests);
  // oxlint-disable-next-line typescript/no-explicit-any -- JSON of any object
  const json = async (...args: readonly string[]): Promise<any> => JSON.parse(await ok("get", ...args, "-o", "json"));

  it("finds out what there is", async () => {
    expect(await ok("version")).toContain("Server Version: v1.");
    expect(await ok("api-resources")).toMatch(/machinedeployments\s+md\s+cluster\.x-k8s\.io\/v1beta2\s+true\s+MachineDeployment/);
    expect(await ok("api-versions")).toContain("cluster.x-k8s.io/v1beta1");
    expect(await ok("explain", "machinedeployment.spec.replicas")).toMatch(/FIELD: replicas <integer>/);
    expect(await ok("explain", "deployment.spec.template")).toContain("KIND:       Deployment");
    expect(await ok("auth", "whoami")).toContain("sandbox-admin");
    expect(await ok("auth", "can-i", "delete", "clusters")).toBe("yes\n");
    expect(await ok("get", "--raw", "/readyz")).toBe("ok");
  });

  it("creates in protobuf", async () => {
    expect(await ok("create", "namespace", "walk")).toBe("namespace/walk created\n");
    expect(await ok("get", "namespace", "walk")).toMatch(/^NAME\s+STATUS\s+AGE\nwalk\s+Active\s+\d+s\n$/);
    await ok("-n", "walk", "create", "secret", "generic", "password", "--from-literal=key=value");
    expect((await json("-n", "walk", "secret", "password")).data).toEqual({ key: "dmFsdWU=" });
    await ok("-n", "walk", "delete", "secret", "password");
  });

  it("applies on either side", async () => {
    expect(await apply()).toMatchObject({ code: 0, out: "configmap/settings created\ncluster.cluster.x-k8s.io/paused created\n" });
    expect(await apply()).toMatchObject({ code: 0, out: "configmap/settings unchanged\ncluster.cluster.x-k8s.io/paused unchanged\n" });
    expect(await apply("--server-side", "--force-conflicts", "--field-manager=walker")).toMatchObject({ code: 0 });
    const { metadata } = await json("-n", "walk", "configmap", "settings", "--show-managed-fields");
    expect(metadata.managedFields.map(({ manager, operation }: Record<string, string>) => `${manager} ${operation}`)).toContain(
      "walker Apply",
    );
    await ok("-n", "walk", "patch", "configmap", "settings", "--field-manager=other", "--type=merge", "-p", '{"data":{"colour":"red"}}');
    const refused = await apply("--server-side", "--field-manager=walker");
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('Apply failed with 1 conflict: conflict with "other" using v1: .data.colour');
    expect((await program("kubectl", ["diff", "-f", "-"], manifests)).out).toMatch(/-\s+colour: red\n\+\s+colour: blue/);
  });

  it("tells of fields that there are not", async () => {
    const wrong = manifests.replace("paused: true", "pausd: true");
    const { code, err } = await program("kubectl", ["apply", "-f", "-"], wrong);
    expect(code).toBe(1);
    expect(err).toContain('strict decoding error: unknown field "spec.pausd"');
    const warned = await program("kubectl", ["apply", "--validate=warn", "--dry-run=server", "-f", "-"], wrong);
    expect(warned).toMatchObject({ code: 0, err: expect.stringContaining('Warning: unknown field "spec.pausd"') as string });
  });

  it("patches in three ways", async () => {
    const settings = ["-n", "walk", "patch", "configmap", "settings"];
    await ok(...settings, "--type=merge", "-p", '{"data":{"a":"1"}}');
    await ok(...settings, "--type=json", "-p", '[{"op":"add","path":"/data/b","value":"2"}]');
    await ok(...settings, "--type=strategic", "-p", '{"data":{"c":"3"}}');
    expect((await json("-n", "walk", "configmap", "settings")).data).toMatchObject({ a: "1", b: "2", c: "3" });
    const strategic = await kubectl("-n", "walk", "patch", "cluster", "paused", "--type=strategic", "-p", "{}");
    expect(strategic).toMatchObject({
      code: 1,
      err: expect.stringContaining("application/strategic-merge-patch+json is not supported") as string,
    });
    await ok("-n", "walk", "label", "configmap", "settings", "size=big");
    expect(await ok("get", "configmaps", "-A", "-l", "size in (big,huge)", "-o", "name")).toBe("configmap/settings\n");
    expect(await ok("get", "configmaps", "-A", "--field-selector=metadata.name=settings", "-o", "name")).toBe("configmap/settings\n");
  });

  it("describes", async () => {
    expect(await ok("-n", "walk", "describe", "cluster", "paused")).toMatch(
      /^Name:\s+paused\nNamespace:\s+walk\nLabels:\s+team=platform\n/,
    );
    expect(await ok("-n", "walk", "describe", "configmap", "settings")).toContain("colour:\n----\nblue\n");
    expect(await ok("describe", "namespace", "walk")).toMatch(/Status:\s+Active/);
  });

  it("shows both versions of the contract", async () => {
    const { spec } = await json("-n", "walk", "clusters.v1beta1.cluster.x-k8s.io", "paused");
    expect(spec.infrastructureRef).toMatchObject({ apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2", namespace: "walk" });
    expect((await json("-n", "walk", "cluster", "paused")).spec.infrastructureRef).toMatchObject({
      apiGroup: "infrastructure.cluster.x-k8s.io",
    });
  });

  it("waits and watches", async () => {
    const watching = start("kubectl", ["-n", "walk", "get", "configmaps", "-w", "--output-watch-events", "-v=6"]);
    const lines = createInterface(watching.stdout)[Symbol.asyncIterator]();
    const nextEvent = async (): Promise<string> =>
      String((await lines.next()).value)
        .split(/\s+/)
        .slice(0, 2)
        .join(" ");
    // It lists first, and says on its standard error when it watches.
    for await (const line of createInterface(watching.stderr)) if (/watch=true.*200 OK/.test(line)) break;
    watching.stderr.resume();
    const waiting = kubectl("-n", "walk", "wait", "configmap/settings", "--for=jsonpath={.data.colour}=green", patience);
    await ok("-n", "walk", "patch", "configmap", "settings", "--type=merge", "-p", '{"data":{"colour":"green"}}');
    expect(await waiting).toMatchObject({ code: 0, out: "configmap/settings condition met\n" });
    await ok("-n", "walk", "create", "configmap", "last");
    const events = [await nextEvent(), await nextEvent(), await nextEvent(), await nextEvent()];
    watching.kill("SIGKILL");
    expect(events).toEqual(["EVENT NAME", "ADDED settings", "MODIFIED settings", "ADDED last"]);
    await ok("-n", "walk", "delete", "configmap", "last");
  });

  it("scales", async () => {
    const pools = ["-n", "payments", "machinedeployment"];
    const [{ metadata }] = (await json(...pools)).items;
    expect(await ok("-n", "payments", "scale", "machinedeployment", metadata.name, "--replicas=3")).toBe(
      `machinedeployment.cluster.x-k8s.io/${metadata.name} scaled\n`,
    );
    expect((await json(...pools, metadata.name)).spec.replicas).toBe(3);
  });

  it("deletes, with all that is in a namespace", async () => {
    expect(await ok("-n", "walk", "delete", "configmap", "settings")).toMatch(/^configmap "settings" deleted/);
    expect(await kubectl("-n", "walk", "get", "configmap", "settings")).toMatchObject({
      code: 1,
      err: 'Error from server (NotFound): configmaps "settings" not found\n',
    });
    await ok("-n", "walk", "create", "configmap", "left");
    // What is paused is not taken down.
    await ok("-n", "walk", "patch", "cluster", "paused", "--type=merge", "-p", '{"spec":{"paused":false}}');
    await ok("delete", "cluster", "-n", "walk", "--all", patience);
    await ok("delete", "namespace", "walk", patience);
    expect(await kubectl("get", "namespace", "walk")).toMatchObject({ code: 1 });
    expect(await ok("get", "configmaps", "-A", "-o", "name")).not.toContain("left");
  });

  it("reaches the workload clusters by their own kubeconfigs", async () => {
    const { data } = await json("-n", "payments", "secret", "payments-kubeconfig");
    const file = join(cache, "payments.kubeconfig");
    await writeFile(file, Buffer.from(data.value, "base64"));
    const nodes = await ok("--kubeconfig", file, "get", "nodes");
    expect(nodes.split("\n")[0]).toMatch(/^NAME\s+STATUS\s+ROLES\s+AGE\s+VERSION$/);
    expect(nodes).toMatch(/Ready\s+control-plane\s+\S+\s+v1\.26\.0/);
  });

  it("satisfies clusterctl describe", async () => {
    const { code, out, err } = await program("clusterctl", [
      "describe",
      "cluster",
      "payments",
      "-n",
      "payments",
      "--show-conditions=Cluster",
    ]);
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(out).toMatch(/^Cluster payments\/payments +8\/8 /m);
    expect(out).toMatch(/KubeadmControlPlane payments\/payments-cp, v1\.26\.0 +3\/3 /);
  });
});
