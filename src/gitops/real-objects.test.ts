import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readApplication } from "./argo-cd/application.ts";
import { applicationSources } from "./argo-cd/source.ts";
import { applicationSync } from "./argo-cd/sync.ts";
import type { RawObject } from "./raw-object.ts";
import { flux } from "./flux.ts";
import { memoryAccess } from "./testing/memory-access.ts";

const fixtures = new URL("../../test/fixtures/gitops/", import.meta.url);
const json = (file: string): unknown => JSON.parse(readFileSync(new URL(file, fixtures), "utf8"));
const read = (file: string): RawObject => json(file) as RawObject;
const configMap = { group: "", kind: "ConfigMap", namespace: "default", name: "gx" };

// Objects as the running engines wrote them (test/fixtures/gitops/README.md).
describe("Applications of Argo CD v3.2.6", () => {
  it.each([
    ["synced", "synced", "Argo CD application argocd/gx has applied b939ab73efdb."],
    ["self-heal-running", "syncing", "Argo CD application argocd/gx is applying b939ab73efdb."],
    [
      "refused-and-trying-again",
      "failed",
      'Argo CD application argocd/gx could not apply 5ea1af2ecf7f and tries again: ConfigMap default/gx: ConfigMap "gx" is invalid: data: Forbidden: field is immutable when `immutable` is set. Git changes a field that cannot be changed.',
    ],
  ])("%s", async (file, state, message) => {
    const object = read(`argo-cd-v3.2.6/${file}.json`);
    const found = applicationSources(readApplication(object), [], configMap);
    if (found.kind !== "found") throw new Error(JSON.stringify(found));
    const [source] = found.sources;
    expect(source).toMatchObject({ repoURL: "file:///srv/git/fleet.git", branch: "main", path: "apps", kind: "directory" });
    // It is among what the Application lists, so no doubt about the mark is told.
    expect(source.remarks.join(" ")).not.toContain("does not list");
    expect(await applicationSync(source, memoryAccess([object]), { now: 0 })).toMatchObject({ state, message });
  });
});

describe("Kustomizations of Flux (kustomize-controller v1.9.4, source-controller v1.9.1)", () => {
  it.each([
    ["synced", "synced", "Flux Kustomization flux-system/clusters has applied 1a39d0c39155."],
    [
      "refused-and-trying-again",
      "failed",
      'Flux Kustomization flux-system/clusters could not apply f33015776468 and tries again: ConfigMap/default/fx dry-run failed (Invalid): ConfigMap "fx" is invalid: data: Forbidden: field is immutable when `immutable` is set. Git changes a field that cannot be changed.',
    ],
    [
      "not-fetched",
      "failed",
      "GitRepository flux-system/fleet cannot be fetched (GitOperationFailed): failed to checkout and determine revision: unable to clone 'http://git.example.com/fleet.git': couldn't find remote ref \"refs/heads/gone\".",
    ],
  ])("%s", async (file, state, message) => {
    const objects = json(`flux-v1.9/${file}.json`) as readonly RawObject[]; // a Kustomization and its GitRepository
    const engine = flux({ engine: "flux", kind: "Kustomization", namespace: "flux-system", name: "clusters" }, memoryAccess(objects));
    const found = await engine.findSource(configMap);
    if (found.kind !== "found") throw new Error(JSON.stringify(found));
    expect(found.sources[0]).toMatchObject({
      repoURL: "http://git.example.com/fleet.git",
      branch: file === "not-fetched" ? "gone" : "main",
      path: "apps",
    });
    expect(await engine.syncState(found.sources[0], { now: 0 })).toMatchObject({ state, message });
  });
});
