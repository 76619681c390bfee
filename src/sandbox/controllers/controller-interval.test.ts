import { expect, it } from "vitest";
import { createObjects } from "../api/objects.ts";
import { createRandom } from "../engine/random.ts";
import { createTimeline } from "../engine/timeline.ts";
import { createObjectStore } from "../store/object-store.ts";
import { createControllerRuntime, ReconcileError } from "./controller-runtime.ts";

it("keeps the interval of a controller, however often it is woken, and whatever its passes give", () => {
  const timeline = createTimeline(0);
  const random = createRandom(1);
  const objects = createObjects({ store: createObjectStore({ indexedLabel: "cluster" }), now: () => timeline.now(), random });
  const runtime = createControllerRuntime({ objects, timeline, random });
  const passes: string[] = [];
  runtime.add({
    name: "slow",
    watches: {},
    intervalMilliseconds: 1000,
    reconcile({ name }) {
      passes.push(`${name} ${timeline.now()}`);
      if (passes.length === 3) throw new ReconcileError("once more");
      return name === "b" ? undefined : { requeueAfterMilliseconds: 10 };
    },
  });
  const wake = (name: string): void => runtime.wake("slow", { namespace: "n", name });
  wake("a");
  timeline.runUntil(100);
  wake("a");
  wake("b");
  timeline.runUntil(3500);
  expect(passes).toEqual(["a 0", "b 100", "a 1000", "a 2000", "a 3000"]);
  timeline.runUntil(3600);
  wake("b");
  timeline.runUntil(3700);
  expect(passes.at(-1)).toBe("b 3600");
});
