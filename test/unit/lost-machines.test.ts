import { describe, expect, it } from "vitest";
import type { KubernetesObject } from "../../src/kubernetes/resource.ts";
import { hasLostItsParts } from "../stack/lost-machines.ts";

const made = Date.parse("2026-11-29T19:11:04Z");
const condition = (type: string, reason: string) => ({
  type,
  status: "False",
  reason,
  message: "",
  lastTransitionTime: "2026-11-29T19:11:04Z",
});

/** As real Cluster API 1.14 left one, as far as its parts go. */
function machine(reasons: { readonly bootstrap?: string; readonly infrastructure?: string } = {}, metadata: object = {}): KubernetesObject {
  const { bootstrap = "ObjectDoesNotExist", infrastructure = "ObjectDoesNotExist" } = reasons;
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Machine",
    metadata: { name: "demo-md-1-g9b52-nhdkq-chrjp", namespace: "demo", ...metadata },
    status: {
      phase: "Pending",
      conditions: [
        condition("Available", "NotReady"),
        condition("BootstrapConfigReady", bootstrap),
        condition("InfrastructureReady", infrastructure),
      ],
    },
  };
}

describe("a machine whose parts Cluster API has deleted as orphans", () => {
  it("is one once it has been without them for a minute", () => {
    expect([59_000, 60_000].map((later) => hasLostItsParts(machine(), made + later))).toEqual([false, true]);
  });

  it.each<readonly [what: string, machine: KubernetesObject]>([
    ["that has its bootstrap config", machine({ bootstrap: "NotReady" })],
    ["that has its infrastructure", machine({ infrastructure: "NotReady" })],
    ["whose infrastructure was deleted later", machine({ infrastructure: "Deleted" })],
    ["that is being deleted", machine({}, { deletionTimestamp: "2026-11-29T19:11:05Z" })],
    ["of which nothing is known yet", { ...machine(), status: undefined }],
  ])("is none %s", (_, other) => {
    expect(hasLostItsParts(other, made + 3_600_000)).toBe(false);
  });
});
