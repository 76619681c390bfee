import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ApiStatusError } from "../api/api-status-error.ts";
import { groupOf, typeKey, type ResourceType } from "../api/resource-type.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { builtInTypes, workloadTypes } from "./built-in-types.ts";
import { clusterApiTypes } from "./cluster-api-types.ts";
import { schemaRules } from "./schema-rules.ts";

const folder = new URL("../../../test/fixtures/cluster-api/v1.14/", import.meta.url);
const recorded = readdirSync(folder)
  .filter((file) => file.endsWith(".v1beta2.json"))
  .flatMap((file) =>
    (JSON.parse(readFileSync(new URL(file, folder), "utf8")) as { items: StoredObject[] }).items.map((object) => ({
      title: `${file} ${object.kind}/${object.metadata.name}`,
      object,
    })),
  );

function typeOf(kind: string, group: string): ResourceType {
  const found = [...clusterApiTypes(), ...builtInTypes()].find(({ key }) => key === typeKey(group, kind));
  if (found === undefined) throw new Error(`no type ${kind}.${group}`);
  return found;
}

describe("schemas of Cluster API", () => {
  it.each(recorded)("leave what the real server accepted as it is: $title", ({ object }) => {
    expect(schemaRules(typeOf(object.kind, groupOf(object.apiVersion)), object, undefined)).toBe(object);
  });

  const cluster = typeOf("Cluster", "cluster.x-k8s.io");
  const object = (spec: object, more: object = {}): StoredObject => ({
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Cluster",
    metadata: { name: "c", namespace: "n", uid: "u" },
    spec: spec as Record<string, unknown>,
    ...more,
  });

  it("prune what nobody knows, and nothing else", () => {
    const pruned = schemaRules(
      cluster,
      object({ paused: true, nonsense: { a: 1 }, topology: { classRef: { name: "q", nonsense: 1 }, version: "v1.34.0" } }, { nonsense: 1 }),
      undefined,
    );
    expect(pruned["spec"]).toEqual({ paused: true, topology: { classRef: { name: "q" }, version: "v1.34.0" } });
    expect(pruned).not.toHaveProperty("nonsense");
  });

  it.each([
    [
      { topology: { classRef: { name: "q" }, version: "" } },
      'spec.topology.version: Invalid value: "": spec.topology.version in body should be at least 1 chars long',
    ],
    [{ topology: { version: "v1.34.0" } }, "spec.topology.classRef: Required value"],
    [{ paused: "yes" }, 'spec.paused: Invalid value: "yes": spec.paused in body must be of type boolean: "string"'],
    [
      {
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
      },
      'spec.topology.workers.machineDeployments[1]: Duplicate value: {"name":"x"}',
    ],
  ])("refuse what breaks them: %j", (spec, message) => {
    const refused = ((): unknown => {
      try {
        return schemaRules(cluster, object(spec), undefined);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(ApiStatusError);
    expect(refused).toMatchObject({ code: 422, reason: "Invalid", message: `Cluster.cluster.x-k8s.io "c" is invalid: ${message}` });
  });

  it("look only at what is new", () => {
    const before = object({ paused: "odd, but there before" });
    expect(schemaRules(cluster, { ...before, status: { phase: "Provisioned" } }, before)).toMatchObject({
      spec: { paused: "odd, but there before" },
    });
  });
});

describe("kinds of Kubernetes", () => {
  it("keep all their fields", () => {
    const secret: StoredObject = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", uid: "u" },
      type: "Opaque",
      data: { a: "b" },
      immutable: true,
    };
    expect(schemaRules(typeOf("Secret", ""), secret, undefined)).toBe(secret);
  });

  it("are each there once, with names as kubectl knows them", () => {
    for (const types of [builtInTypes(), workloadTypes()]) expect(new Set(types.map(({ key }) => key)).size).toBe(types.length);
    expect(builtInTypes().map(({ plural, shortNames }) => [plural, ...shortNames].join(","))).toEqual(
      expect.arrayContaining([
        "namespaces,ns",
        "configmaps,cm",
        "poddisruptionbudgets,pdb",
        "customresourcedefinitions,crd,crds",
        "services,svc",
      ]),
    );
  });
});
