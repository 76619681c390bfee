import { describe, expect, it } from "vitest";
import { createDiscovery } from "../../kubernetes/discovery.ts";
import { createRandom } from "../engine/random.ts";
import { createTimeline, driveUntil, timelineClock } from "../engine/timeline.ts";
import { inProcessClient } from "../in-process/in-process-client.ts";
import { createManagementCluster } from "../management-cluster.ts";

const definitions = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

const recipeDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "recipes.food.example.com" },
  spec: {
    group: "food.example.com",
    scope: "Namespaced",
    names: { kind: "Recipe", plural: "recipes", singular: "recipe", shortNames: ["rcp"] },
    versions: [
      {
        name: "v1alpha1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                required: ["dish"],
                properties: {
                  dish: {
                    type: "string",
                    minLength: 1,
                    "x-kubernetes-validations": [{ rule: "self == oldSelf" }, { rule: "!(self in ['mud'])" }],
                  },
                  portions: { type: "integer", default: 4 },
                },
              },
              status: { type: "object", properties: { done: { type: "boolean" } } },
            },
          },
        },
      },
    ],
  },
};

const recipe = (spec: object, name = "one") => ({
  apiVersion: "food.example.com/v1alpha1",
  kind: "Recipe",
  metadata: { name, namespace: "default" },
  spec,
});

describe("kinds that somebody defines", () => {
  const timeline = createTimeline(Date.parse("2026-01-01T00:00:00Z"));
  const random = createRandom(1);
  const clock = timelineClock(timeline);
  const { handler } = createManagementCluster({ timeline, random, workloadKubeconfig: () => "" });
  const client = inProcessClient(handler, { clock, random: () => random.next() });
  const drive = <T>(promise: Promise<T>): Promise<T> => driveUntil(timeline, promise);

  it("are served soon after, with their schema and status", async () => {
    expect(await drive(createDiscovery(client).resource("food.example.com", "Recipe"))).toBeUndefined();
    await drive(client.create(definitions, recipeDefinition));
    await drive(clock.sleep(1000));
    const resource = (await drive(createDiscovery(client).resource("food.example.com", "Recipe")))!;
    expect(resource).toEqual({ group: "food.example.com", version: "v1alpha1", plural: "recipes", kind: "Recipe", namespaced: true });
    expect(await drive(client.get(definitions, "recipes.food.example.com"))).toMatchObject({
      status: { conditions: [{ type: "NamesAccepted" }, { type: "Established", status: "True" }] },
    });

    const made = await drive(client.create(resource, { ...recipe({ dish: "soup", spice: "none" }), status: { done: true } }));
    expect(made).toMatchObject({ spec: { dish: "soup", portions: 4 }, metadata: { generation: 1 } });
    expect(made["spec"]).not.toHaveProperty("spice");
    expect(made).not.toHaveProperty("status");
    await expect(drive(client.create(resource, recipe({ portions: 1 }, "two")))).rejects.toMatchObject({ status: 422 });
    await expect(drive(client.create(resource, recipe({ dish: "mud" }, "three")))).rejects.toMatchObject({ status: 422 });
  });
});
