import { expect, it } from "vitest";
import { replicasByAutoscaler } from "./replicas.ts";

const annotations = {
  "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size": "3",
  "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size": "7",
};

/** The cases of Cluster API's own TestCalculateMachineDeploymentReplicas. */
it.each([
  ["new, in the autoscaler's range", { annotations, isNew: true, before: undefined }, 3],
  ["below the range", { annotations, isNew: false, before: 1 }, 3],
  ["above the range", { annotations, isNew: false, before: 15 }, 7],
  ["within the range", { annotations, isNew: false, before: 4 }, 4],
  ["replicas unknown before", { annotations, isNew: false, before: undefined }, 3],
  ["no autoscaler", { annotations: {}, isNew: false, before: 4 }, 1],
])("replicas that are left out: %s", (_title, workers, expected) => {
  expect(replicasByAutoscaler({ kind: "MachineDeployment", ...workers })).toBe(expected);
});
