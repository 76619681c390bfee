import { describe, expect, it } from "vitest";
import { objectsIn } from "./objects.ts";
import { parseFile } from "./parsed-file.ts";

/** `group|kind|namespace|name@document/path:line` of all objects. */
function objects(text: string): readonly string[] {
  const result = parseFile("a.yaml", text);
  if (result.kind === "refused") throw new Error(result.refusal.message);
  return objectsIn(result.parsed).map(
    ({ identity: { group, kind, namespace, name }, place, line }) =>
      `${group}|${kind}|${namespace}|${name}@${[place.document, ...place.path].join("/")}:${line}`,
  );
}

const config = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";

describe("the objects of a file", () => {
  it.each([
    ["core group", `${config}\n`, ["|ConfigMap||a@0:1"]],
    ["a group", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: b}\n", ["apps|Deployment|b|a@0:1"]],
    ["a slash and no group", "apiVersion: /v1\nkind: X\n", ["|X||@0:1"]],
    ["names that look like numbers", "apiVersion: v1\nkind: X\nmetadata: {name: 123, namespace: true}\n", ["|X|true|123@0:1"]],
    ["a name that is null, or a map", "apiVersion: v1\nkind: X\nmetadata: {name: null, namespace: {a: b}}\n", ["|X||@0:1"]],
    ["no metadata", "apiVersion: v1\nkind: X\n", ["|X||@0:1"]],
    ["no kind", "apiVersion: v1\nmetadata: {name: a}\n", []],
    ["no apiVersion", "kind: X\nmetadata: {name: a}\n", []],
    ["a list, a word, nothing", "- a\n---\nword\n---\n---\n# c\n", []],
    ["documents around nothing", `---\n---\n${config}\n---\n`, ["|ConfigMap||a@1:3"]],
    ["a List", `apiVersion: v1\nkind: List\nitems:\n- ${config}\n- 3\n-\n- {kind: X}\n`, ["|ConfigMap||a@0/items/0:4"]],
    [
      "Lists in a List",
      `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMapList\n  items:\n  - ${config}\n  - ${config}\n`,
      ["|ConfigMap||a@0/items/0/items/0:7", "|ConfigMap||a@0/items/0/items/1:8"],
    ],
    ["an empty List", "apiVersion: v1\nkind: List\nitems: []\n", []],
    [
      "a kind that ends in List and holds none",
      "apiVersion: example.com/v1\nkind: AllowList\nmetadata: {name: a}\n",
      ["example.com|AllowList||a@0:1"],
    ],
    ["items of another kind", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nitems: [1]\n", ["|ConfigMap||a@0:1"]],
    ["a name by alias", "apiVersion: v1\nkind: X\nmetadata: {labels: {x: &n a}, name: *n}\n", ["|X||a@0:1"]],
  ])("%s", (_, text, expected) => {
    expect(objects(text)).toEqual(expected);
  });
});
