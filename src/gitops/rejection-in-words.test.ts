import { expect, it } from "vitest";
import { rejectionInWords } from "./rejection-in-words.ts";

// The words are Cluster API's (core/webhooks/admission/cluster.go, v1.14.0), the API server's and client-go's own.
it.each([
  [
    'spec.topology.version: Invalid value: "v1.34.0": version cannot be decreased from "1.35.0" to "1.34.0"',
    "no control plane can go back",
    "Put 1.35.0 or newer into Git again",
  ],
  [
    'spec.topology.version: Forbidden: version cannot be increased from "1.34.0" to "1.36.0"',
    "more than one minor version at once",
    "next minor version after 1.34.0",
  ],
  [
    "version cannot be changed: Cluster.spec.topology.version 1.35.0 was not propagated to control plane yet (control plane version 1.34.2)",
    "before the change to 1.35.0 had reached the control plane (at 1.34.2)",
    "capi-gitops repair",
  ],
  ["version cannot be changed: control plane is still completing a previous upgrade", "still busy", "Wait"],
  [
    "version cannot be changed: there are still MachineDeployments completing a previous upgrade: [md-0, md-1]",
    "busy with the change before: md-0, md-1",
    "Wait",
  ],
  ['version cannot be changed when the "AfterClusterUpgrade" hook is still blocking', "The hook AfterClusterUpgrade", "runtime extension"],
  ["version must match one of the versions defined in the ClusterClass", "does not list this version", "add this one"],
  [
    'Internal error occurred: failed calling webhook "validation.cluster.cluster.x-k8s.io": failed to call webhook: connect: connection refused',
    "does not answer",
    "the engine tries again",
  ],
  [
    "conversion webhook for infrastructure.cluster.x-k8s.io/v1beta1, Kind=DevCluster failed: EOF",
    "does not answer",
    "provider's controller",
  ],
  [
    "DevMachineTemplate.infrastructure spec.template.spec field is immutable. Please create a new resource instead.",
    "cannot be changed",
    "new name",
  ],
  [
    'clusters.cluster.x-k8s.io "demo" is forbidden: User "flux" cannot patch resource "clusters" in API group',
    "may not patch clusters",
    "Give flux that right",
  ],
  ['no matches for kind "DevCluster" in version "infrastructure.cluster.x-k8s.io/v1"', "does not serve the kind DevCluster", "Install"],
])("%s", (words, meaning, remedy) => {
  expect(rejectionInWords(words)?.meaning).toContain(meaning);
  expect(rejectionInWords(words)?.remedy).toContain(remedy);
});

it("other words stay as they are", () => {
  expect(rejectionInWords("context deadline exceeded")).toBeUndefined();
});
