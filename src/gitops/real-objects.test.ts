import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readApplication } from "./argo-cd/application.ts";
import { applicationSources } from "./argo-cd/source.ts";
import { applicationSync } from "./argo-cd/sync.ts";
import type { RawObject } from "./raw-object.ts";
import { memoryAccess } from "./testing/memory-access.ts";

const fixtures = new URL("../../test/fixtures/gitops/", import.meta.url);
const read = (file: string): RawObject => JSON.parse(readFileSync(new URL(file, fixtures), "utf8")) as RawObject;
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
