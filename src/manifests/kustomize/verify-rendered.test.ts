import { describe, expect, it } from "vitest";
import { memoryFiles } from "../memory-files.ts";
import type { Rendered } from "../rendering/run-program.ts";
import type { IntendedChange } from "../source.ts";
import type { KustomizeRenderer } from "./kustomize-renderer.ts";
import { createKustomizeSource } from "./kustomize-source.ts";

const cluster = (value: string, name = "shop") =>
  `apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata: {name: ${name}, namespace: prod}\nspec: {topology: {version: ${value}}}\n`;
const before = {
  "prod/kustomization.yaml": "resources: [c.yaml]\n",
  "prod/c.yaml": cluster("v1.34.0"),
  "other/kustomization.yaml": "resources: [d.yaml]\n",
  "other/d.yaml": cluster("v1.34.0", "other"),
  "README.md": "x",
};
const after = { ...before, "prod/c.yaml": cluster("v1.35.2") };
const intended: readonly IntendedChange[] = [
  {
    kind: "field",
    object: { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "prod", name: "shop" },
    path: ["spec", "topology", "version"],
    before: "v1.34.0",
    after: "v1.35.2",
  },
];

/** A kustomize that does what it is told, and notes what it was given. */
function renderer(answer: (text: string) => Rendered): KustomizeRenderer & { readonly asked: (readonly [string, readonly string[]])[] } {
  const asked: (readonly [string, readonly string[]])[] = [];
  return {
    asked,
    render(files, directory) {
      asked.push([directory, [...files.keys()].sort()]);
      return Promise.resolve(answer(files.get("prod/c.yaml") ?? ""));
    },
  };
}

async function verify(
  kustomize: KustomizeRenderer | undefined,
  from: Readonly<Record<string, string>> = before,
  to: Readonly<Record<string, string>> = after,
) {
  const source = createKustomizeSource(kustomize === undefined ? {} : { renderer: kustomize });
  return source.verify?.(memoryFiles(from), memoryFiles(to), intended);
}

describe("the real kustomize has the last word", () => {
  it("agrees: the touched root is built before and after, from its own files", async () => {
    const kustomize = renderer((text) => ({ kind: "rendered", text }));
    expect(await verify(kustomize)).toBeUndefined();
    const files = ["prod/c.yaml", "prod/kustomization.yaml"];
    expect(kustomize.asked).toEqual([
      ["prod", files],
      ["prod", files],
    ]);
  });

  it("is not there: our model stands alone", async () => {
    const kustomize = renderer(() => ({ kind: "not-installed", program: "kubectl" }));
    expect(await verify(kustomize)).toBeUndefined();
    expect(kustomize.asked).toHaveLength(1);
    expect(await verify(undefined)).toBeUndefined();
  });

  it("sees more change than our model does", async () => {
    const more = renderer((text) => ({
      kind: "rendered",
      text: text.replace("spec: {", text.includes("v1.35") ? "spec: {x: 1, " : "spec: {"),
    }));
    expect(await verify(more)).toMatchObject({
      reason: "ManifestShared",
      message: expect.stringContaining("Cluster prod/shop spec.x: (absent) → 1 (prod)") as string,
    });
  });

  it.each<[string, (text: string) => Rendered, string]>([
    ["fails as it is", () => ({ kind: "failed", why: "no" }), "kustomize cannot build prod as it is now: no"],
    [
      "fails after the edit",
      (text) => (text.includes("v1.35") ? { kind: "failed", why: "no" } : { kind: "rendered", text }),
      "kustomize cannot build prod after the edit: no",
    ],
    [
      "goes away in between",
      (text) => (text.includes("v1.35") ? { kind: "not-installed", program: "kubectl" } : { kind: "rendered", text }),
      "after the edit: kubectl is gone",
    ],
    ["prints something else", () => ({ kind: "rendered", text: "hello: world" }), "as it is now: a document is not a Kubernetes object"],
  ])("%s", async (_, answer, message) => {
    expect(await verify(renderer(answer))).toMatchObject({
      reason: "ManifestBuildFails",
      message: expect.stringContaining(message) as string,
    });
  });

  it("is not asked where it cannot know: Flux, the network, nothing changed", async () => {
    const kustomize = renderer((text) => ({ kind: "rendered", text }));
    const flux =
      "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: x}\nspec: {path: prod, sourceRef: {}}\n";
    expect(await verify(kustomize, { ...before, "f.yaml": flux }, { ...after, "f.yaml": flux })).toBeUndefined();
    const remote = { "prod/kustomization.yaml": "resources: [c.yaml, 'https://example.com/x?ref=1']\n" };
    expect(await verify(kustomize, { ...before, ...remote }, { ...after, ...remote })).toBeUndefined();
    expect(await verify(kustomize, before, { ...before, "README.md": "y" })).toMatchObject({ reason: "ManifestEditWithoutEffect" });
    expect(kustomize.asked).toEqual([]);
  });
});
