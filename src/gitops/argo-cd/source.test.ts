import { describe, expect, it } from "vitest";
import type { FoundSource, GitSource } from "../engine.ts";
import { argoCd } from "../argo-cd.ts";
import { memoryAccess } from "../testing/memory-access.ts";
import { application, demo } from "../testing/objects.ts";
import type { RawObject } from "../raw-object.ts";
import type { EngineOptions } from "../engine.ts";

const find = (objects: readonly RawObject[], mark = "capi", options: EngineOptions = {}): Promise<FoundSource> =>
  argoCd({ engine: "argo-cd", application: mark }, memoryAccess(objects), options).findSource(demo);

async function found(...objects: readonly RawObject[]): Promise<readonly GitSource[]> {
  const result = await find(objects);
  if (result.kind !== "found") throw new Error(JSON.stringify(result));
  return result.sources;
}

const single = (source: RawObject, more: RawObject = {}): RawObject =>
  application({ spec: { source: { repoURL: "https://git.example.com/fleet.git", path: "clusters", ...source }, ...more } });
const several = (...sources: readonly RawObject[]): RawObject => application({ spec: { source: undefined, sources } });

describe("one source", () => {
  it("is found without configuration", async () => {
    expect(await found(application({ status: { sourceType: "Directory" } }))).toEqual([
      {
        engine: "argo-cd",
        name: "Argo CD application argocd/capi",
        appliedBy: { group: "argoproj.io", kind: "Application", namespace: "argocd", name: "capi" },
        fetchedBy: undefined,
        position: undefined,
        repoURL: "https://git.example.com/fleet.git",
        branch: "main",
        path: "clusters",
        kind: "directory",
        valueFiles: [],
        credentialsSecret: undefined,
        behaviour: { automatic: true, prunes: false, revertsDirectChanges: false },
        appliedThrough: [],
        remarks: ["branch main is taken for a branch; a tag of that name would be followed too."],
      },
    ]);
  });

  it.each([
    ["no targetRevision", single({}), { branch: undefined, remarks: [] }],
    ["HEAD", single({ targetRevision: "HEAD" }), { branch: undefined, remarks: [] }],
    ["a full branch name", single({ targetRevision: "refs/heads/live" }), { branch: "live", remarks: [] }],
    ["a password in the URL", single({ repoURL: "https://me:secret@git.example.com/x" }), { repoURL: "https://git.example.com/x" }],
    ["the root", single({ path: "." }), { path: "" }],
    ["Helm by its spec", single({ helm: { valueFiles: ["values.yaml", "../prod.yaml", "/common/all.yaml"] } }), { kind: "helm" }],
    ["Kustomize by its spec", single({ kustomize: { namePrefix: "x-" } }), { kind: "kustomize" }],
    ["not told yet", single({}), { kind: "unknown" }],
  ])("%s", async (_, object, expected) => {
    expect((await found(object))[0]).toMatchObject(expected);
  });

  it("value files are told from the repository's root", async () => {
    const [source] = await found(single({ helm: { valueFiles: ["prod.yaml", "/common/all.yaml", "https://x/y.yaml"] } }));
    expect(source?.valueFiles).toEqual(["clusters/prod.yaml", "common/all.yaml"]);
  });

  it.each([
    ["off", {}, { automatic: false, prunes: false, revertsDirectChanges: false }],
    ["on", { automated: {} }, { automatic: true, prunes: false, revertsDirectChanges: false }],
    ["on, with everything", { automated: { prune: true, selfHeal: true } }, { automatic: true, prunes: true, revertsDirectChanges: true }],
    [
      "switched off",
      { automated: { prune: true, selfHeal: true, enabled: false } },
      { automatic: false, prunes: false, revertsDirectChanges: false },
    ],
    ["switched on", { automated: { enabled: true } }, { automatic: true, prunes: false, revertsDirectChanges: false }],
  ])("auto-sync %s", async (_, syncPolicy, behaviour) => {
    expect((await found(single({}, { syncPolicy })))[0]?.behaviour).toEqual(behaviour);
  });

  it.each([
    [
      "prune",
      { automated: { prune: true } },
      "Argo CD application argocd/capi prunes: a machine template that is taken out of Git while machines still use it is deleted.",
    ],
    ["selfHeal", { automated: { selfHeal: true } }, "Argo CD application argocd/capi has selfHeal on: it puts direct changes back."],
    ["manual", {}, "Auto-sync of Argo CD application argocd/capi is off: a person has to sync each change."],
  ])("%s is told", async (_, syncPolicy, remark) => {
    expect((await found(single({}, { syncPolicy })))[0]?.remarks).toEqual([remark]);
  });

  it("values in the Application itself win over the repository", async () => {
    const [source] = await found(
      single({ helm: { parameters: [{ name: "version", value: "v1" }], valuesObject: { a: 1 } }, kustomize: { images: ["a"] } }),
    );
    expect(source?.remarks).toEqual([
      "Argo CD application argocd/capi itself sets helm.valuesObject, helm.parameters, kustomize.images, which win over what is in the repository.",
    ]);
  });

  it("a mark on an object that the Application does not manage is told", async () => {
    const resources = [{ group: "cluster.x-k8s.io", kind: "Cluster", namespace: "clusters", name: "other" }];
    expect((await found({ ...single({}), status: { resources } }))[0]?.remarks).toEqual([
      "Argo CD application argocd/capi does not list Cluster clusters/demo among what it manages: its mark may be an old one.",
    ]);
    expect((await found({ ...single({}), status: { resources: [{ ...resources[0], name: "demo" }] } }))[0]?.remarks).toEqual([]);
  });

  it("a hydrator's dry source is what people change", async () => {
    const sourceHydrator = {
      drySource: { repoURL: "https://git.example.com/dry", path: "apps", targetRevision: "refs/heads/main" },
      syncSource: { targetBranch: "env/prod", path: "apps" },
    };
    expect((await found(application({ spec: { source: undefined, sourceHydrator } })))[0]).toMatchObject({
      repoURL: "https://git.example.com/dry",
      branch: "main",
      remarks: ["Argo CD's source hydrator renders this into another branch; a change takes effect when that is applied."],
    });
  });
});

describe("several sources", () => {
  it("those with manifests come before those with values; what is not in Git is left out", async () => {
    const sources = await found(
      several(
        {
          repoURL: "https://charts.example.com",
          chart: "cluster",
          targetRevision: "1.2.3",
          helm: { valueFiles: ["$values/demo/values.yaml"] },
        },
        { repoURL: "https://git.example.com/values", ref: "values", targetRevision: "refs/heads/main" },
        { repoURL: "https://git.example.com/fleet", path: "extra" },
      ),
    );
    expect(sources.map(({ repoURL, kind, position, path, valueFiles }) => ({ repoURL, kind, position, path, valueFiles }))).toEqual([
      { repoURL: "https://git.example.com/fleet", kind: "unknown", position: 2, path: "extra", valueFiles: [] },
      { repoURL: "https://git.example.com/values", kind: "values", position: 1, path: "", valueFiles: ["demo/values.yaml"] },
    ]);
  });

  it("a source with a path and a reference is both", async () => {
    const sources = await found(
      several(
        { repoURL: "https://git.example.com/a", path: "chart", helm: { valueFiles: ["$self/values/prod.yaml"] } },
        { repoURL: "https://git.example.com/b", path: "more", ref: "self" },
      ),
    );
    expect(sources.map(({ path, valueFiles }) => ({ path, valueFiles }))).toEqual([
      { path: "chart", valueFiles: [] },
      { path: "more", valueFiles: ["values/prod.yaml"] },
    ]);
  });

  it("kinds are told by position", async () => {
    const object = several({ repoURL: "https://a/a", path: "a" }, { repoURL: "https://b/b", path: "b" });
    const sources = await found({ ...object, status: { sourceTypes: ["Kustomize", "Helm"] } });
    expect(sources.map(({ kind }) => kind)).toEqual(["kustomize", "helm"]);
  });
});

describe("refusals", () => {
  it.each([
    [
      "a chart",
      { repoURL: "https://charts.example.com", chart: "cluster", path: undefined },
      "SourceNotInGit",
      "applies the chart cluster from https://charts.example.com, which is not a Git repository.",
    ],
    [
      "a chart with values in the Application",
      { repoURL: "https://charts.example.com", chart: "cluster", path: undefined, helm: { values: "a: 1" } },
      "SourceNotInGit",
      "which is not a Git repository; its values are in spec.source.helm of Argo CD application argocd/capi.",
    ],
    [
      "an OCI artifact",
      { repoURL: "oci://registry.example.com/fleet" },
      "SourceNotInGit",
      "applies an OCI artifact from oci://registry.example.com/fleet",
    ],
    ["a tag", { targetRevision: "v1.2.3" }, "RevisionNotABranch", "is tag v1.2.3 of https://git.example.com/fleet.git"],
    ["a commit", { targetRevision: "1".repeat(40) }, "RevisionNotABranch", `is commit ${"1".repeat(40)} of`],
  ])("%s", async (_, source, reason, message) => {
    expect(await find([single(source)])).toMatchObject({ kind: "refused", refusal: { reason, message: expect.stringContaining(message) } });
  });

  it.each([
    ["absent", {}, "EngineObjectMissing"],
    ["forbidden", { Application: "forbidden" }, "EngineNotReadable"],
    ["not installed", { Application: "not-served" }, "EngineNotInstalled"],
    ["too slow", { Application: "timeout" }, "EngineNotReadable"],
  ] as const)("an Application that is %s", async (_, trouble, reason) => {
    const result = await argoCd({ engine: "argo-cd", application: "capi" }, memoryAccess([], trouble), {}).findSource(demo);
    expect(result).toMatchObject({ kind: "refused", refusal: { reason } });
  });
});

describe("which Application", () => {
  const elsewhere = application({ metadata: { namespace: "gitops" } });
  it.each([
    ["in argocd", [application(), elsewhere], "capi", {}, "argocd"],
    ["in the namespace that is said", [application(), elsewhere], "capi", { argoCdNamespace: "gitops" }, "gitops"],
    ["in the only other one", [elsewhere], "capi", {}, "gitops"],
    ["outside of Argo CD's own", [application({ metadata: { namespace: "team-a" } })], "team-a_capi", {}, "team-a"],
  ])("%s", async (_, objects, mark, options, namespace) => {
    expect(await find(objects, mark, options)).toMatchObject({ sources: [{ appliedBy: { namespace } }] });
  });

  it("of the same name in two places: neither", async () => {
    expect(await find([elsewhere, application({ metadata: { namespace: "other" } })])).toMatchObject({
      refusal: { reason: "EngineAmbiguous", evidence: ["Application gitops/capi", "Application other/capi"] },
    });
  });

  it("not in the namespace that is said: not looked for elsewhere", async () => {
    expect(await find([application()], "capi", { argoCdNamespace: "gitops" })).toMatchObject({
      refusal: { reason: "EngineObjectMissing" },
    });
  });
});

describe("what applies the Application", () => {
  const tracked = (by: string, kind = "Application", name = "capi") => ({
    "argocd.argoproj.io/tracking-id": `${by}:argoproj.io/${kind}:argocd/${name}`,
  });
  const root = application({
    metadata: { name: "root", annotations: tracked("root", "Application", "root") },
    spec: { source: { repoURL: "https://git.example.com/root", path: "apps" }, syncPolicy: { automated: { selfHeal: true } } },
  });

  it("a parent Application, which may apply itself", async () => {
    const [source] = await found(application({ metadata: { annotations: tracked("root") } }), root);
    expect(source?.appliedThrough).toEqual([
      {
        name: "Argo CD application argocd/root",
        reference: { group: "argoproj.io", kind: "Application", namespace: "argocd", name: "root" },
        repoURL: "https://git.example.com/root",
        path: "apps",
        overwrites: true,
      },
    ]);
    expect(source?.remarks).toContain(
      "Argo CD application argocd/capi is written by Argo CD application argocd/root: what is changed in it directly is overwritten.",
    );
  });

  const generated = application({ metadata: { ownerReferences: [{ kind: "ApplicationSet", name: "clusters" }] } });
  const set = (spec: RawObject, annotations = {}): RawObject => ({
    apiVersion: "argoproj.io/v1alpha1",
    kind: "ApplicationSet",
    metadata: { name: "clusters", namespace: "argocd", annotations },
    spec,
  });
  it.each([
    [
      "git",
      [{ git: { repoURL: "https://git.example.com/fleet", directories: [] } }],
      {},
      "git generator over https://git.example.com/fleet",
      true,
    ],
    ["list", [{ list: { elements: [] }, selector: {} }], {}, "list generator", true],
    [
      "matrix",
      [{ matrix: { generators: [{ clusters: {} }, { git: { repoURL: "https://git.example.com/fleet" } }] } }],
      {},
      "matrix of clusters generator and git generator over https://git.example.com/fleet",
      true,
    ],
    ["once only", [{ clusters: {} }], { syncPolicy: { applicationsSync: "create-only" } }, "clusters generator", false],
  ])("an ApplicationSet: %s", async (_, generators, more, words, overwrites) => {
    const [source] = await found(generated, set({ generators, ...more }));
    expect(source?.appliedThrough[0]).toMatchObject({ name: `ApplicationSet argocd/clusters (${words})`, overwrites });
    expect(source?.remarks.some((remark) => remark.includes("is overwritten"))).toBe(overwrites);
  });

  it("an ApplicationSet that a parent applies", async () => {
    const [source] = await found(generated, set({ generators: [] }, tracked("root", "ApplicationSet", "clusters")), root);
    expect(source?.appliedThrough.map(({ name }) => name)).toEqual([
      "ApplicationSet argocd/clusters (no generator)",
      "Argo CD application argocd/root",
    ]);
  });

  it("a set that cannot be read is still named", async () => {
    expect((await found(generated))[0]?.appliedThrough[0]?.name).toBe("ApplicationSet argocd/clusters");
  });

  it("a Kustomization of Flux", async () => {
    const labels = { "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" };
    expect((await found(application({ metadata: { labels } })))[0]?.appliedThrough[0]?.name).toBe("Flux Kustomization flux-system/apps");
  });
});
