import { expect, it } from "vitest";
import { memoryFiles, overlayFiles } from "./memory-files.ts";
import { manifestFiles } from "./plain/governed.ts";

it("replaces, adds and takes out", async () => {
  const files = overlayFiles(
    memoryFiles({ "b.yaml": "b", "c.yaml": "c", "d.yaml": "d" }),
    new Map([
      ["a.yaml", "new"],
      ["b.yaml", "B"],
      ["c.yaml", null],
    ]),
  );
  expect(await files.list()).toEqual(["a.yaml", "b.yaml", "d.yaml"]);
  const texts = await Promise.all(["a.yaml", "b.yaml", "c.yaml", "d.yaml", "toString"].map((path) => files.read(path)));
  expect(texts).toEqual(["new", "B", undefined, "d", undefined]);
  expect(files).not.toHaveProperty("search");
});

it("searches the base, and tells all that is replaced", async () => {
  const base = {
    ...memoryFiles({}),
    search: (literals: readonly string[], under?: string) => Promise.resolve([...literals, under ?? "", "a"]),
  };
  expect(
    await overlayFiles(
      base,
      new Map([
        ["a", "x"],
        ["b", null],
      ]),
    ).search?.(["cp"], "dir"),
  ).toEqual(["cp", "dir", "a", "b"]);
});

it.each<[string | undefined, readonly string[]]>([
  [undefined, ["a.yaml", "x/b.yml", "x/c.json", "xy/d.yaml", "z/myChart.yaml"]],
  ["", ["a.yaml", "x/b.yml", "x/c.json", "xy/d.yaml", "z/myChart.yaml"]],
  [".", ["a.yaml", "x/b.yml", "x/c.json", "xy/d.yaml", "z/myChart.yaml"]],
  ["x", ["x/b.yml", "x/c.json"]],
  ["x/", ["x/b.yml", "x/c.json"]],
  ["./x/", ["x/b.yml", "x/c.json"]],
  ["/x", ["x/b.yml", "x/c.json"]],
  ["./", ["a.yaml", "x/b.yml", "x/c.json", "xy/d.yaml", "z/myChart.yaml"]],
  ["y", []],
])("manifests below %j", async (directory, expected) => {
  const names = [
    "a.yaml",
    "x/b.yml",
    "x/c.json",
    "x/README.md",
    "x/a.yaml.txt",
    "x/kustomization.yaml",
    "x/Kustomization",
    "kustomization.yml",
  ];
  const chart = ["chart/Chart.yaml", "chart/values.yaml", "chart/templates/a.yaml", "xy/d.yaml", "xy/myChart.yaml.bak", "z/myChart.yaml"];
  const files = memoryFiles(Object.fromEntries([...names, ...chart].map((name) => [name, ""])));
  expect(await manifestFiles(files, directory)).toEqual(expected);
});

it("finds none in a repository that is a chart", async () => {
  expect(await manifestFiles(memoryFiles({ "Chart.yaml": "", "a.yaml": "", "b/c.yaml": "" }), undefined)).toEqual([]);
});
