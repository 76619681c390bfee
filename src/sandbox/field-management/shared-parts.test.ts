import { describe, expect, it } from "vitest";
import type { StoredObject } from "../store/stored-object.ts";
import { createFieldManagement } from "./field-management.ts";
import { recordedType } from "./testing/recorded.ts";

const type = recordedType("Machine");
const who = { type, version: "v1beta2", time: "2026-01-01T00:00:00Z" } as const;

function machine(name: string, phase: string, managedFields: StoredObject["metadata"]["managedFields"] = []): StoredObject {
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Machine",
    metadata: { name, uid: name, ...(managedFields.length === 0 ? {} : { managedFields }) },
    spec: { clusterName: "c" },
    status: { phase },
  };
}

describe("what field management leaves as it was", () => {
  it("the entries, when nothing changed", () => {
    const management = createFieldManagement();
    const managedFields = management.afterUpdate({
      ...who,
      subresource: undefined,
      before: undefined,
      after: machine("m", "a"),
      manager: "one",
    });
    const live = machine("m", "a", managedFields);
    const again = management.afterUpdate({
      ...who,
      subresource: "status",
      before: live,
      after: { ...live, status: { phase: "a" } },
      manager: "two",
    });
    expect(again).toBe(managedFields);
  });

  it("the entries of others, and the set of the writer that it owned before", () => {
    const management = createFieldManagement();
    const status = (live: StoredObject, phase: string, time: string): StoredObject["metadata"]["managedFields"] =>
      management.afterUpdate({ ...who, time, subresource: "status", before: live, after: { ...live, status: { phase } }, manager: "two" });
    const first = management.afterUpdate({ ...who, subresource: undefined, before: undefined, after: machine("m", "a"), manager: "one" });
    const second = status(machine("m", "a", first), "b", "2026-01-01T00:00:01Z")!;
    const third = status(machine("m", "b", second), "c", "2026-01-01T00:00:02Z")!;
    expect(third[0]).toBe(second[0]);
    expect(third[1]?.fieldsV1).toBe(second[1]?.fieldsV1);
    expect(third[1]?.time).toBe("2026-01-01T00:00:02Z");
    // Another machine's sets are the same objects.
    const other = status(machine("n", "x", first), "y", "2026-01-01T00:00:03Z")!;
    expect(other[1]?.fieldsV1).toBe(second[1]?.fieldsV1);
  });

  it("the object, when it is applied as it was", () => {
    const management = createFieldManagement();
    const applied = { apiVersion: type.versions[0]!.name, kind: "Machine", metadata: { name: "m" }, spec: { clusterName: "c" } };
    const request = { ...who, subresource: undefined, applied, manager: "one", force: false } as const;
    const made = management.apply({ ...request, live: undefined });
    const live: StoredObject = {
      ...machine("m", "a"),
      ...made,
      status: { phase: "a" },
      metadata: { ...made.metadata, name: "m", uid: "m" },
    };
    expect(management.apply({ ...request, live, time: "2026-01-02T00:00:00Z" })).toBe(live);
    const changed = management.apply({ ...request, live, applied: { ...applied, metadata: { name: "m", labels: { a: "b" } } } });
    expect(changed["spec"]).toBe(live["spec"]);
    expect(changed["status"]).toBe(live["status"]);
  });
});
