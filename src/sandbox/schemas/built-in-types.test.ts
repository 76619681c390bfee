import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { apiVersion } from "../api/resource-type.ts";
import { tableOf } from "../api/table.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { builtInTypes, workloadTypes } from "./built-in-types.ts";
import { schemaRules } from "./schema-rules.ts";

/** What a real kube-apiserver told of its kinds, and how it printed objects of them (testing/kinds/record.ts). */
const recorded = readFileSync(new URL("testing/kinds/recorded.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as RecordedKind);

interface RecordedKind {
  readonly resource: {
    readonly name: string;
    readonly singularName: string;
    readonly namespaced: boolean;
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  };
  readonly subresources: readonly string[];
  readonly columns: readonly { readonly name: string; readonly type: string; readonly priority: number }[];
  readonly cells: readonly unknown[];
  readonly object: StoredObject;
}

const cases = recorded.map((each) => {
  const { kind, apiVersion: version, metadata } = each.object;
  const type = workloadTypes().find((one) => one.kind === kind && apiVersion(one.group, "v1") === version)!;
  return { ...each, type, title: `${kind} ${metadata.name.replace(/-\d+$/, "")}` };
});

/** Ages go on; the real table of events has the name last. */
const isComparable = ([name]: readonly [string, unknown]): boolean => !["Age", "Last Seen", "First Seen", "Created At"].includes(name);

describe("kinds of Kubernetes", () => {
  it("are those that were recorded, each once", () => {
    expect(
      workloadTypes()
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual([...new Set(recorded.map(({ object }) => object.kind))].sort());
    expect(builtInTypes().map(({ kind }) => kind)).not.toContain("VolumeAttachment");
  });

  it.each(cases)("have their names and subresources: $title", ({ type, resource, subresources, object }) => {
    expect(type).toMatchObject({
      plural: resource.name,
      singular: resource.singularName,
      namespaced: resource.namespaced,
      shortNames: resource.shortNames ?? [],
      categories: resource.categories ?? [],
      hasStatus: subresources.includes(`${resource.name}/status`),
    });
    expect(type.scale !== undefined).toBe(subresources.includes(`${resource.name}/scale`));
    expect(type.withoutGeneration !== true).toBe(object.metadata.generation !== undefined);
  });

  it.each(cases)("print as kubectl shows them: $title", ({ type, columns, cells, object }) => {
    const now = Date.parse("2026-12-01T00:00:00Z");
    const table = tableOf(type, "v1", [object], { now, include: "None", withHeader: true, metadata: {} }) as unknown as {
      readonly columnDefinitions: readonly { readonly name: string; readonly type: string; readonly priority: number }[];
      readonly rows: readonly { readonly cells: readonly unknown[] }[];
    };
    const ours = table.columnDefinitions.map(({ name }, index): [string, unknown] => [name, table.rows[0]!.cells[index]]);
    const theirs = columns.map(({ name }, index): [string, unknown] => [name, cells[index]]);
    expect(Object.fromEntries(ours.filter(isComparable))).toEqual(Object.fromEntries(theirs.filter(isComparable)));
    const layout = (all: RecordedKind["columns"]): unknown =>
      all.filter(({ name }) => name !== "Name").map(({ name, priority }) => `${name} ${priority}`);
    expect(layout(table.columnDefinitions)).toEqual(layout(columns));
  });

  it.each(cases)("keep what the real server stored: $title", ({ type, object }) => {
    expect(schemaRules(type, object, undefined)).toBe(object);
  });

  it("are not checked: their rules are code", () => {
    const { type, object } = cases.find(({ title }) => title === "ConfigMap sample")!;
    const given = { ...object, data: { a: 5 } };
    expect(schemaRules(type, given, object)).toBe(given);
  });

  it("lose what the real server does not know", () => {
    const { type, object } = cases.find(({ title }) => title === "Pod pending")!;
    const spec = { ...(object["spec"] as object), nonsense: 1, containers: [{ name: "a", image: "nginx", imagePullPolicies: "Never" }] };
    expect(schemaRules(type, { ...object, spec }, object)).toEqual({
      ...object,
      spec: { ...(object["spec"] as object), containers: [{ name: "a", image: "nginx" }] },
    });
  });
});
