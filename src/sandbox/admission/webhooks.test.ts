import { describe, expect, it } from "vitest";
import { createObjects, type Objects } from "../api/objects.ts";
import { clusterApiTypes } from "../schemas/cluster-api-types.ts";
import { createRandom } from "../engine/random.ts";
import { createObjectStore } from "../store/object-store.ts";
import { clusterApiWebhooks } from "./webhooks.ts";

function server(): { readonly objects: Objects; readonly type: (key: string) => ReturnType<typeof clusterApiTypes>[number] } {
  const type = (key: string) => clusterApiTypes().find((each) => each.key === key)!;
  const rules = clusterApiWebhooks({ objects: () => objects, type });
  const objects: Objects = createObjects({
    store: createObjectStore({ indexedLabel: "cluster.x-k8s.io/cluster-name" }),
    now: () => Date.UTC(2026, 0, 1),
    random: createRandom(1),
    rules,
  });
  return { objects, type };
}
describe("x", () => {
  it("smoke", () => {
    const { objects, type } = server();
    const md = objects.create(
      type("MachineDeployment.cluster.x-k8s.io"),
      {
        metadata: { name: "a", namespace: "n" },
        spec: { clusterName: "c", template: { spec: { clusterName: "c", version: "1.34.0", bootstrap: { dataSecretName: "x" } } } },
      },
      { manager: "t" },
    );
    expect(() =>
      objects.modify(
        type("MachineDeployment.cluster.x-k8s.io"),
        "n",
        "a",
        (l) => ({ ...l, spec: { ...(l["spec"] as object), clusterName: "d" } }),
        { manager: "t" },
      ),
    ).toThrow("field is immutable");
  });
});
