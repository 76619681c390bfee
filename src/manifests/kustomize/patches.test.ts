import { describe, expect, it } from "vitest";
import { applyJsonPatch, parsePointer, sameValue } from "./json-patch.ts";
import { readTracked } from "./read-tracked.ts";
import { strategicMerge } from "./strategic-merge.ts";
import { parseTargetSelector, selects, selectsAnyId, type Selectable } from "./target-selector.ts";
import { describePlace, samePlace, textAt, valueAt, withValueAt, computed, type Tracked, type TrackedMap } from "./tracked-value.ts";
import { describeId, effectiveNamespace, idOf, isClusterScoped, parseApiVersion, sameId } from "./resource-identity.ts";
import { isRemote, isWithin, resolvePath, showDirectory } from "./repository-path.ts";

function tracked(text: string): Tracked {
  const read = readTracked("t.yaml", text);
  if (read.kind === "unreadable") throw new Error(read.why);
  return read.documents[0]!.value;
}

function map(text: string): TrackedMap {
  const value = tracked(text);
  if (value.kind !== "map") throw new Error("not a map");
  return value;
}

function plain(value: Tracked): unknown {
  if (value.kind === "scalar") return value.isNull ? null : value.text;
  return value.kind === "list" ? value.items.map(plain) : Object.fromEntries([...value.entries].map(([key, entry]) => [key, plain(entry)]));
}

describe("strategic merge of kinds without schema", () => {
  it.each<[string, string, string, unknown]>([
    ["maps merge", "{a: {b: 1, c: 2}}", "{a: {c: 3, d: 4}}", { a: { b: "1", c: "3", d: "4" } }],
    ["lists are replaced", "{a: [1, 2]}", "{a: [3]}", { a: ["3"] }],
    ["an empty list replaces too", "{a: [1]}", "{a: []}", { a: [] }],
    ["null removes", "{a: 1, b: 2}", "{a: null}", { b: "2" }],
    ["null removes a map", "{a: {b: 1}}", "{a: ~}", {}],
    ["null of what is not there", "{a: 1}", "{b: null}", { a: "1" }],
    ["null inside of a new map", "{}", "{a: {b: null, c: 1}}", { a: { c: "1" } }],
    ["a null is replaced by anything", "{a: null}", "{a: {b: 1}}", { a: { b: "1" } }],
    ["$patch: replace", "{a: {b: 1}}", "{a: {$patch: replace, c: 2}}", { a: { c: "2" } }],
    ["$patch: merge", "{a: {b: 1}}", "{a: {$patch: merge, c: 2}}", { a: { b: "1", c: "2" } }],
    ["$patch: delete of a map", "{a: {b: 1}, c: 2}", "{a: {$patch: delete}}", { c: "2" }],
    ["$patch: delete of all", "{a: 1}", "{$patch: delete}", "deleted"],
    ["a map over a scalar", "{a: 1}", "{a: {b: 1}}", "/a is a scalar that is patched with a map"],
    ["a scalar over a list", "{x: {a: [1]}}", "{x: {a: b}}", "/x/a is a list that is patched with a scalar"],
    ["an unknown directive", "{a: {}}", "{a: {$patch: frob}}", "$patch: frob at /a is not known"],
    ["an unknown directive at the top", "{}", "{$patch: frob}", "$patch: frob at / is not known"],
    ["a directive about lists", "{}", "{$setElementOrder/a: [1]}", "the directive $setElementOrder/a at / is not followed"],
    ["a directive deeper down", "{}", "{b: {$retainKeys: [1]}}", "the directive $retainKeys at /b is not followed"],
  ])("%s", (_, resource, patch, expected) => {
    const result = strategicMerge(map(resource), map(patch));
    expect(result.kind === "merged" ? plain(result.value) : result.kind === "deleted" ? "deleted" : result.why).toEqual(expected);
  });

  it("what the patch sets is written in the patch, the rest where it was", () => {
    const result = strategicMerge(map("a: 1\nb: {c: 2}\n"), map("# patch\n\nb: {d: 3}\n"));
    if (result.kind !== "merged") throw new Error(result.kind);
    const lineOf = (path: readonly string[]) => {
      const found = valueAt(result.value, path);
      return found?.kind === "scalar" ? found.place?.line : undefined;
    };
    expect([lineOf(["a"]), lineOf(["b", "c"]), lineOf(["b", "d"])]).toEqual([1, 2, 3]);
  });
});

describe("JSON patches", () => {
  it.each<[string, string, string, unknown]>([
    ["add to a map", "{a: 1}", "[{op: add, path: /b, value: 2}]", { a: "1", b: "2" }],
    ["add replaces", "{a: 1}", "[{op: add, path: /a, value: {b: 2}}]", { a: { b: "2" } }],
    ["add null", "{}", "[{op: add, path: /a, value: null}]", { a: null }],
    ["add into a list", "{a: [1, 2]}", "[{op: add, path: /a/1, value: x}]", { a: ["1", "x", "2"] }],
    ["add at a list's end", "{a: [1]}", "[{op: add, path: /a/1, value: x}, {op: add, path: /a/-, value: y}]", { a: ["1", "x", "y"] }],
    ["add beyond a list's end", "{a: [1]}", "[{op: add, path: /a/2, value: x}]", "/a/2 does not exist in the object"],
    ["add with a bad index", "{a: [1]}", "[{op: add, path: /a/01, value: x}]", "/a/01 does not exist in the object"],
    ["add below nothing", "{}", "[{op: add, path: /a/b, value: x}]", "/a does not exist in the object"],
    ["add below a scalar", "{a: {b: 1}}", "[{op: add, path: /a/b/c, value: x}]", "/a/b/c does not exist in the object"],
    ["replace", "{a: {b: 1}}", "[{op: replace, path: /a/b, value: 2}]", { a: { b: "2" } }],
    [
      "replace in a list",
      "{a: [{b: 1}, 2]}",
      "[{op: replace, path: /a/0/b, value: 3}, {op: replace, path: /a/1, value: 4}]",
      { a: [{ b: "3" }, "4"] },
    ],
    ["replace nothing", "{a: {}}", "[{op: replace, path: /a/b, value: 2}]", "/a/b does not exist in the object"],
    ["replace beyond a list", "{a: []}", "[{op: replace, path: /a/0, value: 2}]", "/a/0 does not exist in the object"],
    ["remove", "{a: {b: 1, c: 2}}", "[{op: remove, path: /a/b}]", { a: { c: "2" } }],
    ["remove from a list", "{a: [1, 2, 3]}", "[{op: remove, path: /a/1}]", { a: ["1", "3"] }],
    ["remove nothing", "{a: 1}", "[{op: remove, path: /b}]", "/b does not exist in the object"],
    ["move", "{a: 1, b: {}}", "[{op: move, from: /a, path: /b/c}]", { b: { c: "1" } }],
    ["move nothing", "{}", "[{op: move, from: /a, path: /b}]", "/a does not exist in the object"],
    ["copy", "{a: {x: 1}}", "[{op: copy, from: /a, path: /b}]", { a: { x: "1" }, b: { x: "1" } }],
    ["copy from a list", "{a: [{x: 1}]}", "[{op: copy, from: /a/0/x, path: /b}]", { a: [{ x: "1" }], b: "1" }],
    ["copy nothing", "{a: 1}", "[{op: copy, from: /a/b, path: /b}]", "/a/b does not exist in the object"],
    ["test that holds", "{a: {x: [1, null]}}", "[{op: test, path: /a, value: {x: [1, ~]}}, {op: remove, path: /a}]", {}],
    ["test that fails", "{a: 1}", "[{op: test, path: /a, value: 2}]", "the test of /a fails"],
    ["escapes", "{a/b: {c~d: 1}}", "[{op: replace, path: /a~1b/c~0d, value: 2}]", { "a/b": { "c~d": "2" } }],
    ["no op", "{}", "[{path: /a}]", "the operation without op is not one of RFC 6902"],
    ["an unknown op", "{}", "[{op: merge, path: /a}]", "the operation merge is not one of RFC 6902"],
    ["no value", "{}", "[{op: add, path: /a}]", "the operation on /a has no value"],
    ["no path", "{}", "[{op: add, value: 1}]", 'path "" does not point into the object'],
    ["no from", "{}", "[{op: copy, path: /a}]", 'from "" does not point into the object'],
    ["a path that is no pointer", "{}", "[{op: add, path: a, value: 1}]", 'path "a" does not point into the object'],
    ["a bad escape", "{}", "[{op: add, path: /a~2, value: 1}]", 'path "/a~2" does not point into the object'],
  ])("%s", (_, resource, operations, expected) => {
    const list = tracked(operations);
    if (list.kind !== "list") throw new Error("no list");
    const result = applyJsonPatch(map(resource), list);
    expect(result.kind === "patched" ? plain(result.value) : result.why).toEqual(expected);
  });

  it("reads pointers", () => {
    expect([parsePointer(""), parsePointer("/"), parsePointer("/a//b"), parsePointer("/~01"), parsePointer("x")]).toEqual([
      [],
      [""],
      ["a", "", "b"],
      ["~1"],
      undefined,
    ]);
  });

  it.each([
    ["{a: 1, b: 2}", "{b: 2, a: 1}", true],
    ["{a: 1}", "{a: 1, b: 2}", false],
    ["{a: 1}", "{b: 1}", false],
    ["[1, 2]", "[2, 1]", false],
    ["[1]", "[1, 2]", false],
    ["[1]", "{a: 1}", false],
    ["{a: 1}", "[1]", false],
    ["{a: 1}", "{a: [1]}", false],
    ["{a: ''}", "{a: null}", false],
    ["{a: ~}", "{a: null}", true],
  ])("%s and %s are the same: %s", (a, b, same) => {
    expect(sameValue(tracked(a), tracked(b))).toBe(same);
  });
});

describe("target selectors", () => {
  const resource: Selectable = {
    value: map("{metadata: {labels: {tier: gold, n: {}}, annotations: {a: b}}}"),
    id: { group: "cluster.x-k8s.io", version: "v1beta2", kind: "Cluster", namespace: "", name: "p-shop" },
    previousIds: [
      { group: "cluster.x-k8s.io", version: "v1beta2", kind: "Cluster", namespace: "demo", name: "shop" },
      { group: "cluster.x-k8s.io", version: "v1beta2", kind: "Cluster", namespace: "mid", name: "mid-shop" },
    ],
  };
  function parsed(text: string) {
    const result = parseTargetSelector(tracked(text));
    return result.kind === "selector" ? result.selector : result.why;
  }
  it.each<[string, boolean]>([
    ["{}", true],
    ["{group: cluster.x-k8s.io, version: v1beta2, kind: Cluster}", true],
    ["{group: cluster}", false],
    ["{version: v1}", false],
    ["{kind: Clust}", false],
    ["{kind: Cluster|Other}", true],
    ["{kind: luster}", false],
    ["{name: shop}", true],
    ["{name: p-shop}", true],
    ["{name: mid-shop}", false],
    ["{name: sho}", false],
    ["{name: hop}", false],
    ["{name: '.*op'}", true],
    ["{namespace: default}", true],
    ["{namespace: demo}", true],
    ["{namespace: mid}", false],
    ["{namespace: d.*}", true],
    ["{labelSelector: tier=gold}", true],
    ["{labelSelector: tier=tin}", false],
    ["{labelSelector: n}", false],
    ["{annotationSelector: a=b}", true],
    ["{annotationSelector: tier}", false],
    ["{name: shop, namespace: other}", false],
  ])("%s selects: %s", (text, expected) => {
    const selector = parsed(text);
    expect(typeof selector === "string" ? selector : selects(selector, resource)).toBe(expected);
  });

  it.each<[string, "yes" | "no" | "depends"]>([
    ["{}", "yes"],
    ["{kind: Cluster}", "yes"],
    ["{name: mid-shop, namespace: mid}", "yes"],
    ["{name: shop, namespace: mid}", "no"],
    ["{name: .*shop}", "depends"],
    ["{namespace: default, name: p-shop}", "depends"],
    ["{name: other}", "no"],
    ["{kind: Cluster, labelSelector: tier=tin}", "no"],
    ["{kind: Cluster, annotationSelector: x}", "no"],
  ])("of a replacement %s selects: %s", (text, expected) => {
    const selector = parsed(text);
    expect(typeof selector === "string" ? selector : selectsAnyId(selector, resource)).toBe(expected);
  });

  it.each([
    ["[]", "the target is not a map"],
    ["{frob: x}", "the target has an unknown field frob"],
    ["{kind: '(?i)x'}", "the pattern kind: (?i)x is too intricate to be sure what it matches"],
    ["{kind: '(a+)+b'}", "too intricate"],
    ["{kind: '(a|b)*'}", "too intricate"],
    ["{kind: '(a){2,}'}", "too intricate"],
    ["{kind: '[[:alpha:]]'}", "too intricate"],
    ["{kind: '\\pL'}", "too intricate"],
    ["{kind: 'a*b*c*d*'}", "too intricate"],
    ["{kind: 'a{1,}b+c+d+'}", "too intricate"],
    ["{kind: '('}", "too intricate"],
    ["{labelSelector: 'a > 1'}", "the label or annotation selector is not understood"],
    ["{annotationSelector: 'a > 1'}", "the label or annotation selector is not understood"],
  ])("%s is unclear", (text, why) => {
    expect(parsed(text)).toContain(why);
  });

  it.each(["(?:a|b)c?", "a.*b.*c.*", "[a-z]{2,3}", "\\d+\\.x", "a\\-b"])("the pattern %s is understood", (pattern) => {
    expect(typeof parsed(JSON.stringify({ kind: pattern }))).toBe("object");
  });
});

describe("names", () => {
  it.each([
    ["v1", { group: "", version: "v1" }],
    ["a.b/v1", { group: "a.b", version: "v1" }],
    ["a/b/c", { group: "a", version: "b/c" }],
    ["", { group: "", version: "" }],
  ])("apiVersion %s", (text, expected) => {
    expect(parseApiVersion(text)).toEqual(expected);
  });

  it.each([
    ["", "Namespace", true],
    ["rbac.authorization.k8s.io", "ClusterRole", true],
    ["cluster.x-k8s.io", "Cluster", false],
    ["example.x-k8s.io", "Node", false],
    ["example.com", "Node", false],
    ["", "ConfigMap", false],
  ])("%s %s is cluster-wide: %s", (group, kind, expected) => {
    expect(isClusterScoped({ group, kind })).toBe(expected);
  });

  it("none and default are one namespace; cluster-wide objects have none", () => {
    const id = idOf(map("{apiVersion: a/v1, kind: K, metadata: {name: n}}"));
    expect(id).toEqual({ group: "a", version: "v1", kind: "K", namespace: "", name: "n" });
    expect(idOf(map("{}"))).toEqual({ group: "", version: "", kind: "", namespace: "", name: "" });
    expect(effectiveNamespace(id)).toBe("default");
    expect(effectiveNamespace({ ...id, namespace: "x" })).toBe("x");
    expect(effectiveNamespace({ ...id, group: "", kind: "Namespace", namespace: "x" })).toBe("_non_namespaceable_");
    expect(sameId(id, { ...id, namespace: "default" })).toBe(true);
    for (const other of [{ group: "b" }, { version: "v2" }, { kind: "L" }, { name: "m" }, { namespace: "x" }])
      expect(sameId(id, { ...id, ...other })).toBe(false);
    expect([describeId(id), describeId({ ...id, namespace: "x" })]).toEqual(["K n", "K x/n"]);
  });
});

describe("paths", () => {
  it.each([
    ["a/b", "c", "a/b/c"],
    ["a/b", "../c", "a/c"],
    ["a/b", "./c/./d//e/", "a/b/c/d/e"],
    ["", "a", "a"],
    ["", ".", ""],
    ["a", "..", ""],
    ["a", "../..", undefined],
    ["", "/a", undefined],
  ])("%s + %s", (directory, path, expected) => {
    expect(resolvePath(directory, path)).toBe(expected);
  });

  it.each([
    ["https://github.com/a/b", true],
    ["HTTP://x/y", true],
    ["ssh://git@x/y", true],
    ["git@github.com:a/b.git", true],
    ["git::https://x", true],
    ["github.com/a/b//c?ref=v1", true],
    ["GitHub.com:a/b", true],
    ["example.com/a/b?ref=v1", true],
    ["x?a=b&timeout=1", true],
    ["../base", false],
    ["base.yaml", false],
    ["my-github.com/a", false],
    ["a?b", false],
    ["me@dir/x", false],
  ])("%s is remote: %s", (path, expected) => {
    expect(isRemote(path)).toBe(expected);
  });

  it("lies within", () => {
    expect([isWithin("a/b", "a"), isWithin("a", "a"), isWithin("ab", "a"), isWithin("a", ""), isWithin("a", "a/b")]).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
    expect([showDirectory(""), showDirectory("a")]).toEqual([".", "a"]);
  });
});

describe("tracked values", () => {
  it("paths", () => {
    const value = map("a: {b: [x, {c: 1}], n: null}\n");
    expect([
      textAt(value, ["a", "b", 0]),
      textAt(value, ["a", "b", 1, "c"]),
      textAt(value, ["a", "n"]),
      textAt(value, ["a"]),
      textAt(value, ["a", "b", "0"]),
      textAt(value, ["a", "b", 0, "x"]),
      textAt(value, ["z", "y"]),
    ]).toEqual(["x", "1", undefined, undefined, undefined, undefined, undefined]);
    expect(plain(withValueAt(value, ["a", "b", "c"], computed("t", "me")))).toEqual({ a: { b: { c: "t" }, n: null } });
    expect(plain(withValueAt(value, ["d", "e"], computed("t", "me")))).toEqual({ a: { b: ["x", { c: "1" }], n: null }, d: { e: "t" } });
  });

  it("places", () => {
    const place = { file: "f", document: 0, path: ["a"], line: 3 };
    expect(describePlace(place)).toBe("f:3");
    expect(samePlace(place, { ...place, line: 9 })).toBe(true);
    for (const other of [{ file: "g" }, { document: 1 }, { path: ["b"] }, { inner: { document: 0, path: [] } }])
      expect(samePlace(place, { ...place, ...other })).toBe(false);
    const inner = { ...place, inner: { document: 0, path: ["x"] } };
    expect(samePlace(inner, { ...inner, inner: { document: 1, path: ["x"] } })).toBe(false);
    expect(samePlace(inner, { ...inner, inner: { document: 0, path: ["y"] } })).toBe(false);
  });
});
