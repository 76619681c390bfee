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

/** A Cluster whose machine image is a variable of its class. */
const withVariables = (resourceVersion: string): object => ({
  metadata: { name: "c1", namespace: "demo", resourceVersion },
  spec: {
    paused: false,
    topology: {
      classRef: { name: "quick-start" },
      version: "v1.34.0",
      variables: [
        { name: "size", value: "m5" },
        { name: "vm", value: { image: "ami-1", cpus: 4 } },
      ],
      controlPlane: { replicas: 3 },
      workers: {
        machineDeployments: [
          { class: "w", name: "md-0", replicas: 2 },
          { class: "w", name: "md-1", variables: { overrides: [{ name: "vm", value: { image: "ami-1", cpus: 8 } }] } },
        ],
      },
    },
  },
});
const upgradeWithImage: UpgradeStep = {
  ...upgradeTopology,
  variables: [
    { variable: "vm", of: { kind: "cluster" }, path: ["image"], value: "ami-1", to: "ami-2" },
    { variable: "vm", of: { kind: "MachineDeployment", name: "md-1", className: "w" }, path: ["image"], value: "ami-1", to: "ami-2" },
  ],
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

describe("a topology whose machine image is a variable of its class", () => {
  const path = `/apis/${capi}/v1beta2/namespaces/demo/clusters/c1`;
  let patched: { readonly type: string | undefined; readonly body: unknown }[];
  /** How many patches come too late: somebody changes the object before each of them. */
  let late: number;
  let own: ScriptedServer;
  let ownClient: KubernetesClient;
  let ownWriter: ChangeWriter;

  beforeEach(async () => {
    [patched, late] = [[], 0];
    own = await scriptedServer((request, response, text) => {
      const at = new URL(request.url ?? "/", "https://x").pathname;
      if (request.method !== "PATCH")
        return sendJson(response, at === path ? withVariables(String(7 + patched.length)) : (pages[at] ?? statusObject(404, "NotFound")));
      patched.push({ type: request.headers["content-type"], body: JSON.parse(text) as unknown });
      if (patched.length > late) return sendJson(response, { metadata: { name: "c1" } });
      return sendJson(
        response,
        statusObject(409, "Conflict", "the object has been modified; please apply your changes to the latest version"),
        409,
      );
    });
    const clock = testClock();
    ownClient = createClient(await endpointFromKubeconfig(own.kubeconfig(), clock), { clock });
    ownWriter = createDirectWriter({ client: ownClient, discovery: createDiscovery(ownClient), clock, override: false });
  });
  afterEach(async () => {
    ownClient.close();
    await own.close();
  });

  /** An apply would hand the whole of each list entry to us, and the next apply without them take them away. */
  it("changes both in one merge, with the lists as they are but for that, and only on what was looked at", async () => {
    expect(await ownWriter.write(upgradeWithImage)).toMatchObject({
      kind: "written",
      changes: [
        { place: "Cluster demo/c1 spec.topology.version", before: "v1.34.0", after: "v1.35.2" },
        { place: "Cluster demo/c1 spec.topology.variables.1.value.image", before: "ami-1", after: "ami-2" },
        {
          place: "Cluster demo/c1 spec.topology.workers.machineDeployments.1.variables.overrides.0.value.image",
          before: "ami-1",
          after: "ami-2",
        },
      ],
    });
    const body = {
      metadata: { resourceVersion: "7" },
      spec: {
        topology: {
          version: "v1.35.2",
          variables: [
            { name: "size", value: "m5" },
            { name: "vm", value: { image: "ami-2", cpus: 4 } },
          ],
          workers: {
            machineDeployments: [
              { class: "w", name: "md-0", replicas: 2 },
              { class: "w", name: "md-1", variables: { overrides: [{ name: "vm", value: { image: "ami-2", cpus: 8 } }] } },
            ],
          },
        },
      },
    };
    expect(patched).toEqual([{ type: "application/merge-patch+json", body }]);
  });

  it("looks again where somebody was faster, and gives up in the end", async () => {
    late = 5;
    expect(await ownWriter.write(upgradeWithImage)).toMatchObject({ kind: "written" });
    expect(patched.map(({ body }) => body)).toMatchObject(
      ["7", "8", "9", "10", "11", "12"].map((resourceVersion) => ({ metadata: { resourceVersion } })),
    );
    late = 100;
    await expect(ownWriter.write(upgradeWithImage)).rejects.toMatchObject({ status: 409 });
  });

  it("is shown without being done", async () => {
    expect(await ownWriter.preview(upgradeWithImage)).toMatchObject({
      kind: "preview",
      changes: [{ after: "v1.35.2" }, { after: "ami-2" }, { after: "ami-2" }],
    });
    expect(own.requests.filter((line) => line.startsWith("PATCH")).every((line) => line.includes("dryRun=All"))).toBe(true);
  });

  it("is refused where the cluster has no such variable any more", async () => {
    const gone: UpgradeStep = {
      ...upgradeTopology,
      variables: [{ variable: "osImage", of: { kind: "cluster" }, path: [], value: "a", to: "b" }],
    };
    expect(await ownWriter.write(gone)).toMatchObject({ kind: "refused", refusal: { reason: "ManifestFieldMissing" } });
    expect(patched).toEqual([]);
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
