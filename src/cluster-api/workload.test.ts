import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../clock.ts";
import { startApiServer } from "./testing/api-server.ts";
import { fixtureNodes } from "./testing/fixtures.ts";
import type { RawObject } from "./views/fields.ts";
import { createWorkloadReader, type WorkloadReaderOptions } from "./workload.ts";
import { readKubeconfigSecret } from "./workload-kubeconfig.ts";

const cluster = { namespace: "plain", name: "plain" };
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const secret = (text: string): RawObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "plain-kubeconfig", namespace: "plain" },
  data: { value: Buffer.from(text).toString("base64") },
});
const workloadObject = (kind: string, name: string): RawObject => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name, namespace: "kube-system" },
  spec: { replicas: 2 },
  status: { observedGeneration: 1, availableReplicas: 2 },
});

async function scene(options: Partial<WorkloadReaderOptions> = {}) {
  const nodes = fixtureNodes("plain-settled").map((node) => ({ apiVersion: "v1", kind: "Node", ...node }));
  const workload = await startApiServer([...nodes, workloadObject("Deployment", "coredns")]);
  workload.fail(/\/(statefulsets|daemonsets)/, 500);
  const management = await startApiServer([secret(workload.kubeconfig)]);
  const reader = createWorkloadReader(management.client, cluster, { clock: systemClock, ...options });
  closers.push(
    () => reader.close(),
    () => workload.close(),
    () => management.close(),
  );
  return { workload, management, reader };
}

describe("createWorkloadReader", () => {
  it("reads nodes and workloads of a server without /version and without StatefulSets", async () => {
    const { reader } = await scene();
    const snapshot = await reader.read();
    expect(snapshot).toMatchObject({ state: "reachable", apiServerVersion: undefined });
    if (snapshot.state !== "reachable") return;
    expect(snapshot.nodes).toHaveLength(7);
    expect(snapshot.workloads).toEqual([
      { kind: "Deployment", namespace: "kube-system", name: "coredns", desired: 2, available: 2, observed: true },
    ]);
  });

  it("reads disruption budgets where they are asked for, but for those that nobody has counted", async () => {
    const { reader, workload } = await scene({ budgets: true });
    const made = (name: string, status?: object): RawObject => ({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name, namespace: "shop" },
      spec: { minAvailable: 3 },
      ...(status === undefined ? {} : { status }),
    });
    workload.put(made("web", { disruptionsAllowed: 0, expectedPods: 3, currentHealthy: 2, desiredHealthy: 3 }));
    workload.put(made("new"));
    expect(await reader.read()).toMatchObject({
      state: "reachable",
      budgets: [{ namespace: "shop", name: "web", allowed: 0, pods: 3, healthy: 2, neededHealthy: 3 }],
    });
    workload.fail(/poddisruptionbudgets/, 404);
    expect(await reader.read()).not.toHaveProperty("budgets");
  });

  it("asks for no disruption budgets else", async () => {
    const { reader, workload } = await scene();
    expect(await reader.read()).not.toHaveProperty("budgets");
    expect(workload.requests.filter((request) => request.includes("poddisruptionbudgets"))).toEqual([]);
  });

  it("does not look at workloads when not asked to", async () => {
    const { reader, workload } = await scene({ workloads: false });
    expect(await reader.read()).toMatchObject({ state: "reachable", workloads: undefined });
    expect(workload.requests.filter((request) => request.includes("/apps/"))).toEqual([]);
  });

  it.each([
    [/\/secrets\//, 404, "not-read", "Secret plain/plain-kubeconfig does not exist (yet)"],
    [/\/secrets\//, 403, "not-read", "you may not read Secret plain/plain-kubeconfig"],
    [/\/secrets\//, 500, "unreachable", "is in trouble"],
  ] as const)("management answers %s with %d: %s", async (path, status, state, words) => {
    const { reader, management } = await scene();
    management.fail(path, status);
    const snapshot = await reader.read();
    expect(snapshot.state).toBe(state);
    expect("message" in snapshot && snapshot.message).toContain(words);
  });

  it.each([
    [403, "not-read", "does not let its nodes be read"],
    [401, "not-read", "does not accept the credentials in its kubeconfig Secret"],
    [500, "unreachable", "is in trouble"],
    [0, "unreachable", "does not answer"],
  ] as const)("the workload cluster answers with %d: %s", async (status, state, words) => {
    const { reader, workload } = await scene();
    workload.fail(/\/nodes/, status);
    const snapshot = await reader.read();
    expect(snapshot.state).toBe(state);
    expect("message" in snapshot && snapshot.message).toContain(words);
  });

  it("gives up on a server that says nothing", async () => {
    const { reader, workload } = await scene({ timeoutMilliseconds: 300 });
    workload.fail(/\/nodes/, -1);
    const began = systemClock.now();
    expect(await reader.read()).toMatchObject({ state: "unreachable" });
    expect(systemClock.now() - began).toBeLessThan(3_000);
  });

  it("comes back by itself", async () => {
    const { reader, workload } = await scene();
    workload.fail(/\/nodes/, 0);
    expect((await reader.read()).state).toBe("unreachable");
    workload.heal();
    expect((await reader.read()).state).toBe("reachable");
  });

  it("follows a kubeconfig that is replaced", async () => {
    const { reader, management } = await scene({ kubeconfigMilliseconds: 0 });
    expect((await reader.read()).state).toBe("reachable");
    const other = await startApiServer([]);
    closers.push(() => other.close());
    management.put(secret(other.kubeconfig));
    expect(await reader.read()).toMatchObject({ state: "reachable", nodes: [] });
  });

  it("reads the kubeconfig once a minute, and anew as soon as it does not do any more", async () => {
    let time = 0;
    const { reader, management, workload } = await scene({ clock: { ...systemClock, now: () => time } });
    const secretsRead = (): number => management.requests.filter((request) => request.includes("/secrets/")).length;
    for (const at of [0, 30_000, 59_999]) {
      time = at;
      expect((await reader.read()).state).toBe("reachable");
    }
    expect(secretsRead()).toBe(1);
    time = 60_000;
    await reader.read();
    expect(secretsRead()).toBe(2);
    workload.fail(/\/nodes/, 401);
    expect(await reader.read()).toMatchObject({ state: "not-read", message: expect.stringContaining("does not accept") as string });
    const other = await startApiServer([]);
    closers.push(() => other.close());
    management.put(secret(other.kubeconfig));
    expect(await reader.read()).toMatchObject({ state: "reachable", nodes: [] });
    management.fail(/\/secrets\//, 404);
    other.fail(/\/nodes/, 401);
    expect(await reader.read()).toMatchObject({ state: "not-read", message: expect.stringContaining("does not exist (yet)") as string });
  });

  it("stops when it is told to", async () => {
    const { reader, workload } = await scene();
    workload.fail(/\/nodes/, -1);
    const stop = new AbortController();
    const reading = reader.read(stop.signal);
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(reading).rejects.toThrow("enough");
  });

  it("never shows what is in the Secret", async () => {
    for (const text of ["clusters: [secret-token", "secret-token", "{}"]) {
      const management = await startApiServer([secret(text)]);
      closers.push(() => management.close());
      const snapshot = await createWorkloadReader(management.client, cluster, { clock: systemClock }).read();
      expect(snapshot.state).not.toBe("reachable");
      expect(JSON.stringify(snapshot)).not.toContain("secret-token");
    }
  });
});

describe("readKubeconfigSecret", () => {
  const kubeconfig = (cluster: RawObject, user: RawObject) =>
    JSON.stringify({ clusters: [{ name: "a", cluster }], users: [{ name: "a", user }] });

  it.each([
    ["exec", kubeconfig({}, { exec: { command: "rm" } })],
    ["auth-provider", kubeconfig({}, { "auth-provider": {} })],
    ["tokenFile", kubeconfig({}, { tokenFile: "/etc/shadow" })],
    ["client-certificate", kubeconfig({}, { "client-certificate": "/x" })],
    ["client-key", kubeconfig({}, { "client-key": "/x" })],
    ["certificate-authority", kubeconfig({ "certificate-authority": "/x" }, {})],
  ])("refuses a kubeconfig that uses %s", (key, text) => {
    expect(readKubeconfigSecret(secret(text), "Secret a/b")).toEqual({
      trouble: `the kubeconfig in Secret a/b uses "${key}", which is not done with a kubeconfig out of a Secret`,
    });
  });

  it("takes one that holds all that it needs", () => {
    const text = kubeconfig(
      { server: "https://x", "certificate-authority-data": "x" },
      { "client-certificate-data": "x", "client-key-data": "x" },
    );
    expect(readKubeconfigSecret(secret(text), "Secret a/b")).toEqual({ text });
  });

  it.each([
    ["no value", { data: {} }, 'has no key "value"'],
    ["no data", {}, 'has no key "value"'],
    ["no mapping", secret("just text"), "holds no kubeconfig"],
    ["no YAML", secret("a: [b"), "holds no kubeconfig"],
  ])("says so of a Secret with %s", (_, given, words) => {
    expect(readKubeconfigSecret(given, "Secret a/b")).toEqual({ trouble: `Secret a/b ${words}` });
  });
});
