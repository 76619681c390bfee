import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient, type KubernetesClient } from "../kubernetes/client.ts";
import { endpointFromKubeconfig } from "../kubernetes/credentials.ts";
import { createDiscovery } from "../kubernetes/discovery.ts";
import type { KubernetesObject } from "../kubernetes/resource.ts";
import { scriptedServer, sendJson, statusObject, type ScriptedServer } from "../kubernetes/testing/scripted-server.ts";
import { testClock } from "../kubernetes/testing/test-clock.ts";
import type { UpgradeStep } from "../upgrade/upgrade-types.ts";
import type { ChangeWriter } from "./change-writer.ts";
import { createDirectWriter } from "./direct-writer.ts";

const capi = "cluster.x-k8s.io";
const infrastructure = "infrastructure.cluster.x-k8s.io";
const planes = "controlplane.cluster.x-k8s.io";
const object = { group: capi, kind: "Cluster", namespace: "demo", name: "c1" };
const upgradeTopology: UpgradeStep = {
  kind: "topology",
  object,
  from: "v1.34.0",
  to: "v1.35.2",
  controlPlaneThrough: ["v1.35.2"],
  workersThrough: ["v1.35.2"],
};
const upgradeControlPlane: UpgradeStep = {
  kind: "control-plane",
  object: { group: planes, kind: "KubeadmControlPlane", namespace: "demo", name: "c1-cp" },
  from: "v1.34.0",
  to: "v1.35.2",
  rotation: {
    template: { group: infrastructure, kind: "DevMachineTemplate", namespace: "demo", name: "c1-cp" },
    set: [{ path: ["spec", "template", "spec", "image"], value: "node:v1.34.0", to: "node:v1.35.2" }],
  },
};

const resources = (name: string, kind: string): object => ({ resources: [{ name, kind, namespaced: true }] });
const group = (name: string): object => ({ name, versions: [{ version: "v1beta2" }] });
const pages: Readonly<Record<string, object>> = {
  [`/apis/${capi}`]: group(capi),
  [`/apis/${capi}/v1beta2`]: resources("clusters", "Cluster"),
  [`/apis/${planes}`]: group(planes),
  [`/apis/${planes}/v1beta2`]: resources("kubeadmcontrolplanes", "KubeadmControlPlane"),
  [`/apis/${infrastructure}`]: group(infrastructure),
  [`/apis/${infrastructure}/v1beta2`]: resources("devmachinetemplates", "DevMachineTemplate"),
  [`/apis/${capi}/v1beta2/namespaces/demo/clusters/c1`]: {
    metadata: { name: "c1", namespace: "demo" },
    spec: { topology: { version: "v1.34.0" } },
  },
  [`/apis/${planes}/v1beta2/namespaces/demo/kubeadmcontrolplanes/c1-cp`]: {
    metadata: { name: "c1-cp", namespace: "demo" },
    spec: { version: "v1.34.0", machineTemplate: { spec: { infrastructureRef: { kind: "DevMachineTemplate", name: "c1-cp" } } } },
  },
  [`/apis/${infrastructure}/v1beta2/namespaces/demo/devmachinetemplates/c1-cp`]: {
    metadata: { name: "c1-cp", namespace: "demo" },
    spec: { template: { spec: { image: "node:v1.34.0" } } },
  },
};

let server: ScriptedServer;
let client: KubernetesClient;
let writer: ChangeWriter;
/** How a patch whose path matches is answered. */
let rejection: { readonly path: RegExp; readonly status: object } | undefined;

beforeEach(async () => {
  rejection = undefined;
  server = await scriptedServer((request, response) => {
    const path = new URL(request.url ?? "/", "https://x").pathname;
    if (request.method !== "PATCH") return sendJson(response, pages[path] ?? statusObject(404, "NotFound"), path in pages ? 200 : 404);
    if (rejection?.path.test(path) === true) return sendJson(response, rejection.status, (rejection.status as { code: number }).code);
    return sendJson(response, { metadata: { name: "x" } });
  });
  const clock = testClock();
  client = createClient(await endpointFromKubeconfig(server.kubeconfig(), clock), { clock });
  writer = createDirectWriter({ client, discovery: createDiscovery(client), clock, override: false });
});

afterEach(async () => {
  client.close();
  await server.close();
});

const patches = (): readonly string[] => server.requests.filter((line) => line.startsWith("PATCH"));

describe("what the API server does not want", () => {
  // Texts as real servers send them: Cluster API v1.14's webhook; the Kubernetes documentation of ValidatingAdmissionPolicy; kube-apiserver v1.36.
  it.each([
    [
      "a webhook",
      statusObject(
        422,
        "Invalid",
        'admission webhook "validation.cluster.cluster.x-k8s.io" denied the request: Cluster.cluster.x-k8s.io "c1" is invalid: spec.topology.version: Invalid value: "v1.34.0": version cannot be decreased from "1.35.0" to "1.34.0"',
      ),
      "ApplyRejected",
      'The change of Cluster demo/c1 was rejected by admission webhook "validation.cluster.cluster.x-k8s.io": Cluster.cluster.x-k8s.io "c1" is invalid: spec.topology.version: Invalid value: "v1.34.0": version cannot be decreased from "1.35.0" to "1.34.0"',
    ],
    [
      "a webhook that forbids",
      statusObject(403, "Forbidden", 'admission webhook "freeze.example.com" denied the request: no changes before Monday'),
      "ApplyRejected",
      'The change of Cluster demo/c1 was rejected by admission webhook "freeze.example.com": no changes before Monday',
    ],
    [
      "an admission policy",
      statusObject(
        422,
        "Invalid",
        "clusters.cluster.x-k8s.io \"c1\" is forbidden: ValidatingAdmissionPolicy 'demo-policy.example.com' with binding 'demo-binding-test.example.com' denied request: failed expression: object.spec.replicas <= 5",
      ),
      "ApplyRejected",
      "The change of Cluster demo/c1 was rejected by ValidatingAdmissionPolicy 'demo-policy.example.com' with binding 'demo-binding-test.example.com': failed expression: object.spec.replicas <= 5",
    ],
    [
      "RBAC",
      statusObject(403, "Forbidden", 'clusters.cluster.x-k8s.io "c1" is forbidden: User "jo" cannot patch resource "clusters"'),
      "NotAllowed",
      'User "jo" cannot patch resource "clusters"',
    ],
    [
      "the schema",
      statusObject(422, "Invalid", 'Cluster.cluster.x-k8s.io "c1" is invalid: spec.topology.version: Too long'),
      "RefusedByServer",
      "spec.topology.version: Too long",
    ],
  ])("%s: nothing is written, and its words are told", async (_, status, reason, words) => {
    rejection = { path: /clusters/, status };
    const outcome = await writer.write(upgradeTopology);
    expect(outcome).toMatchObject({ kind: "refused", refusal: { reason } });
    expect(outcome.kind === "refused" ? outcome.refusal.message : "").toContain(words);
    expect(await writer.preview(upgradeTopology)).toMatchObject({ kind: "refused", refusal: { reason } });
  });

  it("a step that is rejected leaves no template behind", async () => {
    rejection = {
      path: /kubeadmcontrolplanes/,
      status: statusObject(422, "Invalid", 'admission webhook "v" denied the request: cannot update Kubernetes version'),
    };
    expect(await writer.write(upgradeControlPlane)).toMatchObject({ kind: "refused", refusal: { reason: "ApplyRejected" } });
    expect(patches().filter((line) => !line.includes("dryRun=All"))).toEqual([]);
  });

  it("what passes is written once, the template before what refers to it", async () => {
    expect(await writer.write(upgradeControlPlane)).toMatchObject({ kind: "written" });
    const real = patches().filter((line) => !line.includes("dryRun=All"));
    expect(real.map((line) => line.replace(/\?.*/, ""))).toEqual([
      expect.stringMatching(/devmachinetemplates\/c1-cp-[0-9a-f]{8}$/),
      expect.stringMatching(/kubeadmcontrolplanes\/c1-cp$/),
    ]);
  });

  it("trouble that passes is no refusal", async () => {
    rejection = { path: /clusters/, status: statusObject(500, "InternalError", "kaputt") };
    await expect(writer.write(upgradeTopology)).rejects.toMatchObject({ status: 500 });
  });
});

describe("what an object declares", () => {
  const versionOf = async (from: ChangeWriter, notBefore = 0): Promise<string | undefined> => {
    const answer = await from.declaration(object, { notBefore });
    return answer.kind === "declared" ? answer.declaration.version : undefined;
  };

  it("is what the watch has, unless it must be newer, was just written, or the watch has nothing", async () => {
    const clock = testClock();
    let watched: KubernetesObject | undefined = { metadata: { name: "c1" }, spec: { topology: { version: "v1.33.0" } } };
    const own = createDirectWriter({ client, discovery: createDiscovery(client), clock, override: false, known: () => watched });
    expect(await versionOf(own)).toBe("v1.33.0");
    expect(server.requests).toEqual([]);
    expect(await versionOf(own, clock.now())).toBe("v1.34.0");
    await own.write(upgradeTopology);
    clock.advance(9_999);
    expect(await versionOf(own)).toBe("v1.34.0");
    clock.advance(1);
    expect(await versionOf(own)).toBe("v1.33.0");
    watched = undefined;
    expect(await versionOf(own)).toBe("v1.34.0");
  });
});
