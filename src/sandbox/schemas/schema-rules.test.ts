import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ApiStatusError } from "../api/api-status-error.ts";
import { groupOf, typeKey, type ResourceType, type Schema } from "../api/resource-type.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { clusterApiTypes } from "./custom-types.ts";
import { pruneUnknown } from "./prune-unknown.ts";
import { refuseBrokenSchema, schemaFields, schemaRules } from "./schema-rules.ts";
import { validateSchema } from "./validate-schema.ts";

const folder = new URL("../../../test/fixtures/cluster-api/v1.14/", import.meta.url);
const recorded = readdirSync(folder)
  .filter((file) => /\.v1beta[12]\.json$/.test(file))
  .flatMap((file) =>
    (JSON.parse(readFileSync(new URL(file, folder), "utf8")) as { items: StoredObject[] }).items.map((object) => ({
      title: `${file} ${object.kind} ${object.metadata.name}`,
      object,
    })),
  );

function typeOf({ apiVersion, kind }: StoredObject): ResourceType {
  const key = typeKey(groupOf(apiVersion), kind);
  const found = clusterApiTypes().find((type) => type.key === key);
  if (found === undefined) throw new Error(`no type ${key}`);
  return found;
}

function messageOf(write: () => unknown): string {
  try {
    return JSON.stringify(write());
  } catch (error) {
    if (error instanceof ApiStatusError) return error.message;
    throw error;
  }
}

const stored = recorded.filter(({ object }) => object.apiVersion.endsWith("/v1beta2"));
const machine = stored.find(({ object }) => object.kind === "Machine")!.object;

describe("what a real server stored", () => {
  it("covers both versions", () => expect([stored.length, recorded.length]).toEqual([67, 134]));

  it.each(recorded)("breaks nothing, and loses nothing: $title", ({ object }) => {
    const version = object.apiVersion.slice(object.apiVersion.indexOf("/") + 1);
    const { schema = {} } = typeOf(object).versions.find(({ name }) => name === version)!;
    expect(validateSchema(schema, object)).toEqual([]);
    expect(pruneUnknown(schema, object)).toEqual({ object, pruned: [] });
  });

  it.each(stored)("goes through the rules as it is: $title", ({ object }) => {
    expect(schemaRules(typeOf(object), object, undefined)).toBe(object);
  });
});

const v1beta2 = (group: string, kind: string, spec: object): StoredObject => ({
  apiVersion: `${group === "" ? "" : `${group}.`}cluster.x-k8s.io/v1beta2`,
  kind,
  spec,
  metadata: { name: "c", namespace: "n", uid: "u" },
});

const twice = [{ selector: { matchLabels: { a: "b" } } }, { selector: { matchLabels: { a: "b" } } }];
const notChecked =
  "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

describe("what the real one refused (kubectl create --dry-run=server)", () => {
  it.each([
    {
      object: v1beta2("", "Cluster", {
        topology: {
          classRef: { name: "q" },
          version: "v1.34.0",
          workers: {
            machineDeployments: [
              { class: "a", name: "x" },
              { class: "b", name: "x" },
            ],
          },
        },
      }),
      refusal: 'Cluster.cluster.x-k8s.io "c" is invalid: spec.topology.workers.machineDeployments[1]: Duplicate value: {"name":"x"}',
    },
    {
      object: v1beta2("", "MachineDrainRule", { drain: { behavior: "Sometimes" }, machines: twice }),
      refusal: `MachineDrainRule.cluster.x-k8s.io "c" is invalid: [spec.drain.behavior: Unsupported value: "Sometimes": supported values: "Drain", "Skip", "WaitCompleted", ${notChecked}]`,
    },
    {
      object: v1beta2("", "MachineDrainRule", { drain: { behavior: "Skip" }, machines: twice }),
      refusal: 'MachineDrainRule.cluster.x-k8s.io "c" is invalid: spec.machines: Invalid value: entries in machines must be unique',
    },
    {
      object: v1beta2("", "MachineHealthCheck", {
        clusterName: "c",
        selector: { matchLabels: { a: "b" } },
        checks: { unhealthyMachineConditions: [{ type: "Ready", status: "False", timeoutSeconds: 5 }] },
      }),
      refusal:
        'MachineHealthCheck.cluster.x-k8s.io "c" is invalid: spec.checks.unhealthyMachineConditions[0].type: Invalid value: "Ready": type must not be one of: Ready, Available, HealthCheckSucceeded, OwnerRemediated, ExternallyRemediated',
    },
    {
      object: v1beta2("bootstrap", "KubeadmConfig", {
        clusterConfiguration: {
          apiServer: {
            extraArgs: [
              { name: "a", value: "1" },
              { name: "a", value: "2" },
            ],
          },
        },
      }),
      refusal:
        'KubeadmConfig.bootstrap.cluster.x-k8s.io "c" is invalid: spec.clusterConfiguration.apiServer.extraArgs: Invalid value: extraArgs name must be unique',
    },
    {
      object: v1beta2("controlplane", "KubeadmControlPlane", {
        replicas: -1,
        version: "v1.34.0",
        machineTemplate: {
          spec: { infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "DevMachineTemplate", name: "x" } },
        },
        kubeadmConfigSpec: {},
      }),
      refusal:
        'KubeadmControlPlane.controlplane.cluster.x-k8s.io "c" is invalid: [spec.kubeadmConfigSpec: Invalid value: 0: spec.kubeadmConfigSpec in body should have at least 1 properties, .spec.replicas: Invalid value: -1: should be a non-negative integer]',
    },
    {
      object: v1beta2("", "MachineDeployment", {
        clusterName: "c",
        replicas: 1,
        selector: { matchLabels: { a: "b" } },
        template: { metadata: { labels: { a: "b" } }, spec: { clusterName: "c", version: "v1.34.0", bootstrap: { dataSecretName: "x" } } },
      }),
      refusal: 'MachineDeployment.cluster.x-k8s.io "c" is invalid: spec.template.spec.infrastructureRef: Required value',
    },
  ])("$refusal", ({ object, refusal }) => expect(messageOf(() => schemaRules(typeOf(object), object, undefined))).toBe(refusal));
});

describe("rules of schemas", () => {
  it("prune and fill in before webhooks, and check after them", () => {
    const given = v1beta2("", "Cluster", { paused: "yes", nonsense: { a: 1 } });
    const type = typeOf(given);
    const read = schemaFields(type, given, undefined);
    expect(read).toEqual({ ...given, spec: { paused: "yes" } });
    expect(messageOf(() => refuseBrokenSchema(type, read, undefined))).toContain("spec.paused in body must be of type boolean");
  });

  it("keep what did not change the very value that it was", () => {
    const spec = { ...(machine["spec"] as object), nonsense: 1 };
    const result = schemaRules(typeOf(machine), { ...machine, spec }, machine);
    expect(result).toEqual(machine);
    expect(result["status"]).toBe(machine["status"]);
    expect(Object.entries(result["spec"] as object)).toSatisfy((entries: [string, unknown][]) =>
      entries.every(([name, value]) => value === (machine["spec"] as Record<string, unknown>)[name]),
    );
  });

  it("look only at what is new: what was stored under other rules stays", () => {
    const before = { ...machine, spec: { ...(machine["spec"] as object), version: 5, nonsense: 1 } };
    const after = { ...before, metadata: { ...before.metadata, labels: { a: "b" } } };
    expect(schemaRules(typeOf(machine), after, before)).toBe(after);
    const bootstrap = { ...(machine["spec"] as { bootstrap: object }).bootstrap, nonsense: 1 };
    const odd = { ...machine, spec: { ...(machine["spec"] as object), bootstrap } };
    const scaled = { ...odd, spec: { ...odd.spec, providerID: "other" } };
    expect(schemaRules(typeOf(machine), scaled, odd)).toBe(scaled);
    const withStatus = { ...before, status: { phase: "Running" } };
    expect(schemaRules(typeOf(machine), withStatus, before)).toBe(withStatus);
    expect(messageOf(() => schemaRules(typeOf(machine), { ...before, status: { phase: "Dancing" } }, before))).toMatch(
      /^Machine\.cluster\.x-k8s\.io "[^"]+" is invalid: status\.phase: Unsupported value: "Dancing": supported values: "Pending", /,
    );
  });

  it("share what is alike", () => {
    const schemaOf = (kind: string): Schema => clusterApiTypes().find((type) => type.kind === kind)!.versions[0]!.schema!;
    const machineSpec = (kind: string): unknown =>
      ["spec", "template", "spec"].reduce<Schema>((at, name) => (at["properties"] as Record<string, Schema>)[name]!, schemaOf(kind));
    expect(machineSpec("MachineSet")).toBe(machineSpec("MachineDeployment"));
    expect(schemaOf("Machine")).toBe(schemaOf("Machine"));
  });

  it("know all kinds and versions of Cluster API, the stored one first", () => {
    expect(clusterApiTypes()).toHaveLength(22);
    for (const { kind, versions, storageVersion } of clusterApiTypes()) {
      expect([kind, ...versions.map(({ name }) => name)]).toEqual([kind, "v1beta2", "v1beta1"]);
      expect(storageVersion).toBe("v1beta2");
      expect(versions.every(({ served, schema }) => served && schema !== undefined)).toBe(true);
    }
    const scaled = clusterApiTypes().filter(({ scale }) => scale !== undefined);
    expect(scaled.map(({ kind }) => kind).sort()).toEqual(["KubeadmControlPlane", "MachineDeployment", "MachinePool", "MachineSet"]);
  });
});
