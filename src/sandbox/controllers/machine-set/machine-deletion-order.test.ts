import { describe, expect, it } from "vitest";
import type { DeletionOrder, Machine } from "./machine-objects.ts";
import { machinesToDelete } from "./machine-deletion-order.ts";

const now = Date.parse("2026-11-23T22:00:00Z");
const ok = { nodeRef: { name: "node" } };

function machine(name: string, created: string, metadata: object = {}, status: object = ok): Machine {
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Machine",
    metadata: { name, uid: name, creationTimestamp: `2026-11-${created}T00:00:00Z`, ...metadata },
    spec: { clusterName: "plain" },
    status,
  };
}

const unhealthy = { ...ok, conditions: [{ type: "NodeHealthy", status: "False", reason: "", message: "", lastTransitionTime: "" }] };
const young = machine("young", "22");
const middle = machine("middle", "15");
const old = machine("old", "01");
const sick = machine("sick", "10", {}, unhealthy);
const nodeless = machine("nodeless", "10", {}, {});
const marked = machine("marked", "10", { annotations: { "cluster.x-k8s.io/delete-machine": "" } });
const going = machine("going", "10", { deletionTimestamp: "2026-11-23T21:00:00Z" });

// Cluster API book, "MachineSet deletion order", and machineset_deletion_order.go at v1.14.
describe("order of deletion", () => {
  it.each<readonly [DeletionOrder | undefined, readonly string[]]>([
    [undefined, ["going", "marked", "nodeless", "sick", "middle", "old", "young"]],
    ["Random", ["going", "marked", "nodeless", "sick", "middle", "old", "young"]],
    ["Newest", ["going", "marked", "nodeless", "sick", "young", "middle", "old"]],
    ["Oldest", ["going", "marked", "nodeless", "sick", "old", "middle", "young"]],
  ])("%s", (order, expected) => {
    const machines = [young, old, sick, middle, marked, nodeless, going];
    expect(machinesToDelete(machines, 7, order, now).map(({ metadata }) => metadata.name)).toEqual(expected);
  });

  it("takes only as many as asked for, none for less than one", () => {
    expect(machinesToDelete([young, old], 1, "Oldest", now)).toEqual([old]);
    expect(machinesToDelete([young, old], -1, "Oldest", now)).toEqual([]);
  });
});
