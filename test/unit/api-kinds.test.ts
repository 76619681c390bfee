import { describe, expect, it } from "vitest";
import { ApiStatusError } from "../../src/sandbox/api/api-status-error.ts";
import { ownTypes } from "../../src/sandbox/schemas/custom-types.ts";
import { schemaRules } from "../../src/sandbox/schemas/schema-rules.ts";
import type { StoredObject } from "../../src/sandbox/store/stored-object.ts";
import { goodSpecs, refusedObjects } from "../api/refused-objects.ts";

function objectOf(kind: string, spec: object): StoredObject {
  return { apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1", kind, metadata: { name: "x", namespace: "demo", uid: "u" }, spec };
}

function admitted(kind: string, spec: object, before?: object): StoredObject {
  const type = ownTypes().find((each) => each.kind === kind)!;
  const previous = before && schemaRules(type, objectOf(kind, before), undefined);
  return schemaRules(type, objectOf(kind, spec), previous);
}

describe("the sandbox refuses as a real API server does", () => {
  it.each(refusedObjects)("$title", ({ kind, spec, before, message }) => {
    let refusal: unknown;
    try {
      admitted(kind, spec, before);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(ApiStatusError);
    expect((refusal as ApiStatusError).message).toBe(`${kind}.upgrades.clusterapi-gitops.io "x" is invalid: ${message}`);
  });
});

describe("the sandbox fills in defaults", () => {
  it.each([
    [
      "UpgradePolicy",
      {
        approval: "None",
        clusters: {},
        git: { autoMerge: false, mode: "Push", signOff: false, useEngineCredentials: false },
        priority: 0,
        proof: { hold: "60s", stall: "30m" },
        retireOldTemplates: false,
        schedule: { atWindowEnd: "FinishPool", minimumInterval: "0s", timeZone: "UTC" },
        suspend: false,
        target: { catalogRef: { name: "default" }, channel: "Stable" },
      },
    ],
    [
      "ClusterUpgrade",
      {
        approval: "None",
        cancelled: false,
        clusterName: "demo",
        git: { autoMerge: false, mode: "Push", signOff: false, useEngineCredentials: false },
        paused: false,
        proof: { hold: "60s", stall: "30m" },
        retireOldTemplates: false,
        retry: 0,
        schedule: { atWindowEnd: "FinishPool", timeZone: "UTC" },
        skipSoak: false,
        targetVersion: "v1.35.2",
      },
    ],
    ["ReleaseCatalog", { releases: [{ version: "v1.35.2", releasedAt: "2026-08-20" }] }],
  ] as const)("%s, as kube-apiserver v1.36.3 did", (kind, expected) => {
    expect(admitted(kind, goodSpecs[kind])["spec"]).toEqual(expected);
  });
});
