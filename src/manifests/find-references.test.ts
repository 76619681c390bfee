import { expect, it } from "vitest";
import { findReferences } from "./find-references.ts";
import { memoryFiles } from "./memory-files.ts";
import { NotTextError, type RepositoryFiles } from "./repository-files.ts";

const wanted = { group: "example.com", kind: "Template", namespace: "demo", name: "cp" };
const own = "apiVersion: example.com/v1\nkind: Template\nmetadata: {name: cp, namespace: demo}\n";
const pool = "apiVersion: v1\nkind: Pool\nmetadata: {name: pool, namespace: demo}\n";

it.each([
  ["itself is none", own, []],
  ["a reference", `${pool}spec: {ref: {kind: Template, name: cp}}\n`, ["Pool demo/pool in a.yaml:1"]],
  ["one in a list", `${pool}spec: [[{kind: Template, name: cp}]]\n`, ["Pool demo/pool in a.yaml:1"]],
  ["one by alias", `${pool}x: &n cp\nref: {kind: Template, name: *n}\n`, ["Pool demo/pool in a.yaml:1"]],
  ["one by merge key", `${pool}x: &k {name: cp}\nref: {<<: *k, kind: Template}\n`, ["Pool demo/pool in a.yaml:1"]],
  [
    "in a List",
    `apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pool, spec: {kind: Template, name: cp}}]\n`,
    ["Pool  in a.yaml:3"],
  ],
  ["another name", `${pool}ref: {kind: Template, name: cp-2}\nx: cp\n`, []],
  ["another kind", `${pool}ref: {kind: Other, name: cp}\nx: Template\n`, []],
  ["an alias that leads nowhere", `${pool}ref: {<<: 1, kind: Template, name: cp}\n`, []],
  ["what is not YAML", `${pool}ref: [kind: Template, name: cp\n`, []],
])("%s", async (_, text, expected) => {
  expect(await findReferences(memoryFiles({ "a.yaml": text }), wanted)).toEqual(expected);
});

it("skips what is not text, and no other error", async () => {
  const files: RepositoryFiles = { list: () => Promise.resolve(["a.yaml"]), read: (path) => Promise.reject(new NotTextError(path)) };
  expect(await findReferences(files, wanted)).toEqual([]);
  await expect(findReferences({ ...files, read: () => Promise.reject(new Error("disk")) }, wanted)).rejects.toThrow("disk");
  await expect(files.read("a.yaml")).rejects.toThrow("a.yaml is not valid UTF-8");
});

it("asks a repository that can search, and reads only what it names", async () => {
  const base = memoryFiles({ "a.yaml": `${pool}ref: {kind: Template, name: cp}\n`, "b.yaml": `${pool}ref: {kind: Template, name: cp}\n` });
  const files = {
    ...base,
    search: (literals: readonly string[]) => Promise.resolve(literals.includes("cp") ? ["b.yaml", "gone.yaml"] : []),
  };
  expect(await findReferences(files, wanted)).toEqual(["Pool demo/pool in b.yaml:1"]);
});
