import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { versionOf } from "./kubernetes-version.ts";
import { kubeletAllowed } from "./skew.ts";
import { controlPlanePath, missingMinors, movesAlong } from "./upgrade-path.ts";

describe("controlPlanePath", () => {
  it.each([
    ["a patch", "v1.34.0", "v1.34.2", [], ["v1.34.2"]],
    ["a minor", "v1.34.0", "v1.35.2", [], ["v1.35.2"]],
    ["nothing", "v1.34.0", "v1.34.0", ["v1.33.0"], []],
    ["several minors", "v1.34.0", "v1.37.0", ["v1.36.1", "v1.35.2"], ["v1.35.2", "v1.36.1", "v1.37.0"]],
    ["what lies behind is left out", "v1.35.2", "v1.37.0", ["v1.35.2", "v1.34.9", "v1.36.1"], ["v1.36.1", "v1.37.0"]],
    ["a patch on the way that was asked for", "v1.34.0", "v1.35.2", ["v1.34.9"], ["v1.34.9", "v1.35.2"]],
    ["what lies beyond is left out", "v1.34.0", "v1.35.2", ["v1.35.3", "v1.35.2"], ["v1.35.2"]],
    ["another build", "v1.34.0+k3s1", "v1.34.0+k3s2", [], ["v1.34.0+k3s2"]],
  ])("%s: %s to %s via %j", (_, from, to, via, versions) => {
    expect(controlPlanePath(from, to, via)).toEqual({ kind: "path", versions });
  });
  it.each([
    ["v1.34.0", "v1.36.0", [], ["v1.35"]],
    ["v1.34.0", "v1.38.0", ["v1.36.1"], ["v1.35", "v1.37"]],
    ["v1.34.0", "v1.37.0", ["v1.34.5"], ["v1.35", "v1.36"]],
  ])("%s to %s via %j misses %j", (from, to, via, missing) => {
    expect(controlPlanePath(from, to, via)).toEqual({ kind: "minors-missing", missing });
  });
  it("misses nothing on an empty path", () => expect(missingMinors("v1.34.0", [])).toEqual([]));
});

describe("movesAlong", () => {
  const words = (path: readonly string[], from: string, workers: Readonly<Record<string, string>>): readonly string[] =>
    movesAlong(
      path,
      from,
      Object.entries(workers).map(([id, version]) => ({ id, version })),
    ).map((move) => `${move.kind === "workers" ? move.id : "cp"} ${move.from.slice(3, -2)}>${move.to.slice(3, -2)}`);
  const minors = (from: number, to: number): readonly string[] =>
    Array.from({ length: to - from }, (_, index) => `v1.${from + index + 1}.0`);

  it.each([
    ["one minor", 30, 31, { a: 30 }, ["cp 30>31", "a 30>31"]],
    ["three minors: workers once", 30, 33, { a: 30 }, ["cp 30>31", "cp 31>32", "cp 32>33", "a 30>33"]],
    ["four minors: workers twice", 30, 34, { a: 30 }, ["cp 30>31", "cp 31>32", "cp 32>33", "a 30>33", "cp 33>34", "a 33>34"]],
    ["only the pools that must hop do", 32, 34, { a: 30, b: 32 }, ["cp 32>33", "a 30>33", "cp 33>34", "a 33>34", "b 32>34"]],
    [
      "seven minors: workers three times",
      28,
      35,
      { a: 28 },
      ["cp 28>29", "cp 29>30", "cp 30>31", "a 28>31", "cp 31>32", "cp 32>33", "cp 33>34", "a 31>34", "cp 34>35", "a 34>35"],
    ],
    ["old kubelets bear two minors", 22, 25, { a: 22 }, ["cp 22>23", "cp 23>24", "a 22>24", "cp 24>25", "a 24>25"]],
    ["a control plane that is there: just the workers", 34, 34, { a: 31, b: 34 }, ["a 31>34"]],
    ["workers that already lag as far as they may", 33, 34, { a: 30 }, ["a 30>33", "cp 33>34", "a 33>34"]],
    ["no workers", 33, 35, {}, ["cp 33>34", "cp 34>35"]],
  ])("%s", (_, from, to, workers, moves) => {
    const versions = Object.fromEntries(Object.entries(workers).map(([id, minor]) => [id, `v1.${minor}.0`]));
    expect(words(minors(from, to), `v1.${from}.0`, versions)).toEqual(moves);
  });

  it("never leaves the skew policy, and moves no worker more often than it must", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 40 }),
        fc.integer({ min: 0, max: 9 }),
        fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 4 }),
        (start, hops, lags) => {
          let controlPlane = `v1.${start}.0`;
          const workers = new Map(lags.map((lag, index) => [`pool-${index}`, `v1.${start - lag}.0`]));
          const moved = new Map<string, number>();
          for (const move of movesAlong(
            minors(start, start + hops),
            controlPlane,
            [...workers].map(([id, version]) => ({ id, version })),
          )) {
            if (move.kind === "control-plane") {
              expect(move.from).toBe(controlPlane);
              expect(versionOf(move.to).minor).toBe(versionOf(controlPlane).minor + 1);
              controlPlane = move.to;
            } else {
              expect(move.from).toBe(workers.get(move.id));
              expect(move.to).toBe(controlPlane);
              workers.set(move.id, move.to);
              moved.set(move.id, (moved.get(move.id) ?? 0) + 1);
            }
            for (const version of workers.values()) expect(kubeletAllowed(versionOf(version), versionOf(controlPlane))).toBe(true);
          }
          expect(controlPlane).toBe(`v1.${start + hops}.0`);
          for (const [index, lag] of lags.entries()) {
            expect(workers.get(`pool-${index}`)).toBe(controlPlane);
            // From 1.25 on a kubelet spans three minors: no plan needs fewer moves than this.
            if (start - lag >= 25) expect(moved.get(`pool-${index}`) ?? 0).toBe(Math.ceil((hops + lag) / 3) || 0);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
