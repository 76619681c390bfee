import { describe, expect, it } from "vitest";
import { ApiStatusError } from "../../src/sandbox/api/api-status-error.ts";
import { ownTypes } from "../../src/sandbox/schemas/custom-types.ts";
import { schemaRules } from "../../src/sandbox/schemas/schema-rules.ts";
import type { StoredObject } from "../../src/sandbox/store/stored-object.ts";
import { goodSpecs, refusedObjects } from "../api/refused-objects.ts";
import { defaultedSpecs } from "../api/defaulted-specs.ts";

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

const kinds = ["UpgradePolicy", "ClusterUpgrade", "ReleaseCatalog"] as const;

describe("the sandbox fills in defaults", () => {
  it.each(kinds)("%s, as kube-apiserver v1.36.3 did", (kind) => {
    expect(admitted(kind, goodSpecs[kind])["spec"]).toEqual(defaultedSpecs[kind]);
  });
});
