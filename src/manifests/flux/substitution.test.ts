import { describe, expect, it } from "vitest";
import { readTracked } from "../kustomize/read-tracked.ts";
import { computed, valueAt, type Tracked, type TrackedMap, type TrackedScalar } from "../kustomize/tracked-value.ts";
import { memoryFiles } from "../memory-files.ts";
import { findFluxKustomizations } from "./flux-kustomizations.ts";
import { substitute, substitutionDisabled, type Definition } from "./substitution.ts";

function map(text: string): TrackedMap {
  const read = readTracked("f.yaml", text);
  if (read.kind === "unreadable" || read.documents[0]?.value.kind !== "map") throw new Error("not a map");
  return read.documents[0].value;
}

const defined = map("A: one\nEMPTY: ''\nLINES: |\n  x\n");
function variables(name: string): Definition {
  if (name === "HIDDEN") return { kind: "unclear", why: "HIDDEN is hidden" };
  const found = valueAt(defined, [name]);
  return found?.kind === "scalar" ? { kind: "defined", scalar: found } : { kind: "undefined" };
}

function scalarOf(value: Tracked | undefined): TrackedScalar {
  if (value?.kind !== "scalar") throw new Error("no scalar");
  return value;
}

describe("one value", () => {
  it.each<[string, string, unknown]>([
    ["plain", "plain", "its own"],
    ["$A", "$A", "its own"],
    ["cost: $5", "cost: $5", "its own"],
    ["${A}", "one", { path: ["A"], frame: { before: "", after: "" } }],
    ["x${A}y", "xoney", { path: ["A"], frame: { before: "x", after: "y" } }],
    ["${A:=two}", "one", { path: ["A"], frame: { before: "", after: "" } }],
    ["${B:=two}", "two", { path: ["v"], frame: { before: "", after: "" }, around: { before: "${B:=", after: "}" } }],
    ["a${EMPTY:-two}b", "atwob", { path: ["v"], frame: { before: "a", after: "b" }, around: { before: "a${EMPTY:-", after: "}b" } }],
    ["${B=}", "", { path: ["v"], frame: { before: "", after: "" }, around: { before: "${B=", after: "}" } }],
    ["${B}", "", "the variable B, which nothing defines"],
    ["x${EMPTY}y", "xy", "the variable EMPTY, which nothing defines"],
    ["${HIDDEN}", "${HIDDEN}", "HIDDEN is hidden"],
    ["${LINES}", "${LINES}", "the variable LINES, whose value has several lines"],
    ["${A", "${A", "the expression ${A"],
    ["${A}${", "${A}${", "the expression ${A}${"],
    ["$${A}", "$${A}", "the expression $${A}"],
    ["${A^^}", "${A^^}", "the expression ${A^^}"],
    ["${1A}", "${1A}", "the expression ${1A}"],
    ["${A}${A}", "oneone", "several variables in ${A}${A}"],
    ["${A}-${B:=c}-${B}", "one-c-", "several variables in ${A}-${B:=c}-${B}"],
    ["${A}${EMPTY:=e}", "onee", "several variables in ${A}${EMPTY:=e}"],
    ["${A}${HIDDEN}", "one", "HIDDEN is hidden"],
    ["${A}${A^}", "one", "the expression ${A^}"],
  ])("%s", (text, expected, where) => {
    const value = map(JSON.stringify({ v: text }));
    const scalar = scalarOf(valueAt(substitute(value, variables), ["v"]));
    expect(scalar.text).toBe(expected);
    if (where === "its own") expect(scalar).toEqual(valueAt(value, ["v"]));
    else if (typeof where === "string") expect([scalar.computedBy, scalar.place]).toEqual([where, undefined]);
    else
      expect({
        path: scalar.place?.path,
        frame: scalar.frame,
        ...(scalar.place?.around === undefined ? {} : { around: scalar.place.around }),
      }).toEqual(where);
  });

  it("is found in maps and lists", () => {
    const value = substitute(map("a: [{b: '${A}'}, '${A}']\n"), variables);
    expect([scalarOf(valueAt(value, ["a", 0, "b"])).text, scalarOf(valueAt(value, ["a", 1])).text]).toEqual(["one", "one"]);
  });

  it("a default has no place where its text has none of its own", () => {
    const own = scalarOf(valueAt(map("v: '${B:=x}'\n"), ["v"]));
    const around = { before: "K=", after: "" };
    for (const scalar of [computed("${B:=x}", "me"), { ...own, frame: around }, { ...own, place: { ...own.place!, around } }]) {
      expect(substitute(scalar, variables)).toEqual({ kind: "scalar", text: "x", isNull: false, computedBy: "the default of B" });
    }
  });

  it.each<[string, boolean]>([
    ["{metadata: {labels: {kustomize.toolkit.fluxcd.io/substitute: disabled}}}", true],
    ["{metadata: {annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}}", true],
    ["{metadata: {annotations: {kustomize.toolkit.fluxcd.io/substitute: enabled}}}", false],
    ["{metadata: {annotations: {other: disabled}}}", false],
    ["{labels: {kustomize.toolkit.fluxcd.io/substitute: disabled}}", false],
    ["{}", false],
  ])("%s opts out: %s", (text, expected) => {
    expect(substitutionDisabled(map(text))).toBe(expected);
  });
});

describe("Flux Kustomizations of a repository", () => {
  const flux = (spec: string, more = "") =>
    `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: x, namespace: ns}\nspec:\n  sourceRef: {name: y}\n${spec}${more}`;
  it.each<[string, string, readonly string[]]>([
    ["path", flux("  path: ./a/b/\n"), ["a/b"]],
    ["path from the root", flux("  path: //a\n"), ["a"]],
    ["no path", flux(""), [""]],
    ["a path outside", flux("  path: ../a\n"), []],
    ["another group", flux("").replace("kustomize.toolkit.fluxcd.io/v1", "kustomize.toolkit.fluxcd.io.example/v1"), []],
    ["another kind", flux("").replace("kind: Kustomization", "kind: Other"), []],
    ["no source", flux("").replace("sourceRef: {name: y}", "x: kustomize.toolkit.fluxcd.io"), []],
    ["a source that is text", flux("").replace("sourceRef: {name: y}", "sourceRef: z"), []],
  ])("%s", async (_, text, directories) => {
    expect((await findFluxKustomizations(memoryFiles({ "f.yaml": text }))).map(({ directory }) => directory)).toEqual(directories);
  });

  it("substitutes only with postBuild", async () => {
    const found = await findFluxKustomizations(
      memoryFiles({ "a.yaml": flux("  postBuild: {}\n"), "b.yaml": flux("  postBuild: ~\n"), "c.yaml": flux("") }),
    );
    expect(found.map(({ file, substitutes }) => [file, substitutes])).toEqual([
      ["a.yaml", true],
      ["b.yaml", false],
      ["c.yaml", false],
    ]);
  });

  it.each<[string, string, unknown]>([
    ["in its namespace", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v, namespace: ns}\ndata: {K: w}\n", { kind: "defined" }],
    ["without namespace", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v}\ndata: {K: w}\n", { kind: "defined" }],
    ["in another namespace", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v, namespace: other}\ndata: {K: w}\n", { kind: "unclear" }],
    ["of another name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: w}\ndata: {K: w}\n", { kind: "unclear" }],
    [
      "another kind that speaks of ConfigMap",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: v, labels: {x: ConfigMap}}\ndata: {K: w}\n",
      { kind: "unclear" },
    ],
    ["without the key", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v}\ndata: {L: w}\n", { kind: "undefined" }],
    ["with a map as value", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v}\ndata: {K: {a: b}}\n", { kind: "undefined" }],
  ])("a ConfigMap %s", async (_, configMap, expected) => {
    const text = flux("  postBuild: {substituteFrom: [{kind: ConfigMap, name: v}]}\n");
    const [one] = await findFluxKustomizations(
      memoryFiles({ "0.yaml": flux("  postBuild: {}\n"), "f.yaml": text, "cm.yaml": configMap }),
    ).then((all) => all.slice(1));
    expect(one?.variables("K")).toMatchObject(expected as object);
  });
});
