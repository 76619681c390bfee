import { describe, expect, it } from "vitest";
import { scene } from "./testing/scene.ts";

describe("KubeadmControlPlane", () => {
  it("brings up three machines, one after another", () => {
    const it = scene({ spec: { replicas: 3 } });
    it.run(600);
    console.log(it.history, it.errors, it.passes(), it.events.length);
    console.log(JSON.stringify(it.kcp(), undefined, 1));
    console.log(JSON.stringify(it.machines()[0], undefined, 1));
    it.change((spec) => ({ ...spec, version: "v1.35.2" }));
    for (let i = 0; i < 40; i++) { it.run(5); console.log(it.timeline.now()%1e6, it.history.slice(3).join(" "), JSON.stringify(it.condition("RollingOut")), JSON.stringify(it.condition("ScalingDown")), JSON.stringify(it.condition("Available")));}
    expect(it.errors).toEqual([]);
  });
});
