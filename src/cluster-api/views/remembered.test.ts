import { describe, expect, it } from "vitest";
import type { SnapshotGap } from "../../upgrade/cluster-snapshot.ts";
import type { RawObject } from "./fields.ts";
import { remembered } from "./remembered.ts";

const gap: SnapshotGap = { kind: "unreadable", what: "Machine a", message: "no name" };

describe("remembered", () => {
  it("reads the same object once, and reports each time what it found odd", () => {
    const readings: RawObject[] = [];
    const read = remembered((object: RawObject, report) => {
      readings.push(object);
      report(gap);
      return { name: object["name"] };
    });
    const [object, twin] = [{ name: "a" }, { name: "a" }];
    const reported: SnapshotGap[] = [];
    const first = read(object, (each) => reported.push(each));
    expect(read(object, (each) => reported.push(each))).toBe(first);
    expect(read(twin, () => undefined)).toEqual(first);
    expect(readings).toEqual([object, twin]);
    expect(reported).toEqual([gap, gap]);
  });

  it("of more objects than it may remember it forgets those that nobody asked for since", () => {
    const readings: string[] = [];
    const read = remembered((object: RawObject) => readings.push(String(object["name"])), 2);
    const objects = Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, { name }]));
    const ask = (...names: readonly string[]): void => names.forEach((name) => read(objects[name] ?? {}, () => undefined));
    ask("a", "b", "c", "a", "d", "a", "e", "a");
    expect(readings).toEqual(["a", "b", "c", "d", "e"]);
    ask("b");
    expect(readings).toEqual(["a", "b", "c", "d", "e", "b"]);
  });
});
