import { expect, it } from "vitest";
import type { KubernetesClient } from "../../../kubernetes/client.ts";
import { ApiError } from "../../../kubernetes/errors.ts";
import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import { testClock } from "../../../kubernetes/testing/test-clock.ts";
import { placeAnnotation } from "../cluster-upgrade/attempt-cache.ts";
import { ownWrites, type OwnWrites } from "./own-writes.ts";

function attempt(name: string, place: string | undefined, uid = name, phase = ""): KubernetesObject {
  const annotations = place === undefined ? {} : { annotations: { [placeAnnotation]: place } };
  return { metadata: { name, namespace: "demo", uid, ...annotations }, status: { phase } };
}

/** What the watch shows, what the API server has, and what was asked of it. */
function scene(shown: KubernetesObject[], live: () => readonly KubernetesObject[] = () => shown) {
  const clock = testClock();
  const asked: string[] = [];
  const client = {
    get(_: unknown, name: string) {
      asked.push(`get ${name}`);
      const found = live().find(({ metadata }) => metadata.name === name);
      return found === undefined ? Promise.reject(new ApiError("GET", 404, "")) : Promise.resolve(found);
    },
    list() {
      asked.push("list");
      return Promise.resolve({ items: live(), resourceVersion: "1" });
    },
  };
  const cache = { all: () => shown, get: ({ name }: { name: string }) => shown.find(({ metadata }) => metadata.name === name) };
  // Of a client only reads are used.
  const own = ownWrites({ client: client as unknown as KubernetesClient, clock, cache });
  return { own, asked, clock };
}

const places = async (own: OwnWrites): Promise<readonly string[]> =>
  (await own.attempts()).map(({ metadata }) => `${metadata.name} ${metadata.annotations?.[placeAnnotation] ?? "-"}`).sort();

it("what was written is there before the watch shows it, with the status that the watch knows", async () => {
  const shown = [attempt("a", undefined, "a", "Planning"), attempt("b", undefined)];
  const { own, asked } = scene(shown);
  own.wrote(attempt("a", "2026"));
  own.wrote(attempt("c", "made"));
  expect(await places(own)).toEqual(["a 2026", "b -", "c made"]);
  expect((await own.attempts()).find(({ metadata }) => metadata.name === "a")).toMatchObject({ status: { phase: "Planning" } });
  shown.splice(0, 2, attempt("a", "2026", "a", "Rolling"), attempt("b", undefined));
  shown.push(attempt("c", "made"));
  expect(await own.attempts()).toBe(shown);
  shown.splice(0, 1, attempt("a", "another"));
  expect(await places(own)).toEqual(["a another", "b -", "c made"]);
  expect(asked).toEqual([]);
});

it.each<[string, readonly KubernetesObject[], readonly string[]]>([
  ["is gone", [], []],
  ["was made anew under its name", [attempt("a", undefined, "another")], ["a -"]],
  ["is there all the same", [attempt("a", "made")], ["a made"]],
])("what the watch does not show for ten seconds is asked for: it %s", async (_, live, expected) => {
  const shown: KubernetesObject[] = [];
  const { own, asked, clock } = scene(shown, () => live);
  own.wrote(attempt("a", "made"));
  expect(await places(own)).toEqual(["a made"]);
  clock.advance(10_000);
  expect(await places(own)).toEqual(expected);
  expect(asked).toEqual(["get a"]);
});

it("whoever takes over reads past the watch, once", async () => {
  const shown = [attempt("a", undefined), attempt("b", undefined)];
  const { own, asked } = scene(shown, () => [attempt("a", "2026"), attempt("b", undefined)]);
  expect(await places(own)).toEqual(["a -", "b -"]);
  own.takeOver();
  expect(await places(own)).toEqual(["a 2026", "b -"]);
  expect(await places(own)).toEqual(["a 2026", "b -"]);
  expect(asked).toEqual(["list"]);
});
